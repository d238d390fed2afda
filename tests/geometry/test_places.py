"""All tiles at once are the tiles one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry import places
from napari_tiles_creator.geometry.scatter import scatter
from strategies import grids

SCATTERS = st.builds(
    lambda shape, size, count, seed: scatter(shape, size, count, seed=(seed,)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    st.integers(0, 12),
    st.integers(0, 9),
)


@given(st.one_of(grids(), SCATTERS), st.integers(0, 2**32))
def test_arrays_are_the_tiles_in_their_order(tiling, seed):
    def corners(boxes):
        return [(box.y, box.x, box.y_stop, box.x_stop) for box in boxes]

    tiles = list(tiling)
    assert list(map(tuple, places.boxes(tiling).tolist())) == corners(tile.box for tile in tiles)
    assert list(map(tuple, places.cores(tiling).tolist())) == corners(tile.core for tile in tiles)
    padded = [(t.box.y, t.box.x, t.box.y + t.shape[0], t.box.x + t.shape[1]) for t in tiles]
    assert list(map(tuple, places.padded_boxes(tiling).tolist())) == padded
    assert places.areas(tiling, padded=False).tolist() == [tile.box.area for tile in tiles]
    assert places.areas(tiling, padded=True).tolist() == [tile.shape[0] * tile.shape[1] for tile in tiles]
    chosen = np.random.default_rng(seed).random(len(tiles)) < 0.5
    cover = np.zeros(tiling.shape, bool)
    for tile, is_chosen in zip(tiles, chosen, strict=True):
        cover[tile.box.slices] |= is_chosen
    assert places.covered(tiling, chosen) == cover.sum()
    assert places.covered(tiling, np.ones(len(tiles), bool)) == tiling.covered


@given(grids())
def test_indices_are_those_of_rows_and_columns(grid):
    rows, columns = grid.counts
    expected = [[grid.index_of(row, column) for column in range(columns)] for row in range(rows)]
    assert places.grid_indices(grid).tolist() == expected


@pytest.mark.parametrize("count", [0, 1])
def test_no_and_one_scattered_tile(count):
    tiling = scatter((30, 30), 10, count)
    assert places.boxes(tiling).shape == places.cores(tiling).shape == (count, 4)


@given(grids())
def test_of_all_tiles_the_axes_tell_as_much_as_each_tile(grid):
    chosen = np.ones(len(grid), bool)
    held = np.zeros(grid.shape, bool)
    for tile in grid:
        held[tile.box.slices] = True
    assert places.covered(grid, chosen) == held.sum()
    assert places.area_of(grid, chosen) == places.areas(grid, padded=False).sum()
