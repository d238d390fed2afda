"""Grids of tiles: a value with a length, never a list."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator import TileGrid
from napari_tiles_creator.geometry.box import Box
from strategies import grids

GRIDS = grids(longest=40, largest=16)


def edges_last(grid: TileGrid) -> list[tuple[int, int]]:
    """Return rows and columns in the order of the axons reference: main grid, right column, bottom row, corner.

    An edge row or column is one that lies off the regular stride or sticks out.
    """
    (size_y, size_x), (overlap_y, overlap_x) = grid.size, grid.overlap
    rows, columns = grid.counts
    edge_row = grid.edge != "drop" and (rows - 1) * (size_y - overlap_y) + size_y != grid.shape[0]
    edge_column = grid.edge != "drop" and (columns - 1) * (size_x - overlap_x) + size_x != grid.shape[1]
    places = [(r, c) for r in range(rows) for c in range(columns)]

    def rank(place: tuple[int, int]) -> int:
        below, right = edge_row and place[0] == rows - 1, edge_column and place[1] == columns - 1
        return 3 if below and right else 2 if below else 1 if right else 0

    return sorted(places, key=rank)  # stable: row-major within each group


def test_the_axons_example():
    grid = TileGrid((1100, 1300), 512, 0, "shift", "edges_last")
    assert [(tile.box.x, tile.box.y) for tile in grid] == [
        *[(0, 0), (512, 0), (0, 512), (512, 512)],
        *[(788, 0), (788, 512)],
        *[(0, 588), (512, 588)],
        (788, 588),
    ]


def test_rows_are_counted_before_columns():
    grid = TileGrid((1300, 600), (512, 256), (128, 0))
    assert grid.counts == (4, 3)
    assert len(grid) == 12
    assert grid[4].box == Box(y=384, x=256, height=512, width=256)
    assert (grid[4].row, grid[4].column) == (1, 1)


@given(GRIDS)
def test_order_is_the_one_asked_for(grid):
    rows, columns = grid.counts
    expected = [(r, c) for r in range(rows) for c in range(columns)] if grid.order == "rows" else edges_last(grid)
    assert [(tile.row, tile.column) for tile in grid] == expected
    assert [tile.index for tile in grid] == list(range(len(grid)))


@given(GRIDS)
def test_index_of_and_at_invert_each_other(grid):
    for i, tile in enumerate(grid):
        assert grid.index_of(tile.row, tile.column) == i
        assert grid.at(tile.row, tile.column) == tile == grid[i] == grid[i - len(grid)]


@given(GRIDS)
def test_tiles_have_full_size_and_lie_in_the_plane(grid):
    for tile in grid:
        assert 0 <= tile.box.y < tile.box.y_stop <= grid.shape[0]
        assert 0 <= tile.box.x < tile.box.x_stop <= grid.shape[1]
        for side, (length, size, full) in enumerate(zip(grid.shape, grid.size, tile.shape, strict=True)):
            short = grid.edge == "ragged" and length > size
            assert full == (tile.box.shape[side] if short else size)


@given(GRIDS)
def test_cores_partition_what_the_tiles_cover(grid):
    covered, owned = np.zeros(grid.shape, int), np.zeros(grid.shape, int)
    for tile in grid:
        covered[tile.box.slices] += 1
        owned[tile.core.slices] += 1
        assert tile.core.intersection(tile.box) == tile.core
    assert (owned == (covered > 0)).all()
    assert grid.covered == (covered > 0).sum()
    if grid.edge != "drop":
        assert covered.all()


@given(GRIDS, st.floats(0, 1, exclude_max=True), st.floats(0, 1, exclude_max=True))
def test_tile_under_a_point_is_the_one_that_owns_it(grid, y, x):
    last = grid[len(grid) - 1]
    y, x = y * last.box.y_stop, x * last.box.x_stop
    assert [grid.tile_under(y, x)] == [tile for tile in grid if tile.core.holds(y, x)]


def test_a_hundred_million_tiles_cost_no_memory():
    tracemalloc.start()
    grid = TileGrid((5_120_000, 5_120_000), 512)
    assert len(grid) == 10**8
    last = grid[10**8 - 1]
    assert last == grid[-1]
    assert last.box == Box(5_120_000 - 512, 5_120_000 - 512, 512, 512)
    assert grid.tile_under(2_560_000.5, 511).index == 5000 * 10_000
    assert grid.covered == 5_120_000**2
    assert next(iter(grid)).index == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


@pytest.mark.parametrize("order", ["rows", "edges_last"])
@pytest.mark.parametrize("edge", ["shift", "spread", "pad", "drop", "ragged"])
def test_huge_grids_are_indexed_and_inverted_everywhere(edge, order):
    grid = TileGrid((10**8 + 77, 10**8 + 13), (512, 300), (17, 128), edge, order)
    for index in (0, 1, 10**9 + 7, len(grid) // 2, len(grid) - 2, len(grid) - 1):
        tile = grid[index]
        assert tile.index == index
        assert grid.index_of(tile.row, tile.column) == index
        middle = tile.core.y + tile.core.height / 2, tile.core.x + tile.core.width / 2
        assert grid.tile_under(*middle).index == index


@pytest.mark.parametrize("index", [12, -13, 10**9])
def test_an_index_past_the_end_is_an_index_error(index):
    with pytest.raises(IndexError, match=f"tile {index} of a grid of 12"):
        TileGrid((1300, 600), (512, 256), (128, 0))[index]


def test_numbers_of_numpy_are_numbers():
    by_numpy = TileGrid((np.int64(70), np.int32(80)), np.int64(32), np.uint8(8))
    assert [tile.box for tile in by_numpy] == [tile.box for tile in TileGrid((70, 80), 32, 8)]


def test_grids_are_values():
    assert TileGrid((9, 9), 4, 1) == TileGrid((9, 9), 4, 1) != TileGrid((9, 9), 4, 1, "pad")
    assert len({TileGrid((9, 9), 4, 1), TileGrid((9, 9), 4, 1)}) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(
            ((9, 9), 4, 0, "shift", "spiral"), "order must be one of rows, edges_last, not 'spiral'", id="order"
        ),
        pytest.param(((9, 9), (4, 0)), "size must be at least 1 px", id="second size"),
        pytest.param(((9, 9), 4, (0, 4)), "overlap must be 0 to 3 px", id="second overlap"),
    ],
)
def test_wrong_arguments_are_named(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        TileGrid(*arguments)
