"""In which order the tiles of a plane are cut: in groups that read neighbouring pixels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.geometry.tile import Tile

# Scattered tiles of one group: neighbours from top to bottom, so that bands are reused.
SCATTERED_TILES = 16


def groups(image: ImagePlan) -> Iterator[Callable[[], Iterator[Tile]]]:
    """Return the tiles of one plane in groups: rows of a grid, or scattered tiles by height."""
    tiling = image.tiling
    if isinstance(tiling, TileGrid):
        for row in range(tiling.rows.count):
            yield partial(_grid_row, tiling, row)
        return
    by_height = sorted(tiling, key=lambda tile: tile.box)
    for first in range(0, len(by_height), SCATTERED_TILES):
        yield partial(iter, by_height[first : first + SCATTERED_TILES])


def _grid_row(grid: TileGrid, row: int) -> Iterator[Tile]:
    return (grid.at(row, column) for column in range(grid.columns.count))
