"""A plane in a small shape: area means, of a large plane from as little as tells what it looks like.

A plane is read in bands of rows, each reduced at once, so that nothing of its size is held; of a pyramid the coarsest
level that is large enough. Of planes above `LARGE_BYTES` only some rows are read where the format can skip the others,
and of planes above `HUGE_BYTES` only some tiles where it can skip these; all of it where most of its tiles are uniform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pictures.uniform_chunks import LONGEST, area_weights, from_uniform_chunks
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from napari_tiles_creator.sources.base import Source, SourceInfo

LARGE_BYTES = 64 << 20
# What may be decoded for a picture: a second or two of work.
HUGE_BYTES = 512 << 20
# Rows of a large plane that make up one row of its picture.
SAMPLED_ROWS = 4
# Where single pixels can be read, so many of a very long row stand for more; tiles that are read at most.
SAMPLED_COLUMNS, MOST_TILES = 64, 1 << 15
# Pixels of a band: 16 MB as float32.
BAND_PIXELS, MOST_BAND_PIXELS = 1 << 22, 1 << 24
# Of more channels than there are colours for, the first are read; see `thumbnail`.
MORE_CHANNELS = ("cyan", "yellow", "magenta", "red", "green", "blue")


def reduced_plane(
    source: Source, shape: tuple[int, int], *, z: int = 0, t: int = 0, channel: int | None = None
) -> NDArray[np.float64]:
    """Return the area means of a plane in another shape; enlarged, its pixels become blocks.

    Parameters
    ----------
    source, shape, z, t, channel
        See `thumbnail.plane_picture`.

    Returns
    -------
    planes : array (channel or sample, y, x), float64
        Means of the finite values, NaN where there is none; at most six channels.
    """
    return result_of(reduction_steps(source, shape, z=z, t=t, channel=channel))


def reduction_steps(
    source: Source, shape: tuple[int, int], *, z: int = 0, t: int = 0, channel: int | None = None
) -> Generator[None, None, NDArray[np.float64]]:
    """Do what `reduced_plane` does, with a pause after every rectangle that is read."""
    info = source.info
    count = 3 if info.is_rgb else 1
    if info.has_channels and channel is None:
        count = min(info.length("C"), len(MORE_CHANNELS))
        if count < info.length("C"):  # rather than read all of a hundred channels
            parts = [np.empty((0, *shape))]
            for c in range(count):
                parts += [(yield from reduction_steps(source, shape, z=z, t=t, channel=c))]
            return np.concatenate(parts)
    level = level_for(info, shape)
    width = info.levels[level][1]
    if is_huge(info, level, count):
        found = yield from from_uniform_chunks(source, shape, count, level, HUGE_BYTES, z=z, t=t, channel=channel)
        if found is not None:
            return found
    sparse = _sparse_shape(info, level, count, shape)
    if sparse is not None:
        means = np.empty((count, *sparse))
        for (row, column), box in _chunks(info, level, sparse):
            value = source.uniform_value(box, z=z, t=t, channel=channel, level=level)
            if value is None:
                pixels = source.read(box, z=z, t=t, channel=channel, level=level)
                means[:, row, column] = _means(pixels, info.is_rgb)
            else:
                means[:, row, column] = value
            yield
        rows, columns = (np.arange(n) * m // n for n, m in zip(shape, sparse, strict=True))
        return means[:, rows[:, None], columns]
    across = area_weights(width, shape[1])
    total = np.zeros((count, *shape))
    seen = np.zeros_like(total) if info.dtype.kind == "f" else None
    for start, stop, first, down in _bands(info, level, shape[0], count):
        pixels = source.read(Box.between(start, 0, stop, width), z=z, t=t, channel=channel, level=level)
        target = np.s_[:, first : first + down.shape[0]]
        if seen is not None:
            finite = np.isfinite(pixels)
            seen[target] += _reduced(finite, down, across, info.is_rgb)
            pixels = np.where(finite, pixels, 0)
        total[target] += _reduced(pixels, down, across, info.is_rgb)
        yield
    if seen is not None:
        with np.errstate(invalid="ignore"):
            total = np.where(seen > 0, total, np.nan) / seen
    return total


def is_huge(info: SourceInfo, level: int, channels: int) -> bool:
    """Whether a plane is too large to be decoded for a picture, and its format can skip some of it."""
    height, width = info.levels[level]
    return height * width * channels * info.dtype.itemsize > HUGE_BYTES and 0 < info.chunk_columns < width


def _sparse_shape(info: SourceInfo, level: int, channels: int, shape: tuple[int, int]) -> tuple[int, int] | None:
    """Return how many tiles to read down and across, None where the plane is read in bands of rows."""
    height, width = info.levels[level]
    pixel_bytes = channels * info.dtype.itemsize
    if not is_huge(info, level, channels):
        return None
    chunk_rows, chunk_columns = _sample(info)
    most = HUGE_BYTES / (chunk_rows * chunk_columns * pixel_bytes)
    # Where single pixels can be read, rows of them cost little until they are very long.
    if width <= LONGEST and (info.chunk_columns == 1 or (most * height / width) ** 0.5 >= shape[0]):
        touched = shape[0] * -(-width // chunk_columns)
        if info.chunk_columns == 1 or touched <= max(most, MOST_TILES):
            return None
    tiles = min(most, MOST_TILES)
    rows = min(-(-height // chunk_rows), shape[0], max(1, int((tiles * height / width) ** 0.5)))
    return rows, min(-(-width // chunk_columns), shape[1], max(1, int(tiles / rows)))


def _sample(info: SourceInfo) -> tuple[int, int]:
    """Return the size of what is read to stand for more: a tile, or a few pixels where these can be read alone."""
    return (info.chunk_rows, info.chunk_columns) if info.chunk_columns > 1 else (SAMPLED_ROWS, SAMPLED_COLUMNS)


def _chunks(info: SourceInfo, level: int, grid: tuple[int, int]) -> Iterator[tuple[tuple[int, int], Box]]:
    """Yield the places of a grid, each with the tile at the middle of what it stands for."""
    height, width = info.levels[level]
    for place in np.ndindex(*grid):
        edges = []
        for at, n, length, chunk in zip(place, grid, (height, width), _sample(info), strict=True):
            start = (2 * at + 1) * length // (2 * n) // chunk * chunk
            edges.append((start, min(start + chunk, length)))
        (top, bottom), (left, right) = edges
        yield (place[0], place[1]), Box.between(top, left, bottom, right)


def _means(pixels: NDArray[Any], samples_last: bool) -> NDArray[np.float64]:
    """Return the mean of the finite values of each channel or sample, NaN where there is none; array (channel,)."""
    flat = np.moveaxis(pixels, -1, 0) if samples_last else pixels.reshape(-1, *pixels.shape[-2:])
    flat = flat.reshape(len(flat), -1)
    finite = np.isfinite(flat)
    with np.errstate(invalid="ignore"):
        means: NDArray[np.float64] = np.sum(flat, axis=1, where=finite, dtype=np.float64) / finite.sum(axis=1)
    return means


def level_for(info: SourceInfo, shape: tuple[int, int]) -> int:
    """Return the coarsest level of a pyramid that has at least this shape, the full one where none has."""
    large = [all(n >= m for n, m in zip(level, shape, strict=True)) for level in info.levels]
    return max((number for number, is_large in enumerate(large) if is_large), default=0)


def _reduced(pixels: NDArray[Any], down: csr_array, across: csr_array, samples_last: bool) -> NDArray[Any]:
    """Return the weighted sums of a band, array (channel or sample, y, x)."""
    # float32 holds 16-bit values exactly, and sums of their means to far below one grey value of a picture.
    pixels = pixels.astype(np.float32 if pixels.dtype.itemsize <= 2 else np.float64, copy=False)
    rows, width = down.shape[0], across.shape[1]
    if samples_last:
        lines = (down @ pixels.reshape(len(pixels), -1)).reshape(rows, width, -1)
        planes = [lines[..., sample] for sample in range(lines.shape[-1])]
    else:
        planes = [down @ plane for plane in pixels.reshape(-1, *pixels.shape[-2:])]
    return np.stack([(across @ np.ascontiguousarray(plane.T)).T for plane in planes])


def _bands(info: SourceInfo, level: int, rows: int, channels: int) -> Iterator[tuple[int, int, int, csr_array]]:
    """Yield the source rows to read, ``start`` to ``stop``, and what each gives to the picture's rows.

    The last two of each item: the first row of the picture it touches, and the weights, array (rows touched, source
    rows).
    """
    height, width = info.levels[level]
    per_row = height // rows
    is_large = height * width * channels * info.dtype.itemsize > LARGE_BYTES
    # What is decoded as a whole is there after the first band: others cost nothing more, however low they are.
    together = 1 if info.whole_bytes else info.chunk_rows
    if is_large and per_row >= 4 * max(SAMPLED_ROWS, together):
        from scipy.sparse import csr_array

        mean = csr_array(np.full((1, SAMPLED_ROWS), 1 / SAMPLED_ROWS))
        for row in range(rows):
            start = (2 * row + 1) * height // (2 * rows) - SAMPLED_ROWS // 2
            yield start, start + SAMPLED_ROWS, row, mean
        return
    weights = area_weights(height, rows)
    band = BAND_PIXELS // (width * channels)
    # Rather decode a huge chunk again than hold a band of its height.
    together = together if together * width * channels <= MOST_BAND_PIXELS else 1
    band = max(1, band // together) * together
    for start in range(0, height, band):
        stop = min(start + band, height)
        first, last = start * rows // height, -(-stop * rows // height)
        yield start, stop, first, weights[first:last, start:stop]
