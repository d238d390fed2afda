"""Labels cut into tiles and stitched are the same objects, whatever the grid and whatever tiles call them."""

import subprocess
import sys

import numpy as np
import pytest
import skimage.measure
from hypothesis import given, settings
from hypothesis import strategies as st

import perturbed_cells
from label_tiles import cut_labels, same_partition, stitched
from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.geometry.box import Box
from peak_memory import PEAK
from strategies import EDGES, ORDERS


@st.composite
def overlapping_axes(draw, most_tiles=6, largest=16):
    """Draw an axis of few tiles: two of them may share all but a pixel, and many of them one pixel."""
    size = draw(st.integers(2, largest))
    overlap = draw(st.integers(1, size - 1))
    return draw(st.integers(1, size + most_tiles * (size - overlap))), size, overlap


@st.composite
def overlapping_grids(draw):
    (height, size_y, overlap_y), (width, size_x, overlap_x) = draw(overlapping_axes()), draw(overlapping_axes())
    return TileGrid(
        (height, width),
        (size_y, size_x),
        (overlap_y, overlap_x),
        draw(st.sampled_from(EDGES)),
        draw(st.sampled_from(ORDERS)),
    )


def connected(values, grid):
    """Return values as objects that hang together, also by corners, where tiles are."""
    values = values.copy()
    values[grid.rows.stop(grid.rows.count - 1) :] = 0
    values[:, grid.columns.stop(grid.columns.count - 1) :] = 0
    return skimage.measure.label(values, connectivity=2, background=0)


