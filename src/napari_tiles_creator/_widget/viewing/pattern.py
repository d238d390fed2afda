"""The shapes that draw a tiling; pure functions, in pixels of the calibrated plane, drawn at their corners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.scatter import TileScatter

# Up to here one rectangle a tile; a larger grid is two paths, whatever its size.
MOST_RECTANGLES = 1_000
# Random places have no paths: so many are drawn, and the rest is said to be missing.
MOST_SCATTERED = 5_000


def rectangle(box: Box) -> NDArray[np.float64]:
    """Return the four corners of a box, array (4, [y, x])."""
    return _corners(box.y, box.x, box.y_stop, box.x_stop)


def corner_rectangle(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return a rectangle of this size whose first pixel is (0, 0), to be moved by translation; array (4, [y, x])."""
    return _corners(0, 0, *shape)


def outlines(tiling: TileGrid | TileScatter) -> tuple[list[NDArray[np.float64]], str]:
    """Return the outlines of all tiles as shapes, and their type for napari.

    Returns
    -------
    shapes : list of array (n, [y, x])
        One rectangle a tile; of a large grid, two paths.
    shape_type : {"rectangle", "path"}
        What they are.
    """
    if isinstance(tiling, TileGrid) and len(tiling) > MOST_RECTANGLES:
        return grid_paths(tiling), "path"
    tiles = (tiling[i] for i in range(min(len(tiling), MOST_SCATTERED)))
    return [rectangle(tile.box) for tile in tiles], "rectangle"


def grid_paths(grid: TileGrid) -> list[NDArray[np.float64]]:
    """Return the lines of a full grid as two paths that wind from border to border.

    Neighbours touch or overlap, so each tile's edge runs on through the whole row or column, and the turns of a
    path lie on the outer border, which is an edge of tiles too.
    """
    rows, columns = _edges(grid.rows), _edges(grid.columns)
    horizontal = _winding(rows, columns[0], columns[-1])
    vertical = _winding(columns, rows[0], rows[-1])[:, ::-1]
    return [horizontal, vertical]


def area_outline(grid: TileGrid) -> NDArray[np.float64]:
    """Return the outline of all that a grid covers, array (4, [y, x])."""
    return _corners(0, 0, grid.rows.stop(grid.rows.count - 1), grid.columns.stop(grid.columns.count - 1))


def kept_lines(grid: TileGrid, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the outlines of some tiles of a grid as lines, each running through as many tiles as it can.

    Parameters
    ----------
    grid : TileGrid
        The grid.
    kept : array (rows, columns), bool
        The tiles to draw.

    Returns
    -------
    lines : array (n, 2, [y, x])
        Horizontal ones, then vertical ones.
    """
    horizontal = _lines_along(grid.rows, grid.columns, kept)
    vertical = _lines_along(grid.columns, grid.rows, kept.T)
    return np.concatenate([horizontal, vertical[:, :, ::-1]])


def core_rectangles(grid: TileGrid, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what some tiles of a grid own, neighbours in a row as one; array (n, 4, [y, x])."""
    row, first, last = _runs(chosen)
    tops, bottoms = np.array([grid.rows.core(i) for i in range(grid.rows.count)], float).T - 0.5
    lefts, rights = np.array([grid.columns.core(i) for i in range(grid.columns.count)], float).T - 0.5
    y0, y1, x0, x1 = tops[row], bottoms[row], lefts[first], rights[last]
    return np.stack([np.stack([y0, x0], 1), np.stack([y0, x1], 1), np.stack([y1, x1], 1), np.stack([y1, x0], 1)], 1)


def _lines_along(across: TiledAxis, along: TiledAxis, kept: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the lines that run along one axis, array (n, 2, [across, along]); `kept` is (across, along)."""
    edges = np.array([(across.start(i), across.stop(i)) for i in range(across.count)])
    places, numbers = np.unique(edges, return_inverse=True)
    # A line is drawn where any of the tiles that begin or end at it is: neighbours that touch share one.
    drawn = np.zeros((len(places), along.count), bool)
    np.logical_or.at(drawn, numbers.reshape(edges.shape)[:, 0], kept)
    np.logical_or.at(drawn, numbers.reshape(edges.shape)[:, 1], kept)
    line, first, last = _runs(drawn)
    starts = np.array([along.start(i) for i in range(along.count)])[first]
    stops = np.array([along.stop(i) for i in range(along.count)])[last]
    place = places[line]
    return np.stack([np.stack([place, starts], 1), np.stack([place, stops], 1)], 1) - 0.5


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return row, first and last column of each stretch of True in a mask, row by row."""
    turns = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    row, first = np.nonzero(turns == 1)
    return row, first, np.nonzero(turns == -1)[1] - 1


def _corners(y: float, x: float, y_stop: float, x_stop: float) -> NDArray[np.float64]:
    return np.array([[y, x], [y, x_stop], [y_stop, x_stop], [y_stop, x]], np.float64) - 0.5


def _edges(axis: TiledAxis) -> NDArray[np.float64]:
    """Return the distinct starts and stops of the tiles along an axis, as napari draws them."""
    places: Iterable[int] = {edge for i in range(axis.count) for edge in (axis.start(i), axis.stop(i))}
    return np.array(sorted(places)) - 0.5


def _winding(lines: NDArray[np.float64], first: float, last: float) -> NDArray[np.float64]:
    """Return points along each line in turn, there and back; array (2 · lines, [line, across])."""
    along = np.tile([first, last, last, first], (len(lines) + 1) // 2)[: 2 * len(lines)]
    return np.stack([np.repeat(lines, 2), along], axis=1)
