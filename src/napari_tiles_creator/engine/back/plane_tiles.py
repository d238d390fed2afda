"""Tiles that lie over one plane, wherever their pixels come from: the input of everything that merges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.grid import TileGrid


@dataclass(frozen=True, eq=False)
class PlaneTiles:
    """The tiles of a plane.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the plane, px.
    boxes : tuple of Box
        Which pixels of the plane each tile shows, without its padding.
    read : callable
        ``read(number)`` returns the pixels of a tile, array (y, x[, c]) of its box's height and width, padding cut
        off; None where it is missing and may be. Called from several threads, more than once for a tile.
    grid : TileGrid or None
        The grid that the tiles lie in; None where they lie anywhere.
    places : tuple of (int, int)
        Row and column of each tile in the grid; empty without a grid. Tiles of the grid may be absent.
    """

    shape: tuple[int, int]
    boxes: tuple[Box, ...]
    read: Callable[[int], NDArray[Any] | None]
    grid: TileGrid | None = None
    places: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of_arrays(cls, tiles: Sequence[NDArray[Any]] | NDArray[Any], grid: TileGrid) -> PlaneTiles:
        """Return tiles in memory, in the grid's order, padding included.

        Raises
        ------
        ValueError
            If the number of tiles is not the grid's; reading raises it for a tile of another size.
        """
        if len(tiles) != len(grid):
            raise ValueError(f"{len(tiles)} tiles for a grid of {len(grid)}")
        planned = list(grid)

        def read(number: int) -> NDArray[Any]:
            pixels, tile = np.asarray(tiles[number]), planned[number]
            if pixels.shape[:2] != tile.shape:
                raise ValueError(f"tile {number} is {pixels.shape[:2]} px, the grid's is {tile.shape}")
            return pixels[: tile.box.height, : tile.box.width]

        boxes = tuple(tile.box for tile in planned)
        places = tuple((tile.row, tile.column) for tile in planned if tile.row is not None and tile.column is not None)
        return cls((grid.shape[0], grid.shape[1]), boxes, read, grid, places)

    def __len__(self) -> int:
        return len(self.boxes)

    def in_rows(self) -> PlaneTiles:
        """Return the same tiles from top to bottom, those that begin in one row from left to right."""
        order = sorted(range(len(self)), key=lambda number: (self.boxes[number].y, self.boxes[number].x, number))
        if order == list(range(len(self))):
            return self
        read = self.read
        return replace(
            self,
            boxes=tuple(self.boxes[number] for number in order),
            read=lambda number: read(order[number]),
            places=tuple(self.places[number] for number in order) if self.places else (),
        )