@settings(max_examples=150)
@given(overlapping_grids(), st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 5, 9]), st.booleans())
def test_cut_labels_come_back_as_the_same_objects(grid, seed, coarse, clean):
    rng = np.random.default_rng(seed)
    small = rng.integers(0, rng.integers(2, 6), [-(-length // coarse) for length in grid.shape])
    values = np.kron(small, np.ones((coarse, coarse), int))[: grid.shape[0], : grid.shape[1]]
    truth = connected(values, grid)
    match = rng.choice(["iou", "containment"])
    tiles = cut_labels(
        truth, grid, rng, rng.choice([np.uint8, np.int32, np.uint32]) if truth.max() < 200 else np.uint32
    )
    found = stitched(tiles, grid, workers=int(rng.choice([1, 3])), match=match, clean_borders=clean)
    assert same_partition(found, truth)


def box_labels(shape, *boxes):
    """Return a plane with rectangles, ``y, x, y_stop, x_stop``, that are 1, 2, …"""
    plane = np.zeros(shape, int)
    for number, (y, x, y_stop, x_stop) in enumerate(boxes, start=1):
        plane[y:y_stop, x:x_stop] = number
    return plane


TWO = TileGrid((20, 32), 20, 8)  # tiles at x = 0 and 12: both show 12 to 19


def two_tiles(first, second):
    """Return two tiles from rectangles in the plane, each cut by its tile."""
    return [box_labels((20, 32), *boxes)[tile.box.slices] for boxes, tile in zip((first, second), TWO, strict=True)]


def areas(plane):
    return np.bincount(plane.reshape(-1))[1:].tolist()


def test_a_cut_object_gives_way_to_the_whole_one_at_a_side():
    """The first tile shows less of the part it has than there is."""
    tiles = two_tiles([(4, 14, 8, 20)], [(4, 13, 9, 24)])
    found = stitched(tiles, TWO)
    assert same_partition(found, box_labels((20, 32), (4, 13, 9, 24)))
    joined = stitched(tiles, TWO, clean_borders=False)
    assert same_partition(joined, box_labels((20, 32), (4, 13, 9, 24)))


def test_cut_objects_give_way_to_the_whole_one_at_a_corner():
    grid = TileGrid((32, 32), 20, 8)
    truth = box_labels((32, 32), (13, 13, 25, 25))
    tiles = [truth[tile.box.slices].copy() for tile in grid]
    for tile in tiles[:3]:
        tile[18:] = 0  # what is cut below is seen worse
        tile[:, 18:] *= 3
    assert same_partition(stitched(tiles, grid), truth)


@pytest.mark.parametrize("clean", [True, False])
def test_an_object_larger_than_tiles_is_one(clean):
    grid = TileGrid((100, 100), 24, 8)
    truth = box_labels((100, 100), (10, 3, 90, 60), (92, 70, 97, 77))
    found = stitched(cut_labels(truth, grid, np.random.default_rng(0)), grid, clean_borders=clean)
    assert same_partition(found, truth)


def test_an_object_that_a_tile_shows_in_two_pieces_is_one():
    """A U: the first tile shows the ends of its arms, under one label or under two."""
    truth = box_labels((20, 32), (2, 10, 5, 28), (12, 10, 15, 28))
    truth[2:15, 25:28] = 1
    truth[truth > 0] = 1
    for labels in (1, 2):
        tiles = [truth[tile.box.slices].copy() for tile in TWO]
        tiles[0][10:] *= labels
        assert same_partition(stitched(tiles, TWO), truth)


def test_a_blob_that_the_border_cuts_is_kept_beside_a_whole_cell():
    """The second tile takes three cells for one, the first shows but one of them."""
    tiles = two_tiles([(4, 13, 12, 16)], [(4, 12, 12, 31)])
    found = stitched(tiles, TWO)
    assert sorted(areas(found)) == [8 * 3, 8 * 16]


def test_of_two_views_that_differ_little_one_is_drawn():
    tiles = two_tiles([(4, 13, 12, 18)], [(5, 14, 12, 19)])
    found = stitched(tiles, TWO)
    assert areas(found) in ([8 * 5], [7 * 5])


def test_slivers_at_borders_are_no_objects():
    """One in place of nothing, one beside a cell that the owner shows whole, one that is not even cut."""
    cell, sliver, speck = (4, 5, 12, 13), (4, 12, 12, 14), (16, 13, 18, 15)
    found = stitched(two_tiles([cell], [sliver, speck, (15, 25, 18, 30)]), TWO)
    assert areas(found) == [64, 15]
    # Where their owner is missing they are all there is.
    tiles = two_tiles([cell], [sliver, speck])
    boxes = tuple(tile.box for tile in TWO)
    only = PlaneTiles(TWO.shape, boxes, lambda number: tiles[1] if number else None, TWO, ((0, 0), (0, 1)))
    assert areas(stitched(only, TWO)) == [16, 4]


def test_without_overlap_objects_are_joined_where_they_touch():
    grid = TileGrid((20, 60), 20, 0)
    truth = box_labels(grid.shape, (2, 5, 9, 55), (11, 15, 15, 20), (11, 20, 13, 25), (16, 33, 19, 40))
    found = stitched(cut_labels(truth, grid, np.random.default_rng(1)), grid)
    # The first over three tiles is one; of the next two, 4 px and 2 px of the border, half is shared.
    expected = truth.copy()
    expected[truth == 3] = 2
    assert same_partition(found, expected)
    strict = stitched(cut_labels(truth, grid, np.random.default_rng(1)), grid, threshold=0.6)
    assert same_partition(strict, truth)


def test_the_owner_of_a_pixel_says_which_object_it_is():
    """Two cells that touch, drawn from two tiles: each reaches into the other by what its tile takes for it."""
    tiles = two_tiles([(4, 8, 12, 17)], [(4, 15, 12, 24)])
    found = stitched(tiles, TWO, match="iou")
    assert found[4, 15] == found[4, 8] == 1  # the border of the cores is at 16
    assert found[4, 16] == found[4, 20] == 2


def test_ids_are_in_the_order_of_what_stands_whatever_the_workers():
    truth = perturbed_cells.cells(200)
    for order in ORDERS:
        grid = TileGrid(truth.shape, 64, 16, order=order)
        tiles = perturbed_cells.predicted(truth, TileGrid(truth.shape, 64, 16))
        places = [(tile.row, tile.column) for tile in TileGrid(truth.shape, 64, 16)]
        sorted_tiles = [tiles[places.index((tile.row, tile.column))] for tile in grid]
        planes = [stitched(sorted_tiles, grid, workers=workers) for workers in (1, 3)]
        np.testing.assert_array_equal(*planes)
        if order == "rows":
            first = planes[0]
    np.testing.assert_array_equal(first, planes[0])
    # The first objects are those of the first tile, in the order of its labels.
    seen = tiles[0][first[:64, :64] == 1]
    assert (seen == np.min(tiles[0][tiles[0] > 0])).all()


def test_small_objects_are_left_out():
    grid = TileGrid((40, 40), 24, 8)
    truth = box_labels((40, 40), (2, 2, 4, 4), (6, 6, 20, 20), (30, 30, 32, 33), (14, 25, 18, 31))
    tiles = cut_labels(truth, grid, np.random.default_rng(2))
    assert sorted(areas(stitched(tiles, grid))) == [4, 6, 24, 196]
    assert sorted(areas(stitched(tiles, grid, min_area_px=6))) == [6, 24, 196]
    assert sorted(areas(stitched(tiles, grid, min_area_px=7))) == [24, 196]
    assert stitched(tiles, grid, min_area_px=10_000).max() == 0


def test_the_area_of_joined_parts_counts_what_both_tiles_show_once():
    grid = TileGrid((10, 32), (10, 20), (0, 8))
    truth = box_labels((10, 32), (2, 5, 4, 30))
    tiles = cut_labels(truth, grid, np.random.default_rng(2))
    assert areas(stitched(tiles, grid, min_area_px=50)) == [50]
    assert stitched(tiles, grid, min_area_px=51).max() == 0


def test_an_object_that_another_hides_leaves_no_gap():
    """Both tiles show something else at one place, and all of it belongs to one of them."""
    tiles = two_tiles([(2, 2, 6, 6), (4, 12, 12, 16)], [(4, 13, 12, 17), (15, 25, 18, 30)])
    tiles[1][4:12, 1:4] = 0  # one column is left, in the second's core: the first hides nothing of it
    hidden = stitched(tiles, TWO, match="iou", clean_borders=False)
    assert len(areas(hidden)) == hidden.max() == 4
    tiles = two_tiles([(2, 2, 6, 6), (4, 10, 12, 18)], [(6, 13, 9, 15), (15, 25, 18, 30)])
    found = stitched(tiles, TWO, match="iou", clean_borders=False)
    assert areas(found) == [16, 64, 15]


def test_tiles_may_be_missing():
    grid = TileGrid((40, 40), 20, 8)
    truth = box_labels((40, 40), (2, 2, 8, 8), (30, 30, 36, 36))
    tiles = cut_labels(truth, grid, np.random.default_rng(3))
    planned = list(grid)
    places = tuple((tile.row, tile.column) for tile in planned)
    last = len(tiles) - 1
    whole = PlaneTiles(
        grid.shape, tuple(t.box for t in planned), lambda n: None if n == last else tiles[n], grid, places
    )
    # What the last tile alone shows is gone.
    expected = truth.copy()
    expected[32:, 32:] = 0
    assert same_partition(stitched(whole, grid), expected)
    # Tiles that are not even planned are the same.
    fewer = PlaneTiles(grid.shape, tuple(t.box for t in planned[:-1]), lambda n: tiles[n], grid, places[:-1])
    np.testing.assert_array_equal(stitched(fewer, grid), stitched(whole, grid))
    nothing = PlaneTiles(grid.shape, (), lambda n: None, grid, ())
    assert not stitched(nothing, grid).any()


@pytest.mark.parametrize(
    ("tile", "message"),
    [
        (np.full((20, 20), 0.5), "tile 1 holds float64 values"),
        (np.full((20, 20), True), "tile 1 holds bool values"),
        (np.full((20, 20), -3), "tile 1 holds the label -3"),
        (np.full((20, 20), 2**32), "tile 1 holds the label 4294967296"),
        (np.zeros((20, 20, 3), int), "tile 1 has shape"),
    ],
)
def test_what_is_no_label_is_named_by_its_tile(tile, message):
    with pytest.raises(ValueError, match=message):
        stitched([np.zeros((20, 20), int), tile], TWO)


def test_labels_need_a_grid():
    scattered = PlaneTiles((20, 20), (Box(0, 0, 10, 10),), lambda _: np.zeros((10, 10), int))
    with pytest.raises(ValueError, match="in a grid"):
        stitched(scattered, None)


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"match": "dice"}, "match"),
        ({"threshold": 0}, "threshold"),
        ({"min_area_px": -1}, "min_area_px"),
        ({"min_area_px": 1.5}, "min_area_px"),
        ({"smooth_px": -0.1}, "smooth_px"),
        ({"smooth_px": float("inf")}, "smooth_px"),
    ],
)
def test_a_rule_says_what_it_cannot_be(rule, field):
    with pytest.raises(ValueError, match=f"^{field} must be"):
        StitchRule(**rule)


