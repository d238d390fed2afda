"""Tiles that lie anywhere, blended in a window that slides down the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.values.combining import like
from napari_tiles_creator.engine.back.values.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.values.weights import Blend
    from napari_tiles_creator.geometry.box import Box


def scattered_rows(
    width: int,
    boxes: Sequence[Box],
    tiles: Iterable[tuple[int, NDArray[Any]]],
    blend: Blend,
    summed: np.dtype[Any],
) -> Iterator[Part]:
    """Yield finished rows of the plane, those without a tile left out.

    Weights that fall towards neighbours need a grid: every averaging blend is the mean of the tiles that show a pixel
    here. With ``core`` the tile that begins lowest, then farthest right, is seen.

    Parameters
    ----------
    width : int
        Of the plane, px.
    boxes : sequence of Box
        Where the tiles lie.
    tiles : iterable of (int, array (y, x[, c]))
        Number and pixels of each tile that is there, from top to bottom.
    blend : Blend
        How shared pixels are combined.
    summed : numpy dtype
        The type they are combined in.
    """
    window: _Window | None = None
    tallest = max((box.height for box in boxes), default=0)
    lowest = 0
    for number, pixels in tiles:
        box = boxes[number]
        if window is None:
            # A quarter more than a tile, so that rows are finished a good number at a time.
            shape = tallest + tallest // 4 + 1, width, *pixels.shape[2:]
            window = _Window(shape, blend, summed, box.y)
        if box.y_stop > window.y_stop:
            yield window.finished(box.y)
        window.add(box, pixels)
        lowest = max(lowest, box.y_stop)
    if window is not None:
        yield window.finished(lowest)


class _Window:
    """Rows that tiles are added to: array (y, x[, c]), and how many tiles show each pixel."""

    def __init__(self, shape: tuple[int, ...], blend: Blend, summed: np.dtype[Any], y: int) -> None:
        self._blend, self._y = blend, y
        self._pixels, self._count = np.zeros(shape, summed), np.zeros(shape[:2], np.uint32)

    @property
    def y_stop(self) -> int:
        """One past the last row that fits, px."""
        return self._y + len(self._count)

    def add(self, box: Box, pixels: NDArray[Any]) -> None:
        """Add a tile that begins in the window."""
        at = box.moved(-self._y, 0).slices
        zone, count = self._pixels[at], self._count[at]
        if self._blend == "core":
            zone[:] = pixels
        elif self._blend == "max":
            np.copyto(zone, pixels, where=like(count == 0, zone))
            np.maximum(zone, pixels, out=zone)
        else:
            with np.errstate(invalid="ignore"):  # infinities of both signs
                zone += pixels
        count += 1

    def finished(self, y: int) -> Part:
        """Return the rows above `y`; the window begins there then."""
        first, rows = self._y, min(y - self._y, len(self._count))
        count, pixels = self._count[:rows], self._pixels[:rows].copy()
        if self._blend not in ("core", "max"):
            pixels /= like(np.maximum(count, 1), pixels)
        shown = count > 0
        for held in (self._pixels, self._count):
            held[: len(held) - rows] = held[rows:].copy()
            held[len(held) - rows :] = 0
        self._y = y
        return Part(first, pixels, None if shown.all() else shown)
