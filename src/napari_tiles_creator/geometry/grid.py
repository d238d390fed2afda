"""A regular grid of tiles as a value: counted and indexed, never stored."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, SupportsIndex, get_args

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.edges import EdgePolicy, TiledAxis
from napari_tiles_creator.geometry.tile import Tile

if TYPE_CHECKING:
    from collections.abc import Iterator

GridOrder = Literal["rows", "edges_last"]
GRID_ORDERS: tuple[GridOrder, ...] = get_args(GridOrder)


@dataclass(frozen=True)
class TileGrid:
    """All tiles of one plane.

    Parameters
    ----------
    shape : tuple of int
        ``(height, width)`` of the plane, px.
    size : int or tuple of int
        Tile size, px; one number or ``(height, width)``.
    overlap : int or tuple of int, default 0
        Pixels shared by neighbours; one number or ``(y, x)``.
    edge : EdgePolicy, default "shift"
        See `TiledAxis`. A plane smaller than a tile gives one tile at 0, padded.
    order : GridOrder, default "rows"
        ``rows`` is row-major; ``edges_last`` is the tiles on the regular stride, then the right
        column, the bottom row and the corner.

    Raises
    ------
    ValueError
        If a number is out of its range or a name is unknown.

    Examples
    --------
    >>> grid = TileGrid(shape=(1300, 1300), size=512, overlap=128)
    >>> grid.counts, len(grid), grid[3].box
    ((4, 4), 16, Box(y=0, x=788, height=512, width=512))
    """

    shape: tuple[int, int]
    size: int | tuple[int, int]
    overlap: int | tuple[int, int] = 0
    edge: EdgePolicy = "shift"
    order: GridOrder = "rows"
    rows: TiledAxis = field(init=False, repr=False, compare=False)
    columns: TiledAxis = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.order not in GRID_ORDERS:
            raise ValueError(f"order must be one of {', '.join(GRID_ORDERS)}, not {self.order!r}")
        axes = [
            TiledAxis(operator.index(length), size, overlap, self.edge)
            for length, size, overlap in zip(self.shape, pair(self.size), pair(self.overlap), strict=True)
        ]
        object.__setattr__(self, "rows", axes[0])
        object.__setattr__(self, "columns", axes[1])

    @property
    def counts(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return self.rows.count, self.columns.count

    @property
    def covered(self) -> int:
        """Pixels of the plane that lie in at least one tile."""
        return self.rows.stop(self.rows.count - 1) * self.columns.stop(self.columns.count - 1)

    def __len__(self) -> int:
        return self.rows.count * self.columns.count

    def __getitem__(self, index: int) -> Tile:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"tile {index} of a grid of {len(self)}")
        index %= len(self)
        return self.at(*self._position(index))

    def __iter__(self) -> Iterator[Tile]:
        return (self[index] for index in range(len(self)))

    def at(self, row: int, column: int) -> Tile:
        """Return the tile in this row and column."""
        y, x = self.rows.start(row), self.columns.start(column)
        (core_y, core_y_stop), (core_x, core_x_stop) = self.rows.core(row), self.columns.core(column)
        return Tile(
            index=self.index_of(row, column),
            row=row,
            column=column,
            box=Box.between(y, x, self.rows.stop(row), self.columns.stop(column)),
            core=Box.between(core_y, core_x, core_y_stop, core_x_stop),
            pad_bottom=self.rows.padding(row),
            pad_right=self.columns.padding(column),
        )

    def index_of(self, row: int, column: int) -> int:
        """Return the index, in this grid's order, of the tile in this row and column."""
        rows, columns = self.counts
        if self.order == "rows":
            return row * columns + column
        main_rows, main_columns = self._main_counts
        if row < main_rows and column < main_columns:
            return row * main_columns + column
        if row < main_rows:
            return main_rows * main_columns + row
        if column < main_columns:
            return main_rows * columns + column
        return rows * columns - 1

    def tile_under(self, y: float, x: float) -> Tile:
        """Return the tile that owns this point of the plane (pixel corners on integers)."""
        return self.at(self.rows.nearest(y), self.columns.nearest(x))

    @property
    def _main_counts(self) -> tuple[int, int]:
        return (
            self.rows.count - self.rows.last_is_edge,
            self.columns.count - self.columns.last_is_edge,
        )

    def _position(self, index: int) -> tuple[int, int]:
        rows, columns = self.counts
        if self.order == "rows":
            return divmod(index, columns)
        main_rows, main_columns = self._main_counts
        if index < main_rows * main_columns:
            return divmod(index, main_columns)
        index -= main_rows * main_columns
        if main_columns < columns:
            if index < main_rows:
                return index, columns - 1
            index -= main_rows
        return rows - 1, index


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Return ``(y, x)`` from one number for both axes or from two."""
    if isinstance(value, SupportsIndex):  # numpy's integers, too
        return operator.index(value), operator.index(value)
    y, x = value
    return operator.index(y), operator.index(x)