@pytest.mark.parametrize("overlap", [32, 48, 64])
@pytest.mark.parametrize("noise", [1.0, 1.5])
def test_every_cell_is_found_once_where_the_overlap_holds_it(overlap, noise):
    """Cells of up to 26 px, seen differently by each tile, and hardly at its border."""
    truth = perturbed_cells.cells(450)
    grid = TileGrid(truth.shape, 160, overlap)
    tiles = perturbed_cells.predicted(truth, grid, noise=noise)
    found = stitched(tiles, grid)
    alone = [perturbed_cells.ious(truth[tile.core.slices], pixels[tile.core.moved(-tile.box.y, -tile.box.x).slices])
             for tile, pixels in zip(grid, tiles, strict=True)]  # fmt: skip
    ious = perturbed_cells.ious(truth, found)
    assert found.max() == truth.max()
    assert (ious > 0.5).all()
    # As good as the tiles are by themselves, of which nothing was put together.
    inner = np.concatenate([values[values > 0] for values in alone])
    assert ious.mean() > inner.mean() - 0.01


PEAK_OF_A_PLANE = f"""{PEAK}
import sys
import numpy as np, scipy.ndimage, scipy.sparse.csgraph
from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.back.labels.stitch import stitch_steps
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.steps import result_of
height, rule = int(sys.argv[1]), eval(sys.argv[2])
grid = TileGrid((height, 2000), 256, 64)
tile = np.kron(np.arange(64, dtype=np.uint32).reshape(8, 8), np.pad(np.ones((26, 26), np.uint32), 3))
boxes, places = tuple(tile.box for tile in grid), tuple((tile.row, tile.column) for tile in grid)
tiles = PlaneTiles(grid.shape, boxes, lambda number: tile[: boxes[number].height, : boxes[number].width], grid, places)
before = peak()
done = result_of(stitch_steps(tiles, StitchRule(**rule)))
assert sum(len(band) for band in done.bands()) == height
print(before, peak(), done.count)
"""


def test_memory_is_that_of_rows_of_tiles_and_tables():
    """A plane four times as high, which would take 48 MB more."""
    peaks = []
    for height in (2000, 8000):
        arguments = [sys.executable, "-c", PEAK_OF_A_PLANE, str(height), repr({"min_area_px": 676, "hull": True})]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
        before, peak, count = map(int, done.stdout.split())
        peaks.append((peak - before, count))
    (small, fewer), (large, more) = peaks
    assert more > 3 * fewer
    assert large - small < 4e6 + 500 * (more - fewer)
    assert large < 40e6
