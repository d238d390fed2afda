"""Tiles of a grid in rows, and what is held of them until the tiles that share pixels with them have come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.grid import TileGrid


@dataclass(frozen=True, eq=False)
class HeldTile:
    """The part of a tile that later tiles may share, or touch.

    Parameters
    ----------
    box : Box
        Which pixels of the plane these are.
    numbers : array (y, x), integers
        Its objects, counted from 1 in their tile.
    offset : int
        Index of the tile's first object among all copies.
    """

    box: Box
    numbers: NDArray[Any]
    offset: int

    def inside(self, zone: Box) -> NDArray[Any]:
        """Return the objects in a part of the box, array (y, x)."""
        return self.numbers[zone.moved(-self.box.y, -self.box.x).slices]

    def below(self, y: int) -> HeldTile:
        """Return the rows of the plane from `y` on, with memory of their own."""
        box = Box.between(y, self.box.x, self.box.y_stop, self.box.x_stop)
        return HeldTile(box, self.inside(box).copy(), self.offset)


@dataclass(frozen=True)
class Meeting:
    """Where two tiles meet.

    Parameters
    ----------
    earlier, later : HeldTile
        The tiles.
    earlier_zone, later_zone : Box
        The pixels of each, of one shape: the same ones where tiles overlap, facing ones where they only touch.
    """

    earlier: HeldTile
    later: HeldTile
    earlier_zone: Box
    later_zone: Box

    @property
    def is_contact(self) -> bool:
        """Whether the tiles only touch."""
        return self.earlier_zone != self.later_zone


class HeldTiles:
    """Tiles as they come, row by row: of earlier rows the strips at the bottom, of this row what reaches further.

    Parameters
    ----------
    grid : TileGrid
        The grid that they lie in.
    """

    def __init__(self, grid: TileGrid) -> None:
        self._grid = grid
        self._held: dict[tuple[int, int], HeldTile] = {}
        self._whole: set[tuple[int, int]] = set()
        spans = [(grid.columns.start(i), grid.columns.stop(i)) for i in range(grid.columns.count)]
        self._columns = [
            [j for j, (start, stop) in enumerate(spans) if start < own_stop and stop > own_start]
            for own_start, own_stop in spans
        ]

    def add(self, row: int, column: int, tile: HeldTile) -> Iterator[Meeting]:
        """Take a tile, in the order of rows and columns; yield where it meets those before it.

        All of what is yielded must be taken.
        """
        self._let_go(row, column)
        for place in self._places(row, column):
            if place in self._held:
                earlier = self._held[place]
                zone = earlier.box.intersection(tile.box)
                if zone.area:
                    yield Meeting(earlier, tile, zone, zone)
        yield from self._contacts(row, column, tile)
        self._held[row, column] = tile
        self._whole.add((row, column))

    def _places(self, row: int, column: int) -> Iterator[tuple[int, int]]:
        """Yield earlier places whose tiles overlap."""
        rows = self._grid.rows
        first = row
        while first > 0 and rows.stop(first - 1) > rows.start(row):
            first -= 1
        for other in range(first, row + 1):
            yield from ((other, at) for at in self._columns[column] if other < row or at < column)

    def _contacts(self, row: int, column: int, tile: HeldTile) -> Iterator[Meeting]:
        """Yield where the tile touches its neighbours above and on the left without sharing pixels."""
        above, left = self._held.get((row - 1, column)), self._held.get((row, column - 1))
        box = tile.box
        if above is not None and above.box.y_stop == box.y:
            edge = Box(box.y, box.x, 1, box.width)
            yield Meeting(above, tile, edge.moved(-1, 0), edge)
        if left is not None and left.box.x_stop == box.x:
            edge = Box(box.y, box.x, box.height, 1)
            yield Meeting(left, tile, edge.moved(0, -1), edge)

    def _let_go(self, row: int, column: int) -> None:
        """Cut what is held to what this tile and later ones may meet."""
        rows, columns = self._grid.rows, self._grid.columns
        for place in [at for at in self._whole if at[0] < row or columns.stop(at[1]) < columns.start(column)]:
            self._whole.discard(place)
            tile = self._held[place]
            if place[0] + 1 < rows.count:
                first = min(rows.start(place[0] + 1), tile.box.y_stop - 1)
                self._held[place] = tile.below(first)
            else:
                del self._held[place]
        if column == 0 or not any(at[0] == row for at in self._held):
            gone = [at for at in self._held if rows.stop(at[0]) < rows.start(row)]
            for place in gone:
                del self._held[place]
