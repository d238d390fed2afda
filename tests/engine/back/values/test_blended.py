"""Blended tiles against sums over every pixel; missing and scattered tiles, odd numbers, threads and memory."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.values.blended import blended_bands
from napari_tiles_creator.geometry.box import Box
from peak_memory import PEAK
from strategies import grids

AVERAGING = ("linear", "hann", "gaussian", "mean")
BLENDS = (*AVERAGING, "core", "max")
SMALL = grids(longest=40, largest=14)
SEEDS = st.integers(0, 2**32 - 1)
COLOURS = st.sampled_from([(), (1,), (3,)])


def plane(tiles, blend, **options):
    return np.concatenate(list(blended_bands(tiles, blend, **options)))


def noise(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if dtype.startswith("float"):
        return rng.normal(0, 100, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def tiles_of(grid, dtype="float32", channels=(), seed=0, present=None):
    """Return tiles whose pixels have nothing to do with each other; those that are not present are missing."""
    arrays = [noise((*tile.box.shape, *channels), dtype, seed + tile.index) for tile in grid]

    def read(number):
        return arrays[number] if present is None or number in present else None

    boxes, places = zip(*((tile.box, (tile.row, tile.column)) for tile in grid), strict=True)
    return arrays, PlaneTiles(grid.shape, boxes, read, grid, places)


def one_weight(axis, i, k, blend):
    """Return the weight of pixel `k` of tile `i` as the interface has it, not divided by any sum."""
    if blend == "mean":
        return 1.0
    size = axis.stop(i) - axis.start(i)
    if blend == "gaussian":
        full = size + axis.padding(i)
        return float(np.exp(-((k - (full - 1) / 2) ** 2) / (2 * (full / 8) ** 2)))
    weight = 1.0
    for shared, inside in (
        (axis.stop(i - 1) - axis.start(i) if i else 0, k),
        (axis.stop(i) - axis.start(i + 1) if i + 1 < axis.count else 0, size - 1 - k),
    ):
        if inside < shared:
            rise = (inside + 0.5) / shared
            weight *= rise if blend == "linear" else np.sin(np.pi / 2 * rise) ** 2
    return weight


def brute_force(grid, arrays, blend, present):
    """Return the average and the maximum of each pixel, float64, and how many tiles show it."""
    shape = (*grid.shape, *arrays[0].shape[2:])
    sums, weights, largest = np.zeros(shape), np.zeros(grid.shape), np.full(shape, -np.inf)
    over = np.zeros(grid.shape, int)
    for tile in grid:
        if tile.index not in present:
            continue
        values = arrays[tile.index].astype(np.float64)
        rows = [one_weight(grid.rows, tile.row, k, blend) for k in range(tile.box.height)]
        columns = [one_weight(grid.columns, tile.column, k, blend) for k in range(tile.box.width)]
        weight = np.outer(rows, columns)
        sums[tile.box.slices] += values * weight.reshape(weight.shape + (1,) * (values.ndim - 2))
        weights[tile.box.slices] += weight
        largest[tile.box.slices] = np.maximum(largest[tile.box.slices], values)
        over[tile.box.slices] += 1
    weights = np.where(over, weights, 1).reshape(weights.shape + (1,) * (sums.ndim - 2))
    return sums / weights, largest, over


@given(
    SMALL,
    st.sampled_from(AVERAGING),
    st.sampled_from(["float32", "float64", "uint8", "uint16", "int32", "bool"]),
    COLOURS,
    SEEDS,
    st.data(),
)
def test_averages_are_the_weighted_sums(grid, blend, dtype, channels, seed, data):
    present = data.draw(st.sets(st.integers(0, len(grid) - 1)) | st.just(set(range(len(grid)))))
    arrays, tiles = tiles_of(grid, dtype, channels, seed, present)
    mean, _, over = brute_force(grid, arrays, blend, present)
    back = plane(tiles, blend, fill=1)
    if not present:
        assert (back == 1).all()
        return
    assert back.dtype == dtype
    assert (back[over == 0] == 1).all()
    back, mean = back[over > 0].astype(np.float64), mean[over > 0]
    if dtype == "bool":
        mean = np.where(np.abs(mean - 0.5) < 1e-6, back, mean > 0.5)  # a tie may fall either way
    elif not dtype.startswith("float"):
        tie = np.abs(mean - np.floor(mean) - 0.5) < 1e-4
        mean = np.where(tie & (np.abs(back - mean) < 0.6), back, np.rint(mean))
    tolerance = {"float32": 2e-4, "float64": 1e-10}.get(dtype, 0)
    np.testing.assert_allclose(back, mean, rtol=0, atol=tolerance)


@given(SMALL, st.sampled_from(["float32", "uint8", "int64", "bool"]), COLOURS, SEEDS, st.data())
def test_maxima_are_those_of_the_tiles_that_are_there(grid, dtype, channels, seed, data):
    present = data.draw(st.sets(st.integers(0, len(grid) - 1), min_size=1))
    arrays, tiles = tiles_of(grid, dtype, channels, seed, present)
    _, largest, over = brute_force(grid, [a // 2**11 if dtype == "int64" else a for a in arrays], "mean", present)
    back = plane(tiles, "max", fill=0)
    back = back // 2**11 if dtype == "int64" else back
    np.testing.assert_array_equal(back[over > 0], largest[over > 0])
    assert not back[over == 0].any()


@given(SMALL, st.sampled_from(["float64", "uint64"]), COLOURS, SEEDS, st.data())
def test_core_shows_the_owner_and_where_it_is_missing_another_tile(grid, dtype, channels, seed, data):
    present = data.draw(st.sets(st.integers(0, len(grid) - 1), min_size=1))
    arrays, tiles = tiles_of(grid, dtype, channels, seed, present)
    back = plane(tiles, "core", fill=0)
    one_of, over = np.zeros(back.shape, bool), np.zeros(grid.shape, bool)
    for tile in grid:
        if tile.index not in present:
            continue
        one_of[tile.box.slices] |= back[tile.box.slices] == arrays[tile.index]
        over[tile.box.slices] = True
        inside = tile.core.moved(-tile.box.y, -tile.box.x).slices
        np.testing.assert_array_equal(back[tile.core.slices], arrays[tile.index][inside])
    assert one_of[over].all()
    assert not back[~over].any()


@given(SMALL, st.sampled_from(BLENDS), st.sampled_from(["uint8", "uint16", "uint32", "float32", "bool"]), st.data())
def test_a_constant_stays_that_constant_with_tiles_missing(grid, blend, dtype, data):
    value = {"bool": True, "float32": np.float32(0.1)}.get(dtype) or np.iinfo(dtype).max
    present = data.draw(st.sets(st.integers(0, len(grid) - 1), min_size=1))
    covered = np.zeros(grid.shape, bool)
    for number in present:
        covered[grid[number].box.slices] = True
    tiles = tiles_of(grid)[1]

    def read(number):
        return np.full(grid[number].box.shape, value, dtype) if number in present else None

    back = plane(PlaneTiles(grid.shape, tiles.boxes, read, grid, tiles.places), blend, fill=0)
    np.testing.assert_array_equal(back, np.where(covered, np.array(value, dtype), np.zeros((), dtype)))


SCATTERED = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30)), min_size=1, max_size=25)


@given(SCATTERED, st.sampled_from(BLENDS), st.sampled_from(["float32", "uint8", "uint32", "int16"]), COLOURS, SEEDS)
def test_scattered_tiles_are_averaged(corners, blend, dtype, channels, seed):
    boxes = tuple(Box(y, x, 9 + i % 2, 7) for i, (y, x) in enumerate(corners))
    arrays = [noise((*box.shape, *channels), dtype, seed + i) for i, box in enumerate(boxes)]
    back = plane(PlaneTiles((52, 40), boxes, arrays.__getitem__), blend, fill=5)
    sums, over = np.zeros((52, 40, *channels)), np.zeros((52, 40))
    largest, lowest = np.full(sums.shape, -np.inf), np.zeros(sums.shape, dtype)
    for number in sorted(range(len(boxes)), key=lambda i: corners[i]):
        at = boxes[number].slices
        sums[at] += arrays[number]
        over[at] += 1
        largest[at] = np.maximum(largest[at], arrays[number])
        lowest[at] = arrays[number]
    mean = sums / np.where(over, over, 1).reshape(over.shape + (1,) * len(channels))
    expected = {"core": lowest, "max": largest}.get(blend, mean if dtype == "float32" else np.rint(mean))
    expected[over == 0] = 5
    assert back.dtype == dtype
    np.testing.assert_allclose(back, expected, rtol=1e-6 if dtype == "float32" else 0)


@given(SMALL, st.sampled_from(BLENDS), st.sampled_from(["float32", "uint16"]), st.booleans(), SEEDS)
def test_the_number_of_workers_changes_no_bit(grid, blend, dtype, placed, seed):
    present = set(np.random.default_rng(seed).permutation(len(grid))[: max(1, len(grid) * 3 // 4)].tolist())
    _, tiles = tiles_of(grid, dtype, (), seed, present)
    if not placed:
        tiles = PlaneTiles(tiles.shape, tiles.boxes, tiles.read)
    one, three = (list(blended_bands(tiles, blend, fill=0, workers=workers)) for workers in (1, 3))
    assert [band.tobytes() for band in one] == [band.tobytes() for band in three]


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf], ids=str)
def test_odd_numbers_stay_where_they_are(blend, odd):
    image = noise((60, 70), "float32", 1)
    image[20:24, 15:40] = odd
    grid = TileGrid((60, 70), 24, 9, "spread")
    tiles = PlaneTiles.of_arrays([image[tile.box.slices] for tile in grid], grid)
    np.testing.assert_array_equal(plane(tiles, blend), image)
    scattered = PlaneTiles(tiles.shape, tiles.boxes, tiles.read)
    np.testing.assert_allclose(plane(scattered, blend), image, rtol=1e-6)


@pytest.mark.parametrize("blend", AVERAGING)
def test_opposite_extremes_meet_without_overflow(blend):
    """Their difference is larger than the type's largest number."""
    most = np.finfo(np.float32).max
    grid = TileGrid((1, 6), (1, 4), (0, 2))
    tiles = np.stack([np.full((1, 4), most), np.full((1, 4), -most)]).astype(np.float32)
    back = plane(PlaneTiles.of_arrays(tiles, grid), blend)
    assert np.isfinite(back).all()
    assert back[0, 0] == most
    assert back[0, -1] == -most
    np.testing.assert_allclose(back[0, 2], -back[0, 3], rtol=1e-6, atol=most * 1e-6)


