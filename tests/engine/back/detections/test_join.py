"""Objects that tiles cut, put together again: as many as were there, where they were."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree
from skimage.draw import ellipse

from napari_tiles_creator import TileGrid
from napari_tiles_creator.annotations.outlines import outline
from napari_tiles_creator.engine.back.detections.detections import Detections
from napari_tiles_creator.engine.back.detections.frame import Frame
from napari_tiles_creator.engine.back.detections.join import joined
from napari_tiles_creator.engine.back.detections.pairs import AT_ONCE
from napari_tiles_creator.engine.back.detections.rule import JoinRule
from napari_tiles_creator.errors import DatasetError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.run_lengths import RunLengths
from strategies import grids

GRIDS = grids(longest=60, largest=20).filter(lambda grid: len(grid) <= 120)
OVERLAPPING = GRIDS.filter(
    lambda grid: all(n == 1 or axis.overlap > 0 for n, axis in zip(grid.counts, (grid.rows, grid.columns), strict=True))
)


@st.composite
def objects_in(draw, shape, most=8):
    """Draw masks whose bounds are apart: rectangles and ellipses at any angle, small and larger than tiles."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found, taken = [], np.zeros(shape, bool)
    for _ in range(draw(st.integers(1, most))):
        mask = np.zeros(shape, bool)
        centre, radii = rng.uniform((0, 0), shape), rng.uniform(0.7, rng.choice([3, 8, 40]), 2)
        if rng.random() < 0.5:
            (y, x), (y_stop, x_stop) = np.maximum(centre - radii, 0).astype(int), np.ceil(centre + radii).astype(int)
            mask[y:y_stop, x:x_stop] = True
        else:
            mask[ellipse(*centre, *radii, shape=shape, rotation=rng.uniform(0, np.pi))] = True
        if not mask.any():
            continue
        (ys, xs) = np.nonzero(mask)
        around = np.s_[max(ys.min() - 1, 0) : ys.max() + 2, max(xs.min() - 1, 0) : xs.max() + 2]
        if not taken[around].any():
            taken[around] = True
            found.append(mask)
    return found


def seen(masks, box, *, shapes, classes=None, scores=None):
    """Return what a tile shows of masks, its bounds or its outline."""
    parts = [mask[box.slices] for mask in masks]
    there = [at for at, part in enumerate(parts) if part.any()]
    outlines = np.array([outline(RunLengths.of_mask(parts[at])) for at in there], object)
    bounds = shapely.bounds(outlines).reshape(-1, 4)
    return Detections(
        np.array([0 if classes is None else classes[at] for at in there], np.int64),
        np.array([np.nan if scores is None else scores[at] for at in there], np.float64),
        bounds,
        outlines if shapes else np.full(len(there), None, object),
    )


def framed(grid):
    tiles = list(grid)
    return Frame.of(grid.shape, [tile.box for tile in tiles], grid, [(tile.row, tile.column) for tile in tiles])


def joined_of(grid, masks, rule=None, **how):
    return joined(framed(grid), [seen(masks, tile.box, **how) for tile in grid], rule)


def covered(grid, masks):
    """Return what any tile shows of masks, where tiles that do not fit are dropped."""
    inside = np.zeros(grid.shape, bool)
    for tile in grid:
        inside[tile.box.slices] = True
    return [mask & inside for mask in masks if (mask & inside).any()]


def in_order(bounds):
    return sorted(map(tuple, np.asarray(bounds, float).tolist()))


def bounds_of(masks):
    return in_order([shapely.bounds(outline(RunLengths.of_mask(mask))) for mask in masks])


@settings(max_examples=100, deadline=None)
@given(st.data(), OVERLAPPING)
def test_boxes_cut_from_objects_count_the_same_objects(data, grid):
    masks = covered(grid, data.draw(objects_in(grid.shape)))
    found = joined_of(grid, masks, shapes=False)
    assert in_order(found.bounds) == bounds_of(masks)
    assert found.is_box.all()


