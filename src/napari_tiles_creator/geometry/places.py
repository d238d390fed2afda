"""All tiles of a plane at once, as arrays: for filters and sums over millions of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.scatter import covered_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.scatter import TileScatter


def grid_indices(grid: TileGrid) -> NDArray[np.int64]:
    """Return the index of the tile in each row and column, array (rows, columns)."""
    rows, columns = grid.counts
    if grid.order == "rows":
        return np.arange(rows * columns, dtype=np.int64).reshape(rows, columns)
    indices = np.empty((rows, columns), np.int64)
    main_rows = rows - grid.rows.last_is_edge
    main_columns = columns - grid.columns.last_is_edge
    indices[:main_rows, :main_columns] = np.arange(main_rows * main_columns).reshape(main_rows, main_columns)
    for row, column in ((0, columns - 1), (rows - 1, 0)):
        if main_columns < columns and row == 0:
            indices[:main_rows, column] = grid.index_of(0, column) + np.arange(main_rows)
        if main_rows < rows and column == 0:
            indices[row, :main_columns] = grid.index_of(row, 0) + np.arange(main_columns)
    if main_rows < rows and main_columns < columns:
        indices[-1, -1] = rows * columns - 1
    return indices


def boxes(tiling: TileGrid | TileScatter) -> NDArray[np.int64]:
    """Return the pixels of every tile that lie in the plane, array (tiles, 4): ``y, x, y_stop, x_stop``."""
    if isinstance(tiling, TileGrid):
        return _of_axes(tiling, *(_spans(axis) for axis in (tiling.rows, tiling.columns)))
    return np.array([(b.y, b.x, b.y_stop, b.x_stop) for b in tiling.boxes], np.int64).reshape(-1, 4)


def padded_boxes(tiling: TileGrid | TileScatter) -> NDArray[np.int64]:
    """Return what the file of every tile holds, padding included, array (tiles, 4): ``y, x, y_stop, x_stop``."""
    found = boxes(tiling)
    if isinstance(tiling, TileGrid):
        axes = (tiling.rows, tiling.columns)
        return _of_axes(tiling, *(_spans(axis) + _padding(axis) for axis in axes))
    found[:, 2:] = found[:, :2] + tiling.size
    return found


def cores(tiling: TileGrid | TileScatter) -> NDArray[np.int64]:
    """Return the pixels that every tile owns, array (tiles, 4): ``y, x, y_stop, x_stop``."""
    if isinstance(tiling, TileGrid):
        return _of_axes(tiling, *(_core_spans(axis) for axis in (tiling.rows, tiling.columns)))
    return boxes(tiling)


def areas(tiling: TileGrid | TileScatter, *, padded: bool) -> NDArray[np.int64]:
    """Return the pixels of every tile, array (tiles,), with or without padding."""
    corners = padded_boxes(tiling) if padded else boxes(tiling)
    sides = corners[:, 2:] - corners[:, :2]
    found: NDArray[np.int64] = sides[:, 0] * sides[:, 1]
    return found


def area_of(tiling: TileGrid | TileScatter, chosen: NDArray[np.bool_]) -> int:
    """Return the pixels of the chosen tiles that lie in the plane, shared ones counted each time."""
    if isinstance(tiling, TileGrid) and chosen.all():
        return tiling.rows.box_total * tiling.columns.box_total
    return int(areas(tiling, padded=False)[chosen].sum())


def covered(tiling: TileGrid | TileScatter, chosen: NDArray[np.bool_]) -> int:
    """Return how many pixels of the plane lie in at least one of the chosen tiles; `chosen` is an array (tiles,)."""
    if not isinstance(tiling, TileGrid):
        return covered_area(tuple(tiling.boxes[i] for i in np.flatnonzero(chosen)))
    if chosen.all():
        return tiling.covered
    (y_edges, rows), (x_edges, columns) = (_stretches(axis) for axis in (tiling.rows, tiling.columns))
    # Each tile counts from its first stretch on and no more from its last: two running sums fill it.
    steps = np.zeros((len(y_edges), len(x_edges)), np.int32)
    ones = chosen[grid_indices(tiling)].astype(np.int32)
    for y, sign_y in ((rows[:, 0], 1), (rows[:, 1], -1)):
        for x, sign_x in ((columns[:, 0], 1), (columns[:, 1], -1)):
            np.add.at(steps, (y[:, None], x[None, :]), sign_y * sign_x * ones)
    over = steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
    return int(np.diff(y_edges) @ (over @ np.diff(x_edges)))


def _spans(axis: TiledAxis) -> NDArray[np.int64]:
    """Return start and stop of every tile along an axis, array (tiles, 2), px of the plane."""
    starts = axis.starts(np.arange(axis.count, dtype=np.int64))
    return np.stack([starts, np.minimum(starts + axis.size, axis.length)], axis=1)


def _padding(axis: TiledAxis) -> NDArray[np.int64]:
    """Return what padding adds to the spans along an axis, array (tiles, 2): only the last tile may stick out."""
    added = np.zeros((axis.count, 2), np.int64)
    added[-1, 1] = axis.padding(axis.count - 1)
    return added


def _core_spans(axis: TiledAxis) -> NDArray[np.int64]:
    return np.array([axis.core(i) for i in range(axis.count)], np.int64)


def _of_axes(grid: TileGrid, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    found = np.empty((len(grid), 4), np.int64)
    indices = grid_indices(grid)
    found[indices, 0], found[indices, 2] = rows[:, :1], rows[:, 1:]
    found[indices, 1], found[indices, 3] = columns[:, 0], columns[:, 1]
    return found


def _stretches(axis: TiledAxis) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return where tiles begin or end along an axis, and each tile's first and last-plus-one stretch (tiles, 2)."""
    spans = _spans(axis)
    edges, numbers = np.unique(spans, return_inverse=True)
    return edges, numbers.reshape(spans.shape)