@given(grids(longest=40, largest=14), SEEDS)
def test_pixels_in_no_tile_are_counted_and_refused(grid, seed):
    gone = seed % len(grid)
    covered = np.zeros(grid.shape, bool)
    whole = np.zeros(grid.shape, bool)
    for tile in grid:
        covered[tile.box.slices] |= tile.index != gone
        whole[tile.box.slices] = True
    gaps = int((whole & ~covered).sum())
    _, read_as_none = tiles_of(grid, present=set(range(len(grid))) - {gone})
    kept = [number for number in range(len(grid)) if number != gone]
    arrays, every = tiles_of(grid)
    absent = PlaneTiles(
        grid.shape,
        tuple(every.boxes[number] for number in kept),
        lambda i: arrays[kept[i]],
        grid,
        tuple(every.places[number] for number in kept),
    )
    for tiles in (read_as_none, absent):
        if gaps:
            with pytest.raises(ValueError, match=f"^{gaps} pixels lie in no tile$"):
                plane(tiles, "linear")
        else:
            plane(tiles, "linear")
    np.testing.assert_array_equal(plane(absent, "hann", fill=3), plane(read_as_none, "hann", fill=3))


def test_known_gaps_are_refused_before_any_tile_is_read():
    def read(number):
        raise AssertionError(f"tile {number} was read")

    with pytest.raises(ValueError, match=r"^8 pixels lie in no tile$"):
        blended_bands(PlaneTiles((6, 6), (Box(0, 0, 4, 6), Box(2, 0, 4, 2)), read), "mean")