@settings(max_examples=60, deadline=None)
@given(st.data(), GRIDS, st.sampled_from(["ios", "iou"]))
def test_outlines_cut_from_objects_cover_the_same_pixels(data, grid, match):
    masks = covered(grid, data.draw(objects_in(grid.shape)))
    found = joined_of(grid, masks, JoinRule(match=match), shapes=True)
    assert in_order(found.bounds) == bounds_of(masks)
    truth = {tuple(shapely.bounds(shape)): shape for shape in (outline(RunLengths.of_mask(mask)) for mask in masks)}
    for bounds, shape in zip(found.bounds, found.outlines, strict=True):
        assert shapely.is_valid(shape)
        assert shapely.symmetric_difference(shape, truth[tuple(bounds)]).area == pytest.approx(0, abs=1e-6)


def boxes(*rows, classes=0, scores=np.nan):
    bounds = np.array(rows, float).reshape(-1, 4)
    count = len(bounds)
    none = np.full(count, None, object)
    return Detections(
        np.broadcast_to(classes, count).astype(np.int64), np.broadcast_to(scores, count) + 0.0, bounds, none
    )


TWO = framed(TileGrid((100, 160), 100, 40))  # x 0…100 and 60…160


def test_classes_never_join():
    masks = [np.zeros((40, 60), bool) for _ in range(2)]
    masks[0][10:20, 5:50], masks[1][10:20, 5:50] = True, True
    grid = TileGrid((40, 60), 24, 8)
    found = joined_of(grid, masks, shapes=True, classes=[0, 3])
    assert found.class_numbers.tolist() == [0, 3]
    assert found.bounds.tolist() == [[5, 10, 50, 20]] * 2


def test_the_whole_copy_stands_for_the_one_that_is_cut_and_the_highest_score_is_kept():
    # 70…110 ends beyond the left tile, which shows 30 of its 40 px; its own whole copy is off by a pixel.
    found = joined(TWO, [boxes([70, 10, 100, 30], scores=0.9), boxes([11, 10, 50, 30], scores=0.4)])
    assert found.bounds.tolist() == [[71, 10, 110, 30]]
    # The cut copy has given way: its score is that of a part.
    assert found.scores.tolist() == [0.4]


def test_of_two_whole_copies_the_one_stands_whose_tile_owns_the_centre():
    left, right = boxes([62, 10, 76, 30], scores=0.3), boxes([1, 10, 15, 30], scores=0.8)
    found = joined(TWO, [left, right])
    assert found.bounds.tolist() == [[62, 10, 76, 30]]
    assert found.scores.tolist() == [0.8]


def test_an_object_longer_than_the_overlap_is_the_box_around_its_parts():
    found = joined(TWO, [boxes([20, 10, 99.8, 30], scores=0.5), boxes([0.3, 12, 70, 33], scores=0.7)])
    assert found.bounds.tolist() == [[20, 10, 130, 33]]
    assert found.scores.tolist() == [0.7]


def test_an_unknown_score_stays_unknown_and_passes_the_lowest_score():
    found = joined(TWO, [boxes([5, 5, 9, 9], [20, 20, 30, 30], scores=[np.nan, 0.2]), boxes()], JoinRule(min_score=0.3))
    assert found.bounds.tolist() == [[5, 5, 9, 9]]
    assert np.isnan(found.scores).all()


def test_a_box_within_another_one_is_an_object_of_its_own_where_both_tiles_show_both():
    both = [[62, 10, 96, 60], [70, 20, 80, 30]]
    moved = [[x - 60, y, x_stop - 60, y_stop] for x, y, x_stop, y_stop in both]
    assert in_order(joined(TWO, [boxes(*both), boxes(*moved)]).bounds) == in_order(both)


