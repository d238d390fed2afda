"""Random tiles: where they may lie, how far they may overlap, and that a seed is a promise."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.scatter import covered_area, scatter

SHAPES = st.tuples(st.integers(1, 80), st.integers(1, 80))
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
SEEDS = st.tuples(st.integers(0, 2**32), st.integers(0, 2**32))


@given(SHAPES, SIZES, st.integers(1, 30), SEEDS)
def test_random_tiles_lie_in_the_plane_and_are_padded_where_it_is_smaller(shape, size, count, seed):
    tiles = scatter(shape, size, count, seed=seed)
    assert len(tiles) == count
    for i, tile in enumerate(tiles):
        assert 0 <= tile.box.y <= tile.box.y_stop <= shape[0]
        assert 0 <= tile.box.x <= tile.box.x_stop <= shape[1]
        assert tile.shape == size
        assert tile.box.shape == (min(shape[0], size[0]), min(shape[1], size[1]))
        assert (tile.index, tile.row, tile.column) == (i, None, None)


def test_every_position_can_be_drawn_the_border_ones_as_often():
    drawn = {(tile.box.y, tile.box.x) for tile in scatter((7, 6), (4, 4), 500)}
    assert drawn == set(itertools.product(range(4), range(3)))


@given(SHAPES, SIZES, SEEDS)
def test_the_same_seed_draws_the_same_tiles(shape, size, seed):
    assert scatter(shape, size, 5, seed=seed) == scatter(shape, size, 5, seed=seed)


def test_other_seeds_draw_others_and_more_tiles_move_none():
    first, other = scatter((999, 999), 32, 20, seed=(0, 1)), scatter((999, 999), 32, 20, seed=(0, 2))
    assert first.boxes != other.boxes
    assert scatter((999, 999), 32, 20, seed=(1, 1)).boxes != first.boxes


def shared(a: Box, b: Box) -> int:
    return a.intersection(b).area


@given(SHAPES, SIZES, st.integers(1, 20), st.floats(0, 0.99), SEEDS)
def test_overlap_stays_within_its_limit(shape, size, count, most, seed):
    tiles = scatter(shape, size, count, seed=seed, max_overlap=most)
    assert 1 <= len(tiles) <= count
    for a, b in itertools.combinations(tiles.boxes, 2):
        assert shared(a, b) <= most * a.area


def test_tiles_that_do_not_fit_are_not_forced():
    tiles = scatter((64, 64), 40, 10, max_overlap=0.0)
    assert len(tiles) == 1


@given(st.integers(1, 30), SEEDS)
def test_jittered_draws_one_tile_in_each_cell(count, seed):
    shape, size = (97, 131), (9, 12)
    tiles = scatter(shape, size, count, kind="jittered", seed=seed)
    k = int(np.ceil(np.sqrt(count)))
    assert len(tiles) == k * k
    for tile, (row, column) in zip(tiles, itertools.product(range(k), range(k)), strict=True):
        assert row * shape[0] // k <= tile.box.y <= tile.box.y_stop <= (row + 1) * shape[0] // k
        assert column * shape[1] // k <= tile.box.x <= tile.box.x_stop <= (column + 1) * shape[1] // k
        assert tile.shape == size


def test_jittered_offsets_of_rows_and_columns_are_independent():
    tiles = scatter((2000, 2000), 10, 400, kind="jittered")
    offsets = np.array([(tile.box.y % 100, tile.box.x % 100) for tile in tiles])
    assert abs(np.corrcoef(offsets.T)[0, 1]) < 0.2


@pytest.mark.parametrize(("shape", "count"), [((100, 100), 26), ((19, 400), 2), ((15, 15), 1)])
def test_cells_smaller_than_a_tile_are_an_error(shape, count):
    with pytest.raises(ValueError, match=f"{count} jittered tiles need .* smaller than a tile of 20 px"):
        scatter(shape, 20, count, kind="jittered")


@given(st.lists(st.builds(Box, *[st.integers(0, 30)] * 2, *[st.integers(1, 12)] * 2), max_size=12))
def test_covered_area_counts_each_pixel_once(boxes):
    marks = np.zeros((50, 50), bool)
    for box in boxes:
        marks[box.slices] = True
    assert covered_area(tuple(boxes)) == marks.sum()


def test_covered_area_of_many_tiles_needs_little_memory():
    import tracemalloc

    tiles = scatter((50_000, 50_000), 64, 4000)
    tracemalloc.start()
    area = tiles.covered
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    assert 0.98 * 4000 * 64 * 64 < area <= 4000 * 64 * 64


def test_tile_under_a_point_is_the_nearest_of_those_that_hold_it():
    tiles = scatter((300, 300), 50, 60)
    for y, x in [(0, 0), (150, 150), (299.5, 10)]:
        found = tiles.tile_under(y, x)
        holding = [tile for tile in tiles if tile.box.holds(y, x)]
        centre = min(holding or list(tiles), key=lambda t: np.hypot(t.box.y + 25 - y, t.box.x + 25 - x))
        assert found == centre
