"""In which order the tiles of a plane are cut: in groups that read neighbouring pixels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.geometry.tile import Tile

# Scattered tiles of one group: neighbours from top to bottom, so that blocks are reused.
SCATTERED_TILES = 16
# Columns of a grid's row that are one group: the workers share a row of a wide image.
GROUP_COLUMNS = 8192


def groups(image: ImagePlan, stripe_columns: int | None = None) -> Iterator[Callable[[], Iterator[Tile]]]:
    """Return the tiles of one plane in groups: parts of the rows of a grid, or scattered tiles by height.

    Parameters
    ----------
    image : ImagePlan
        The image.
    stripe_columns : int, optional
        Width of the stripes, calibrated px, that are cut from top to bottom one after the other; all of the width by
        default.
    """
    tiling, stripe = image.tiling, stripe_columns or image.shape[1]
    if isinstance(tiling, TileGrid):
        for columns in _stripes(tiling, stripe):
            parts = _parts(tiling, columns)
            for row in range(tiling.rows.count):
                for part in parts:
                    yield partial(_grid_row, tiling, row, part)
        return
    by_place = sorted(tiling, key=lambda tile: (tile.box.x // stripe, tile.box))
    for first in range(0, len(by_place), SCATTERED_TILES):
        yield partial(iter, by_place[first : first + SCATTERED_TILES])


def groups_in_row(image: ImagePlan, stripe_columns: int) -> int:
    """Return how many groups beside each other make a row of a grid's stripe; 1 for scattered tiles."""
    if not isinstance(image.tiling, TileGrid):
        return 1
    return max(len(_parts(image.tiling, columns)) for columns in _stripes(image.tiling, stripe_columns))


def _stripes(grid: TileGrid, stripe_columns: int) -> list[range]:
    """Return which columns of the grid begin in each stripe."""
    return _divided(grid, range(grid.columns.count), stripe_columns)


def _parts(grid: TileGrid, columns: range) -> list[range]:
    return _divided(grid, columns, GROUP_COLUMNS)


def _divided(grid: TileGrid, columns: range, length: int) -> list[range]:
    """Divide columns of the grid by where their tiles begin; px."""
    starts = [grid.columns.start(column) for column in columns]
    if not starts:
        return []
    numbers = [(start - starts[0]) // length for start in starts]
    borders = [i for i in range(len(starts)) if i == 0 or numbers[i] != numbers[i - 1]]
    return [columns[first:last] for first, last in zip(borders, [*borders[1:], len(starts)], strict=True)]


def _grid_row(grid: TileGrid, row: int, columns: range) -> Iterator[Tile]:
    return (grid.at(row, column) for column in columns)
