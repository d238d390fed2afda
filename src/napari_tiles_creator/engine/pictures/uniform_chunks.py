"""Area means of a huge plane most of whose chunks are uniform, and known to be: only the others are decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from napari_tiles_creator.sources.base import Source

# Chunks that are looked up between two pauses, and at most: a second of work.
AT_ONCE, MOST_CHUNKS = 1024, 1 << 17
# Of an axis of more pixels than this, so many stand for each new one: shares of all of them would take 100 MB.
LONGEST, SAMPLED = 1 << 20, 64


def from_uniform_chunks(
    source: Source,
    shape: tuple[int, int],
    count: int,
    level: int,
    most_bytes: int,
    *,
    z: int = 0,
    t: int = 0,
    channel: int | None = None,
) -> Generator[None, None, NDArray[np.float64] | None]:
    """Return the area means of a plane in another shape, None where too many chunks had to be decoded.

    Parameters
    ----------
    source : Source
        A file that tells which of its chunks are uniform.
    shape : tuple of int
        ``(height, width)`` of the result, px.
    count : int
        Channels or samples of the plane.
    most_bytes : int
        What may be decoded.
    level, z, t, channel
        See `Source.read`.

    Returns
    -------
    planes : array (channel or sample, y, x), float64, or None
    """
    info = source.info
    size = info.levels[level]
    chunk = info.chunk_rows, info.chunk_columns
    rows, columns = (-(-length // side) for length, side in zip(size, chunk, strict=True))
    if rows * columns > MOST_CHUNKS or info.dtype.kind == "f":  # NaN has no part in a mean
        return None
    most = most_bytes // (chunk[0] * chunk[1] * count * info.dtype.itemsize)
    values = np.zeros((rows, columns))
    mixed: list[Box] = []
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        box = _chunk(row, column, chunk, size)
        value = source.uniform_value(box, z=z, t=t, channel=channel, level=level)
        if value is not None:
            values[row, column] = value
        elif len(mixed) == most:
            return None
        else:
            mixed.append(box)
        if number % AT_ONCE == 0:
            yield
    down, across = area_weights(size[0], shape[0]), area_weights(size[1], shape[1])
    means = np.broadcast_to(
        _means(values, _by_chunk(down, chunk[0]), _by_chunk(across, chunk[1])), (count, *shape)
    ).copy()
    for box in mixed:
        pixels = source.read(box, z=z, t=t, channel=channel, level=level)
        planes = np.moveaxis(pixels, -1, 0) if info.is_rgb else pixels.reshape(-1, *box.shape)
        _add(means, planes, box, down, across)
        yield
    return means


def _chunk(row: int, column: int, chunk: tuple[int, int], size: tuple[int, int]) -> Box:
    y, x = row * chunk[0], column * chunk[1]
    return Box.between(y, x, min(y + chunk[0], size[0]), min(x + chunk[1], size[1]))


def _by_chunk(weights: csr_array, side: int) -> csr_array:
    """Return the share that each chunk of pixels has in each new one, sparse array (new, chunks)."""
    from scipy.sparse import csr_array

    shape = weights.shape[0], -(-weights.shape[1] // side)
    share = csr_array((weights.data.copy(), weights.indices // side, weights.indptr.copy()), shape=shape)
    share.sum_duplicates()  # in place
    return share


def _means(values: NDArray[np.float64], down: csr_array, across: csr_array) -> NDArray[np.float64]:
    """Return the means of chunks of one value each, array (y, x); by way of the smaller array between."""
    found: NDArray[np.float64]
    if down.shape[0] * values.shape[1] <= values.shape[0] * across.shape[0]:
        found = (across @ np.ascontiguousarray((down @ values).T)).T
    else:
        found = down @ np.ascontiguousarray((across @ np.ascontiguousarray(values.T)).T)
    return found


def _add(means: NDArray[np.float64], planes: NDArray[Any], box: Box, down: csr_array, across: csr_array) -> None:
    """Add what a chunk's pixels are worth to the new pixels that it touches."""
    rows, columns = (
        slice(start * new // old, -(-stop * new // old))
        for start, stop, new, old in (
            (box.y, box.y_stop, *down.shape),
            (box.x, box.x_stop, *across.shape),
        )
    )
    for mean, plane in zip(means, planes, strict=True):
        part = down[rows, box.y : box.y_stop] @ plane.astype(np.float32)
        mean[rows, columns] += (across[columns, box.x : box.x_stop] @ np.ascontiguousarray(part.T)).T


def area_weights(old: int, new: int) -> csr_array:
    """Return the share of each old pixel in each new one, sparse array (new, old), rows summing to 1.

    Both axes are cut at all borders of either, in units of 1 / (old · new), in which every border is whole. Of more
    than `LONGEST` old pixels some stand for all.
    """
    from scipy.sparse import csr_array

    if old > max(LONGEST, new):
        taken = (np.arange(new * SAMPLED, dtype=np.int64) * 2 + 1) * (old / (2 * new * SAMPLED))
        return csr_array(
            (np.full(new * SAMPLED, 1 / SAMPLED), taken.astype(np.int64), np.arange(0, new * SAMPLED + 1, SAMPLED)),
            shape=(new, old),
        )
    cuts = np.union1d(np.arange(old + 1) * new, np.arange(new + 1) * old)
    row, column = cuts[:-1] // old, cuts[:-1] // new
    return csr_array((np.diff(cuts) / old, column, np.searchsorted(row, np.arange(new + 1))), shape=(new, old))
