"""Tiles of labels in the rows and columns of their grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.back.labels.tile_objects import TileObjects, objects_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.grid import TileGrid


@dataclass(frozen=True, eq=False)
class OrderedTiles:
    """Tiles row by row, each row from the left: the canonical order, whatever order they were given in.

    Parameters
    ----------
    source : PlaneTiles
        The tiles as they were given.
    grid : TileGrid
        The grid that they lie in.
    numbers : array (tiles,), int64
        Their numbers in `source`.
    places : tuple of (int, int)
        Row and column of each.
    """

    source: PlaneTiles
    grid: TileGrid
    numbers: NDArray[np.int64]
    places: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, tiles: PlaneTiles) -> OrderedTiles:
        """Return the tiles in order.

        Raises
        ------
        ValueError
            If they lie in no grid, or two of them in one place.
        """
        if tiles.grid is None:
            raise ValueError("labels can only be stitched where tiles lie in a grid: these lie at random places")
        order = sorted(range(len(tiles)), key=lambda number: tiles.places[number])
        places = tuple(tiles.places[number] for number in order)
        for first, second in pairwise(places):
            if first == second:
                raise ValueError(f"two tiles lie in row {first[0]}, column {first[1]} of the grid")
        return cls(tiles, tiles.grid, np.array(order, np.int64), places)

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Which pixels of the plane each tile shows."""
        return tuple(self.source.boxes[number] for number in self.numbers)

    @property
    def total_px(self) -> int:
        """Pixels of all tiles."""
        return sum(box.area for box in self.boxes)

    def inner_edges(self, tile: int) -> tuple[bool, bool, bool, bool]:
        """Return at which edges the grid goes on, whether or not that tile is there: top, left, bottom, right."""
        (row, column), (rows, columns) = self.places[tile], self.grid.counts
        return row > 0, column > 0, row < rows - 1, column < columns - 1

    def objects(self, tile: int) -> TileObjects | None:
        """Read a tile's objects; None where it is missing.

        Raises
        ------
        ValueError
            If it holds no labels, or is of another size than its box.
        """
        number = int(self.numbers[tile])
        labels = self.source.read(number)
        if labels is None:
            return None
        if labels.shape[:2] != self.boxes[tile].shape:
            raise ValueError(f"tile {number} is {labels.shape[:2]} px, its place {self.boxes[tile].shape} px")
        return objects_of(labels, number)