@pytest.mark.parametrize("fill", [-1, 256, 0.5, np.nan], ids=str)
def test_a_fill_that_the_type_cannot_hold_is_refused(fill):
    tiles = PlaneTiles((6, 6), (Box(0, 0, 4, 6),), lambda _: np.zeros((4, 6), np.uint8))
    with pytest.raises(ValueError, match=r"uint8 tiles cannot hold .*, the value for missing tiles"):
        plane(tiles, "mean", fill=fill)


@pytest.mark.parametrize(
    ("odd", "complaint"),
    [
        pytest.param(np.zeros((4, 4), np.uint16), "^tile 2 is uint16, tile 0 is uint8: they differ", id="type"),
        pytest.param(
            np.zeros((4, 4, 3), np.uint8), "^tile 2 is uint8 with 3 channels, tile 0 is uint8: they", id="channels"
        ),
        pytest.param(np.zeros((4, 5), np.uint8), r"^tile 2 is \(4, 5\) px, not \(4, 4\)", id="size"),
    ],
)
def test_a_tile_that_does_not_fit_is_named(odd, complaint):
    grid = TileGrid((4, 12), 4)
    arrays = [np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), odd]
    tiles = PlaneTiles(grid.shape, tuple(t.box for t in grid), arrays.__getitem__, grid, ((0, 0), (0, 1), (0, 2)))
    for given_ in (tiles, PlaneTiles(tiles.shape, tiles.boxes, tiles.read)):
        with pytest.raises(ValueError, match=complaint):
            plane(given_, "linear")


