"""Where copies lie among the cores of tiles: which tile owns what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.ordered_tiles import OrderedTiles
    from napari_tiles_creator.engine.back.labels.survey import Survey
    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.grid import TileGrid

# So many copies are looked at together: each takes about 150 bytes meanwhile.
AT_ONCE = 1 << 17


def owned(tiles: OrderedTiles, survey: Survey) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which copies their tile owns, or nobody, as the tile that would is missing.

    Returns
    -------
    centred : array (n,), bool
        By the centre of the copy's bounds.
    in_core : array (n,), bool
        At least a pixel of its bounds.
    """
    places = np.array(tiles.places, np.int64).reshape(-1, 2)
    missing = np.ones(tiles.grid.counts, np.int64)
    missing[tuple(places[~survey.is_missing].T)] = 0
    tile_of = survey.tiles
    centred, in_core = np.empty(len(survey), np.bool_), np.empty(len(survey), np.bool_)
    for first in range(0, len(survey), AT_ONCE):
        some = np.s_[first : first + AT_ONCE]
        centred[some], in_core[some] = _owned(tiles.grid, missing, places[tile_of[some]], survey.bounds[some])
    return centred, in_core


def _owned(
    grid: TileGrid, missing: NDArray[np.int64], own: NDArray[np.int64], bounds: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the same of some copies, which tiles at the places `own`, array (n, 2), show."""
    sums = np.pad(missing.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    (top, bottom, row), (left, right, column) = (
        (_owners(axis, low), _owners(axis, high - 1), _owners(axis, (low + high) / 2))
        for axis, low, high in zip((grid.rows, grid.columns), bounds.T[:2], bounds.T[2:], strict=True)
    )
    gaps = sums[bottom + 1, right + 1] - sums[top, right + 1] - sums[bottom + 1, left] + sums[top, left]
    reaches = (top <= own[:, 0]) & (own[:, 0] <= bottom) & (left <= own[:, 1]) & (own[:, 1] <= right)
    centred = ((row == own[:, 0]) & (column == own[:, 1])) | (missing[row, column] > 0)
    return centred, reaches | (gaps > 0)


def _owners(axis: TiledAxis, positions: NDArray[np.generic]) -> NDArray[np.intp]:
    """Return which tile's core holds each position along an axis, array (n,)."""
    borders = np.array([axis.core(i)[0] for i in range(1, axis.count)], np.int64)
    return np.searchsorted(borders, positions, side="right")
