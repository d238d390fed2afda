"""Tiles blended into their plane from top to bottom: only the rows that tiles still change are held."""

from __future__ import annotations

from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.values.gaps import Gaps
from napari_tiles_creator.engine.back.values.grid_rows import grid_rows
from napari_tiles_creator.engine.back.values.reading import tiles_shown
from napari_tiles_creator.engine.back.values.scattered import scattered_rows
from napari_tiles_creator.engine.back.values.weights import (
    CHOOSING,
    Blend,
    check_blend,
    checked_blend,
    deepest,
    rounded,
    sum_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
    from napari_tiles_creator.engine.back.values.part import Part

# Sums that are turned into the tiles' type at a time, so that they stay in the processor's cache.
_CHUNK_BYTES = 1 << 20


def blended_bands(
    tiles: PlaneTiles, blend: str, *, fill: float | None = None, workers: int = 1
) -> Iterator[NDArray[Any]]:
    """Yield the rows of the plane from top to bottom, a band of them at a time.

    About two bands of a tile's height are held, whatever the plane's height, and a few tiles a worker. The result
    does not depend on the number of workers.

    Parameters
    ----------
    tiles : PlaneTiles
        The tiles. Where some are missing, the weights of the others are divided by their sum; with ``core`` a pixel
        whose owner is missing comes from another tile that shows it. Tiles without a grid are averaged by every
        blend but ``max``, and ``core``, which shows the tile that begins lowest, then farthest right.
    blend : {"linear", "hann", "gaussian", "mean", "core", "max"}
        How shared pixels are combined: weights over the real overlaps with the neighbours, as a ramp or half a
        period of sin²; weights that fall from the middle of the tile; the same for all; each pixel from the tile
        that owns it; the largest value.
    fill : float, optional
        What stands in a pixel of no tile. Without it there may be none, but for the rest that the edge policy
        ``drop`` leaves out, which is 0.
    workers : int, default 1
        Threads that read ahead.

    Yields
    ------
    rows : array (rows, x[, c])
        Of the tiles' type, integers rounded and saturated; float32 where every tile is missing. They may be kept.

    Raises
    ------
    ValueError
        For an unknown blend; where pixels lie in no tile; for tiles that differ in type or channels, or whose values
        the blend cannot keep.
    """
    return _bands(tiles, checked_blend(blend), Gaps(tiles, fill), workers)


def _bands(tiles: PlaneTiles, blend: Blend, gaps: Gaps, workers: int) -> Iterator[NDArray[Any]]:
    height, y = tiles.shape[0], 0
    channels, dtype = (), np.dtype(np.float32)
    with closing(tiles_shown(tiles, workers)) as shown:
        first = next(shown, None)
        if first is not None:
            channels, dtype = first[1].shape[2:], first[1].dtype
            check_blend(blend, dtype)
            for part in _parts(tiles, chain([first], shown), blend, dtype):
                yield from gaps.bands(part.y - y, channels, dtype)
                if len(part.pixels):
                    yield _finished(part, tiles.shape[1], gaps, dtype)
                y = part.y + len(part.pixels)
    yield from gaps.bands(height - y, channels, dtype)
    gaps.check()


def _parts(
    tiles: PlaneTiles, shown: Iterator[tuple[int, NDArray[Any]]], blend: Blend, dtype: np.dtype[Any]
) -> Iterator[Part]:
    """Yield finished rows as they are summed."""
    grid = tiles.grid
    if grid is None:
        summed = dtype if blend in CHOOSING else sum_type(dtype)
        return scattered_rows(tiles.shape[1], tiles.boxes, shown, blend, summed)
    summed = dtype if blend in CHOOSING else sum_type(dtype, deepest(grid.rows) * deepest(grid.columns))
    return grid_rows(grid, ((tiles.places[number], pixels) for number, pixels in shown), blend, summed)


def _finished(part: Part, width: int, gaps: Gaps, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return rows in the tiles' type, gaps filled, as wide as the plane."""
    rows, covered = part.pixels.shape[:2]
    if part.pixels.dtype == dtype and covered == width:
        band = part.pixels
    else:
        band = np.empty((rows, width, *part.pixels.shape[2:]), dtype)
        step = max(1, _CHUNK_BYTES * rows // max(1, part.pixels.nbytes))
        for y in range(0, rows, step):
            band[y : y + step, :covered] = rounded(part.pixels[y : y + step], dtype)
    if covered < width:
        gaps.count(rows * (width - covered))
        band[:, covered:] = gaps.value(dtype)
    if part.shown is not None:
        missing = ~part.shown
        gaps.count(int(np.count_nonzero(missing)))
        band[:, :covered][missing] = gaps.value(dtype)
    return band
