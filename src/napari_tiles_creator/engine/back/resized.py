"""A plane resized while it comes in bands from top to bottom: only the rows that a block needs are in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.normalize import to_type
from napari_tiles_creator.engine.pixels.resample import Resampler
from napari_tiles_creator.engine.steps import in_order
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

# Memory for the rows that are looked at; many more would not be faster.
WINDOW_BYTES = 64 << 20
# Rows of a block, new px: every thread takes some ten times the memory of its block.
BLOCK_ROWS = 128


def resized_bands(
    bands: Iterable[NDArray[Any]],
    old: tuple[int, int],
    new: tuple[int, int],
    *,
    nearest: bool,
    workers: int = 1,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[NDArray[Any]]:
    """Yield a plane in another size, the same as if it was resized at once.

    Parameters
    ----------
    bands : iterable of array (rows, width[, c])
        The plane from top to bottom.
    old, new : (int, int)
        Its height and width before and after, px.
    nearest : bool
        Take the nearest pixel, source index floor((i + ½)·old/new), rather than interpolate linearly, smoothed before
        shrinking.
    workers : int
        Threads.
    window_bytes : int
        About the memory for rows that are looked at.

    Yields
    ------
    band : array (rows, new width[, c]), same dtype
        Integers are rounded.
    """
    if old == new:
        yield from bands
        return
    resampler = Resampler(old, new, "nearest" if nearest else "linear")
    window = _Window(bands)
    rows = 0
    for y, y_stop in _steps(resampler, window, window_bytes):
        first, last = resampler.rows.source_span(y, y_stop)
        yield _block(resampler, window.rows(first, last), (first, last), (y, y_stop), workers)
        rows = y_stop
    assert rows == new[0]


class _Window:
    """The rows of a plane that are still needed.

    Parameters
    ----------
    bands : iterable of array (rows, width[, c])
        The plane from top to bottom.
    """

    def __init__(self, bands: Iterable[NDArray[Any]]) -> None:
        self._bands = iter(bands)
        self._held = next(self._bands)
        self._top = 0

    @property
    def row_bytes(self) -> int:
        """Size of a row."""
        return self._held[:1].nbytes

    def rows(self, first: int, last: int) -> NDArray[Any]:
        """Return the rows from one to before another; those before them are given up."""
        # A copy, so that a band of which a few rows are left goes.
        parts = [self._held[first - self._top :].copy()] if first < self._top + len(self._held) else []
        stop = self._top + len(self._held)
        while stop < last:
            band = next(self._bands)
            start, stop = stop, stop + len(band)
            if stop > first:
                parts.append(band[max(0, first - start) :])
        self._held, self._top = (np.concatenate(parts) if len(parts) > 1 else parts[0]), first
        return self._held[: last - first]


def _steps(resampler: Resampler, window: _Window, window_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the rows of the blocks, from and to, new px."""
    most = min(resampler.block_shape[0], BLOCK_ROWS)
    while most > 1 and resampler.span_of(most, 1)[0] * window.row_bytes > window_bytes:
        most //= 2
    height = resampler.new[0]
    for y in range(0, height, most):
        yield y, min(y + most, height)


def _block(
    resampler: Resampler, pixels: NDArray[Any], span: tuple[int, int], rows: tuple[int, int], workers: int
) -> NDArray[Any]:
    """Return new rows, from and to, of the source rows of a span, array (y, width[, c])."""
    width, step = resampler.new[1], resampler.block_shape[1]
    out = np.empty((rows[1] - rows[0], width, *pixels.shape[2:]), pixels.dtype)

    def one(x: int) -> None:
        block = Box.between(rows[0], x, rows[1], min(x + step, width))
        left, right = resampler.columns.source_span(block.x, block.x_stop)
        place = Box.between(span[0], left, span[1], right)
        part = pixels[:, left:right]
        for channel in np.ndindex(pixels.shape[2:]):
            made = resampler.block(part[(..., *channel)], place, block)
            out[(slice(None), slice(block.x, block.x_stop), *channel)] = _typed(made, pixels.dtype)

    for _ in in_order(one, range(0, width, step), workers):
        pass
    return out


def _typed(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind == "b" and values.dtype.kind == "f":
        half: NDArray[np.bool_] = values >= 0.5
        return half
    return to_type(values, dtype.name)