def test_fragments_that_a_model_found_of_a_whole_make_no_objects():
    whole = boxes([5, 10, 39, 50])
    fragments = boxes([65, 10, 80, 50], [81, 10, 99, 50])
    assert joined(TWO, [fragments, whole]).bounds.tolist() == [[65, 10, 99, 50]]


def test_nothing_lies_beyond_its_tile():
    frame = framed(TileGrid((90, 90), 100, 0, edge="pad"))
    found = joined(frame, [boxes([-5, 80, 20, 97], [92, 10, 99, 20], [10, 10, 95, 20])])
    assert found.bounds.tolist() == [[0, 80, 20, 90], [10, 10, 90, 20]]


def test_without_overlap_parts_join_that_touch_along_the_border():
    frame = framed(TileGrid((100, 200), 100, 0))
    found = joined(frame, [boxes([80, 10, 100, 30], [90, 60, 99.7, 70]), boxes([0, 12, 30, 31], [0, 69, 9, 99])])
    assert in_order(found.bounds) == [(80, 10, 130, 31), (90, 60, 99.7, 70), (100, 69, 109, 99)]


def test_tiles_at_random_places_join_what_they_share():
    frame = Frame.of((100, 100), [Box(30, 40, 50, 50), Box(0, 10, 50, 50)])
    assert frame.order.tolist() == [1, 0]
    # 45…60 is whole in both, 5…45 is cut by the upper tile's left edge at x 10 alone.
    lower, upper = boxes([5, 5, 20, 15]), boxes([35, 35, 50, 45], [0, 5, 35, 12])
    assert in_order(joined(frame, [lower, upper]).bounds) == [(10, 5, 45, 12), (45, 35, 60, 45)]


def test_a_hole_that_tiles_cut_stays_a_hole():
    mask = np.zeros((60, 60), bool)
    mask[4:56, 4:56] = True
    mask[16:44, 16:44] = False
    (found,) = joined_of(TileGrid((60, 60), 24, 6), [mask], shapes=True).outlines
    assert found.equals(outline(RunLengths.of_mask(mask)))


def test_parts_of_an_object_that_lies_aslant_make_one():
    # Each part has a box of its own: in the 10 px that both tiles show they share 6 of 42 rows.
    frame = framed(TileGrid((100, 190), 100, 10))
    found = joined(frame, [boxes([20, 10, 100, 62]), boxes([0, 56, 60, 95])])
    assert found.bounds.tolist() == [[20, 10, 150, 95]]


def test_a_crowd_of_boxes_that_meet_is_counted():
    # More than are looked for at once, and most of them share pixels with others.
    grid, rng = TileGrid((5000, 5000), 500, 120), np.random.default_rng(0)
    middles, sides = rng.uniform(0, 5000, (12_000, 2)), rng.uniform(8, 60, (12_000, 2))
    truth = np.clip(np.concatenate([middles - sides / 2, middles + sides / 2], axis=1), 0, 5000)
    tree = shapely.STRtree(shapely.box(*truth.T))
    of_tiles = []
    for tile in grid:
        y, x, height, width = tile.box.y, tile.box.x, tile.box.height, tile.box.width
        near = np.sort(tree.query(shapely.box(x, y, x + width, y + height)))
        of_tiles.append(boxes(*truth[near]).moved(-y, -x).within(height, width))
    found = joined(framed(grid), of_tiles)
    assert sum(map(len, of_tiles)) > AT_ONCE
    assert len(found) == len(truth)
    distances, nearest = cKDTree(truth).query(found.bounds)
    assert distances.max() < 1e-9
    assert len(np.unique(nearest)) == len(truth)


@pytest.mark.parametrize(
    ("rule", "words"),
    [({"match": "dice"}, "ios, iou"), ({"threshold": 0}, "above 0"), ({"min_score": np.nan}, "must be a number")],
)
def test_a_rule_that_makes_no_sense_is_refused(rule, words):
    with pytest.raises(DatasetError, match=words):
        JoinRule(**rule)