def test_reading_ends_with_the_consumer():
    """Who takes no more bands leaves no thread behind, and few tiles read in vain."""
    grid = TileGrid((4000, 64), 64)
    read = []

    def tile(number):
        read.append(number)
        return np.zeros((64, 64), np.uint8)

    every = tiles_of(grid)[1]
    bands = blended_bands(PlaneTiles(grid.shape, every.boxes, tile, grid, every.places), "mean", workers=3)
    next(bands)
    bands.close()
    assert len(read) < 10


MERGE = f"""{PEAK}
import sys
import numpy as np
from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.values.blended import blended_bands
side, blend, workers, missing = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
grid = TileGrid((side, side), 512, 128)
pool = [np.random.default_rng(i).random((512, 512), np.float32) for i in range(16)]
placed = [tile for tile in grid if tile.index != missing]
tiles = PlaneTiles(
    grid.shape, tuple(t.box for t in placed), lambda i: pool[i % 16], grid, tuple((t.row, t.column) for t in placed)
)
before, total, rows = peak(), 0.0, 0
for band in blended_bands(tiles, blend, fill=0, workers=workers):
    total += float(band.sum(dtype=np.float64))
    rows += len(band)
print(rows, total / side**2, peak() - before)
"""


def merged(side, blend, workers, missing=-1):
    """Merge in a process of its own; return rows, mean of all pixels, and bytes taken."""
    arguments = [str(argument) for argument in (side, blend, workers, missing)]
    done = subprocess.run([sys.executable, "-c", MERGE, *arguments], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    rows, mean, taken = done.stdout.split()
    return int(rows), float(mean), int(taken)


BAND = 512 * 4  # bytes a column, float32


@pytest.mark.parametrize(
    ("blend", "workers", "missing", "bands"),
    [("linear", 2, -1, 4), ("core", 1, -1, 4), ("gaussian", 2, 40, 7)],
    ids=["linear", "core", "a tile missing"],
)
def test_no_more_than_some_bands_are_held(blend, workers, missing, bands):
    side = 8192
    rows, mean, taken = merged(side, blend, workers, missing)
    assert rows == side
    assert mean == pytest.approx(0.5, abs=0.01)
    assert taken < bands * BAND * side + (16 << 20)  # the plane is 16 bands high


@pytest.mark.large
def test_a_slide_is_merged_in_less_than_400_mb():
    rows, _, taken = merged(20_000, "linear", 2)
    assert rows == 20_000
    assert taken < 400e6 - 100e6  # what the program and its libraries take
