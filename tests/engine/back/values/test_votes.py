"""Class maps against a count of every vote in every pixel."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.values.votes import voted_bands
from napari_tiles_creator.geometry.box import Box
from peak_memory import PEAK
from strategies import grids

SEEDS = st.integers(0, 2**32 - 1)
# A number that no float64 holds, and the largest ones.
CLASSES = {"uint8": [0, 1, 255], "uint16": [0, 3, 65535], "int32": [-7, 0, 9], "uint64": [0, 2**53 + 1, 2**64 - 1]}


def plane(tiles, **options):
    return np.concatenate(list(voted_bands(tiles, **options)))


def tiles_of(grid, dtype, seed, present, channels=()):
    rng = np.random.default_rng(seed)
    classes = np.array(CLASSES.get(dtype, [False, True]), dtype)
    arrays = [rng.choice(classes, (*tile.box.shape, *channels)) for tile in grid]
    boxes, places = zip(*((tile.box, (tile.row, tile.column)) for tile in grid), strict=True)
    read = {number: arrays[number] for number in present}.get
    return arrays, PlaneTiles(grid.shape, boxes, read, grid, places)


def exact_weight(axis, i, k):
    """Return the linear weight of pixel `k` of tile `i` as a fraction, not divided by any sum."""
    weight = Fraction(1)
    size = axis.stop(i) - axis.start(i)
    for shared, inside in (
        (axis.stop(i - 1) - axis.start(i) if i else 0, k),
        (axis.stop(i) - axis.start(i + 1) if i + 1 < axis.count else 0, size - 1 - k),
    ):
        if inside < shared:
            weight *= Fraction(2 * inside + 1, 2 * shared)
    return weight


def counted(grid, arrays, present):
    """Return, for every pixel, the sum of weights of each class."""
    sums = {}
    for tile in grid:
        if tile.index in present:
            rows = [exact_weight(grid.rows, tile.row, k) for k in range(tile.box.height)]
            columns = [exact_weight(grid.columns, tile.column, k) for k in range(tile.box.width)]
            for (y, x), value in np.ndenumerate(arrays[tile.index]):
                votes = sums.setdefault((tile.box.y + y, tile.box.x + x), {})
                votes[int(value)] = votes.get(int(value), 0) + rows[y] * columns[x]
    return sums


@given(grids(longest=22, largest=9), st.sampled_from([*CLASSES, "bool"]), SEEDS, st.data())
def test_the_class_with_the_most_weight_wins(grid, dtype, seed, data):
    everyone = set(range(len(grid)))
    present = data.draw(st.sets(st.sampled_from(sorted(everyone)), min_size=1) | st.just(everyone))
    arrays, tiles = tiles_of(grid, dtype, seed, present)
    back = plane(tiles, fill=1)
    assert back.dtype == dtype
    votes = counted(grid, arrays, present)
    for place, value in np.ndenumerate(back):
        if place not in votes:
            assert value == 1
            continue
        most = max(votes[place].values())
        # Weights are rounded to 24 bits: of classes that are that near, either may win.
        near = {c for c, votes_ in votes[place].items() if most - votes_ <= most / 10**5}
        assert int(value) in near


def test_equal_weights_elect_the_lowest_class():
    grid = TileGrid((1, 7), (1, 5), (0, 3))  # an odd overlap: both weigh ½ in its middle
    for first, second in ((4, 2), (2, 4)):
        tiles = np.stack([np.full((1, 5), first, np.uint8), np.full((1, 5), second, np.uint8)])
        back = plane(PlaneTiles.of_arrays(tiles, grid))
        assert back.tolist() == [[first, first, first, 2, second, second, second]]


def test_many_small_votes_beat_a_large_one():
    """Where four tiles meet, the two of one class outweigh the nearest one."""
    grid = TileGrid((7, 7), 5, 3)
    tiles = np.stack([np.full((5, 5), value, np.uint8) for value in (1, 2, 2, 3)])
    back = plane(PlaneTiles.of_arrays(tiles, grid))
    assert back[3, 3] == 2
    assert back[0, 0] == 1
    assert back[6, 6] == 3


@given(grids(longest=40, largest=14), st.sampled_from([*CLASSES, "bool"]), st.sampled_from([(), (2,)]), SEEDS)
def test_a_cut_map_comes_back(grid, dtype, channels, seed):
    classes = np.array(CLASSES.get(dtype, [False, True]), dtype)
    image = np.random.default_rng(seed).choice(classes, (*grid.shape, *channels))
    tiles = PlaneTiles.of_arrays(
        [np.pad(image[t.box.slices], [(0, t.pad_bottom), (0, t.pad_right)] + [(0, 0)] * len(channels)) for t in grid],
        grid,
    )
    covered = np.zeros(grid.shape, bool)
    for tile in grid:
        covered[tile.box.slices] = True
    image[~covered] = 0
    back = plane(tiles)
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, image)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 20)), min_size=1, max_size=20), SEEDS)
def test_scattered_tiles_have_one_vote_each(corners, seed):
    rng = np.random.default_rng(seed)
    boxes = tuple(Box(y, x, 8, 6) for y, x in corners)
    arrays = [rng.integers(0, 4, (8, 6), np.uint8) for _ in boxes]
    back = plane(PlaneTiles((40, 30), boxes, arrays.__getitem__), fill=9)
    votes = np.zeros((4, 40, 30), int)
    for box, array in zip(boxes, arrays, strict=True):
        for value in range(4):
            votes[(value, *box.slices)] += array == value
    np.testing.assert_array_equal(back, np.where(votes.any(axis=0), votes.argmax(axis=0), 9))


@given(grids(longest=40, largest=14), SEEDS)
def test_the_number_of_workers_changes_nothing(grid, seed):
    present = set(np.random.default_rng(seed).permutation(len(grid))[: max(1, len(grid) * 3 // 4)].tolist())
    _, tiles = tiles_of(grid, "uint16", seed, present)
    np.testing.assert_array_equal(plane(tiles, fill=0), plane(tiles, fill=0, workers=3))


def test_gaps_are_refused_and_values_that_are_no_classes():
    grid = TileGrid((20, 20), 10)
    _, tiles = tiles_of(grid, "uint8", 0, {0, 1, 3})
    with pytest.raises(ValueError, match=r"^100 pixels lie in no tile"):
        plane(tiles)
    floats = PlaneTiles.of_arrays(np.zeros((4, 10, 10), np.float32), grid)
    with pytest.raises(ValueError, match="tile 0 holds float32 values, not classes in whole numbers"):
        plane(floats)


VOTE = f"""{PEAK}
import sys
import numpy as np
from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.values.votes import voted_bands
grid = TileGrid((8192, 8192), 512, 128)
# Blocks of classes, so that tiles differ in half of what they share.
pool = [np.random.default_rng(i).integers(0, 2, (16, 16), np.uint8).repeat(32, 0).repeat(32, 1) for i in range(16)]
tiles = PlaneTiles(
    grid.shape, tuple(t.box for t in grid), lambda i: pool[i % 16].copy(), grid, tuple((t.row, t.column) for t in grid)
)
before = peak()
rows = sum(len(band) for band in voted_bands(tiles, workers=2))
print(rows, peak() - before)
"""


def test_the_tiles_of_two_rows_are_held():
    done = subprocess.run([sys.executable, "-c", VOTE], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    rows, taken = map(int, done.stdout.split())
    assert rows == 8192
    # Two rows of 22 tiles, two bands, and what is computed with in one cell; the plane has 64 MiB.
    assert taken < 2 * 22 * 512**2 + 2 * 384 * 8192 + (16 << 20)
