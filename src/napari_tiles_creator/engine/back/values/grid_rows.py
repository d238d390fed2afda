"""The tiles of a grid, blended row by row: along x into strips, and each strip along y with those above it.

Weights are products of one a row and one a column, so that a strip's weights are one row of numbers as long as its
tiles are all there: most of the plane is copied, and what is computed are the zones where tiles meet.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from napari_tiles_creator.engine.back.values.combining import combining
from napari_tiles_creator.engine.back.values.part import Part
from napari_tiles_creator.engine.back.values.weights import axis_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.values.combining import Combine
    from napari_tiles_creator.engine.back.values.weights import Blend
    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.grid import TileGrid


class _Strip(NamedTuple):
    """Rows that tiles may still change: array (rows, x[, c]), and the summed weights (rows, x or 1)."""

    y: int
    pixels: NDArray[Any]
    weights: NDArray[Any]

    def part(self, rows: int) -> Part:
        """Return the first rows, which are finished."""
        shown = self.weights[:rows] > 0
        return Part(self.y, self.pixels[:rows], None if shown.all() else shown)

    def rest(self, rows: int) -> _Strip:
        """Return what is below the first rows."""
        return _Strip(self.y + rows, self.pixels[rows:], self.weights[rows:])


def grid_rows(
    grid: TileGrid, placed: Iterable[tuple[tuple[int, int], NDArray[Any]]], blend: Blend, summed: np.dtype[Any]
) -> Iterator[Part]:
    """Yield finished rows, as wide as what the grid covers.

    Parameters
    ----------
    grid : TileGrid
        Where the tiles lie.
    placed : iterable of ((int, int), array (y, x[, c]))
        Row and column of each tile that is there, and its pixels; row by row, from left to right.
    blend : Blend
        How shared pixels are combined.
    summed : numpy dtype
        The type they are combined in.
    """
    row_weights, column_weights = axis_weights(grid.rows, blend), axis_weights(grid.columns, blend)
    combine = combining(blend)
    above: _Strip | None = None
    for row, group in groupby(placed, key=lambda item: item[0][0]):
        along = row_weights[row]
        tiles = ((place[1], tile) for place, tile in group)
        pixels, across = _blended_along_x(grid.columns, tiles, column_weights, combine, summed)
        strip = _Strip(grid.rows.start(row), pixels, along[:, None].astype(across.dtype) * across)
        if above is not None:
            finished = min(strip.y - above.y, len(above.pixels))
            yield above.part(finished)
            strip = _below(above.rest(finished), strip, grid.rows.core(row)[0], combine)
        above = strip
    if above is not None:
        yield above.part(len(above.pixels))


def _blended_along_x(
    columns: TiledAxis,
    tiles: Iterable[tuple[int, NDArray[Any]]],
    weights: list[NDArray[np.float64]],
    combine: Combine,
    summed: np.dtype[Any],
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the tiles of a row as one array (y, x[, c]), and the sum of their weights, array (x,) or (1,)."""
    width = columns.stop(columns.count - 1)
    total = np.zeros(width)
    strip = np.empty(0)
    covered = 0
    seen: set[int] = set()
    for column, pixels in tiles:
        if not seen:
            strip = np.empty((pixels.shape[0], width, *pixels.shape[2:]), summed)
        start, stop = columns.start(column), columns.stop(column)
        shared = max(0, min(covered, stop) - start)
        weight = weights[column]
        if shared:
            zone = slice(start, start + shared)
            owned = np.arange(start, start + shared) >= columns.core(column)[0]
            combine(strip[:, zone], pixels[:, :shared], total[None, zone], weight[None, :shared], owned[None])
        strip[:, start + shared : stop] = pixels[:, shared:]
        total[start:stop] += weight
        covered = stop
        seen.add(column)
    if len(seen) == columns.count:
        return strip, np.ones(1)
    strip[:, total == 0] = 0
    return strip, total.astype(summed if summed.kind == "f" else np.float32)


def _below(above: _Strip, strip: _Strip, owned_from: int, combine: Combine) -> _Strip:
    """Return a strip with the rows that it shares with what is above it blended."""
    shared = len(above.pixels)
    if not shared:
        return strip
    owned = np.arange(strip.y, strip.y + shared) >= owned_from
    combine(above.pixels, strip.pixels[:shared], above.weights, strip.weights[:shared], owned[:, None])
    strip.pixels[:shared] = above.pixels
    weights = strip.weights
    if weights.shape[1] < above.weights.shape[1]:
        weights = np.repeat(weights.astype(above.weights.dtype), above.weights.shape[1], axis=1)
    weights[:shared] += above.weights
    return _Strip(strip.y, strip.pixels, weights)
