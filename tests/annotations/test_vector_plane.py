"""Boxes and polygons cut with tiles: boxes by plain arithmetic, polygons one at a time, maps pixel by pixel."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.objects import BorderRule, Wanted
from strategies import boxes_in

HEIGHT, WIDTH = 60, 80
SHAPE = HEIGHT, WIDTH
ALL = Wanted(outlines=True, runs=True, instances=True, classes=True)
EVERY = BorderRule("keep")


def plane_of(geometries, classes=0, only_boxes=False):
    return DrawnObjects.of(geometries, classes, only_boxes).plane(SHAPE, SHAPE)


def cut(plane, box, wanted=ALL, rule=EVERY, padding=(0, 0), pad_mode="constant"):
    return plane.cut(box, padding, pad_mode, wanted, rule)


rules = st.builds(
    BorderRule, st.sampled_from(["clip", "keep", "drop", "mark"]), st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])
)


@st.composite
def rectangles(draw):
    """Draw (x, y, x_stop, y_stop) inside the plane, at quarters of pixels."""
    x, y = draw(st.integers(0, WIDTH * 4 - 4)), draw(st.integers(0, HEIGHT * 4 - 4))
    return x / 4, y / 4, draw(st.integers(x + 1, WIDTH * 4)) / 4, draw(st.integers(y + 1, HEIGHT * 4)) / 4


@dataclass
class Expected:
    number: int
    bounds: tuple
    area: float
    visible: float


def expected_boxes(corners, box, rule):
    """Return what a tile lists of boxes, by arithmetic alone."""
    found = []
    for number, (x, y, x_stop, y_stop) in enumerate(corners, 1):
        left, right = max(x, box.x), min(x_stop, box.x_stop)
        top, bottom = max(y, box.y), min(y_stop, box.y_stop)
        if left >= right or top >= bottom:
            continue
        area = (right - left) * (bottom - top)
        visible = area / ((x_stop - x) * (y_stop - y))
        share = max(visible, area / box.area)
        enough = {"drop": visible == 1, "keep": True}.get(rule.at_border, share >= rule.min_visible)
        if enough:
            bounds = (top - box.y, left - box.x, bottom - box.y, right - box.x)
            found.append(Expected(number, bounds, area, visible))
    return found


@given(st.lists(rectangles(), max_size=8), boxes_in(HEIGHT, WIDTH), rules)
def test_boxes_are_cut_as_arithmetic_says(corners, box, rule):
    plane = plane_of([shapely.box(*c) for c in corners], np.arange(len(corners)) % 3, True)
    found = cut(plane, box, rule=rule).objects
    expected = expected_boxes(corners, box, rule)
    assert [o.source_number for o in found] == [e.number for e in expected]
    assert [o.number for o in found] == list(range(1, len(expected) + 1))
    for o, e in zip(found, expected, strict=True):
        assert (o.bounds.y, o.bounds.x, o.bounds.y_stop, o.bounds.x_stop) == e.bounds
        assert o.area == e.area
        assert o.visible == pytest.approx(e.visible, abs=1e-15)
        assert o.is_cut == (e.visible < 1)
        assert o.class_number == (e.number - 1) % 3
        assert o.outline.equals(shapely.box(*np.array(e.bounds)[[1, 0, 3, 2]]))


@st.composite
def polygons(draw):
    """Draw a polygon inside the plane, which may cross itself or have no area."""
    points = draw(st.lists(st.tuples(st.floats(0, WIDTH), st.floats(0, HEIGHT)), min_size=3, max_size=9))
    return shapely.Polygon(points)


@given(st.lists(polygons(), max_size=5), boxes_in(HEIGHT, WIDTH), rules)
def test_polygons_are_cut_as_shapely_cuts_one_at_a_time(drawn, box, rule):
    plane = plane_of(drawn)
    found = {o.source_number: o for o in cut(plane, box, rule=rule).objects}
    tile = shapely.box(box.x, box.y, box.x_stop, box.y_stop)
    for number, polygon in enumerate(drawn, 1):
        whole = shapely.make_valid(polygon)
        part = shapely.intersection(whole, tile)
        visible = part.area / whole.area if whole.area else 0
        if number not in found:
            assert visible < max(rule.min_visible, 1e-6) + 1e-9 or rule.at_border == "drop" or whole.area < 1e-3
            continue
        o = found[number]
        moved = shapely.affinity.translate(part, -box.x, -box.y)
        assert o.area == pytest.approx(part.area, abs=1e-9)
        assert o.visible == pytest.approx(visible, rel=1e-6)
        assert o.outline.is_valid
        assert o.outline.geom_type in ("Polygon", "MultiPolygon")
        assert shapely.area(shapely.symmetric_difference(o.outline, shapely.buffer(moved, 0))) < 1e-6
        assert (o.bounds.x, o.bounds.y, o.bounds.x_stop, o.bounds.y_stop) == pytest.approx(o.outline.bounds, abs=1e-9)
        assert o.bounds.y >= 0
        assert o.bounds.x >= 0
        assert o.bounds.y_stop <= box.height
        assert o.bounds.x_stop <= box.width


@given(st.lists(polygons(), max_size=4), st.lists(rectangles(), max_size=4), st.lists(boxes_in(HEIGHT, WIDTH)), rules)
def test_counts_are_the_lengths_of_the_lists(drawn, corners, boxes, rule):
    geometries = [*drawn, *(shapely.box(*c) for c in corners)]
    plane = plane_of(geometries, 0, [False] * len(drawn) + [True] * len(corners))
    corners_of_tiles = np.array([(b.y, b.x, b.y_stop, b.x_stop) for b in boxes], np.int64).reshape(-1, 4)
    lengths = [len(cut(plane, box, Wanted(), rule).objects) for box in boxes]
    assert plane.counts(corners_of_tiles, rule).tolist() == lengths


def centres_inside(geometry, box):
    """Return which pixels of a tile have their centre in a geometry, asked for each centre."""
    y, x = np.mgrid[box.y : box.y_stop, box.x : box.x_stop] + 0.5
    return shapely.contains_xy(geometry, x, y)


@given(st.lists(polygons(), max_size=5), boxes_in(HEIGHT, WIDTH), rules)
def test_maps_hold_the_pixels_whose_centres_are_inside_the_smaller_over_the_larger(drawn, box, rule):
    valid = [shapely.make_valid(polygon) for polygon in drawn]
    plane = plane_of(drawn, np.arange(len(drawn)))
    found = cut(plane, box, rule=rule)
    kept = {o.source_number: o for o in found.objects}
    instances, classes = np.zeros(box.shape, np.uint32), np.zeros(box.shape, np.uint16)
    tile = shapely.box(box.x, box.y, box.x_stop, box.y_stop)
    for number in sorted(range(1, len(drawn) + 1), key=lambda n: -valid[n - 1].area):
        inside = centres_inside(valid[number - 1], box)
        is_cut = not shapely.covers(tile.buffer(1e-6), valid[number - 1])
        if rule.at_border != "drop" or not is_cut:
            classes[inside] = number
        if number in kept:
            instances[inside] = kept[number].number
            assert np.array_equal(kept[number].runs.decode(), inside)
    assert found.instances.dtype == np.uint32
    assert found.classes.dtype == np.uint16
    assert np.array_equal(found.instances, instances)
    assert np.array_equal(found.classes, classes)


def test_a_hole_stays_a_hole():
    ring = shapely.box(10, 10, 40, 40).difference(shapely.box(20, 20, 30, 30))
    found = cut(plane_of([ring]), Box(0, 0, 25, 80))
    (o,) = found.objects
    assert o.area == 30 * 15 - 10 * 5
    assert found.instances[22, 22] == 0
    assert found.instances[15, 15] == 1
    (o,) = cut(plane_of([ring]), Box(0, 0, 60, 80)).objects
    assert len(o.outline.interiors) == 1


def test_one_object_that_a_tile_cuts_in_two_pieces_stays_one_object():
    u_shape = shapely.box(10, 10, 40, 40).difference(shapely.box(20, 0, 30, 30))
    found = cut(plane_of([u_shape]), Box(0, 0, 25, 80))
    (o,) = found.objects
    assert o.outline.geom_type == "MultiPolygon"
    assert set(np.unique(found.instances)) == {0, 1}


def test_a_covered_object_and_a_tiny_one_are_listed_without_a_pixel():
    drawn = [shapely.box(10, 10, 20, 20), shapely.box(10, 10, 20, 20), shapely.box(30.1, 30.1, 30.3, 30.3)]
    found = cut(plane_of(drawn, [0, 1, 2], True), Box(0, 0, 60, 80))
    assert [o.source_number for o in found.objects] == [1, 2, 3]
    assert set(np.unique(found.instances)) == {0, 2}
    assert set(np.unique(found.classes)) == {0, 2}
    assert found.objects[2].runs.area == 0
    assert found.objects[0].runs.area == 100


def test_touching_a_tile_is_not_being_seen():
    plane = plane_of([shapely.box(10, 10, 20, 20), shapely.Polygon([(20, 0), (30, 0), (20, 5)])], 0, [True, False])
    assert cut(plane, Box(20, 0, 10, 20)).objects == ()
    assert [o.source_number for o in cut(plane, Box(0, 10, 20, 10)).objects] == [1]


def test_what_rescaling_rounds_does_not_stick_out():
    # 0.1 + 0.2 is a little more than 0.3: the box ends a rounding beyond the tile.
    objects = DrawnObjects.of([shapely.box(0, 0, (0.1 + 0.2) * 100, 10)], 0, True)
    (o,) = cut(objects.plane((100, 100), (100, 100)), Box(0, 0, 30, 30), rule=BorderRule("drop")).objects
    assert not o.is_cut
    assert o.visible == 1
    assert o.bounds.x_stop == 30


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
def test_padding_fills_the_maps_alone(mode):
    plane = plane_of([shapely.box(50, 40, 80, 60)], [4])
    box = Box(45, 60, 15, 20)
    bare = cut(plane, box)
    found = cut(plane, box, padding=(7, 3), pad_mode=mode)
    width = ((0, 7), (0, 3))
    assert np.array_equal(found.instances, np.pad(bare.instances, width, mode=mode))
    assert np.array_equal(found.classes, np.pad(bare.classes, width, mode=mode))
    (o,) = found.objects
    assert (o.bounds.y_stop, o.bounds.x_stop) == (15, 20)
    assert o.outline.bounds == (0, 0, 20, 15)
    assert o.runs.shape == (22, 23)
    assert o.runs.area == 300
    assert not o.runs.decode()[15:].any()
    assert not o.runs.decode()[:, 20:].any()


def test_only_what_is_wanted_is_made():
    plane = plane_of([shapely.box(0, 0, 9, 9)])
    found = cut(plane, Box(0, 0, 60, 80), Wanted())
    assert found.instances is None
    assert found.classes is None
    assert found.objects[0].outline is None
    assert found.objects[0].runs is None
    found = cut(plane, Box(0, 0, 60, 80), Wanted(classes=True))
    assert found.instances is None
    assert found.classes.sum() == 81


def test_sides_that_are_nearly_level_are_no_trouble():
    almost = shapely.Polygon([(0, 0), (0, 1), (1, 2.2e-313)])
    found = cut(plane_of([almost]), Box(0, 0, 2, 2))
    assert found.objects[0].area == 0.5
    assert found.instances.tolist() == [[0, 0], [0, 0]]


def test_an_empty_plane():
    plane = plane_of([])
    found = cut(plane, Box(0, 0, 10, 12), padding=(1, 0))
    assert found.objects == ()
    assert found.instances.shape == found.classes.shape == (11, 12)
    assert plane.counts(np.array([[0, 0, 10, 12]]), EVERY).tolist() == [0]
    assert plane.counts(np.zeros((0, 4), np.int64), EVERY).tolist() == []


def test_a_large_outline_is_cut_into_tiles_that_add_up():
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    radius = 25 + 3 * np.sin(40 * angle)
    outline = shapely.Polygon(np.stack([40 + radius * np.cos(angle), 30 + radius * np.sin(angle)], axis=1))
    plane = plane_of([outline])
    tiles = [Box(y, x, 4, 4) for y in range(0, HEIGHT, 4) for x in range(0, WIDTH, 4)]
    seen = [(tile, o) for tile in tiles for o in cut(plane, tile, Wanted(outlines=True)).objects]
    assert sum(o.area for _, o in seen) == pytest.approx(outline.area, rel=1e-9)
    for tile, o in seen:
        part = shapely.intersection(outline, shapely.box(tile.x, tile.y, tile.x_stop, tile.y_stop))
        assert o.area == pytest.approx(part.area, abs=1e-7)
        assert o.visible == pytest.approx(part.area / outline.area, abs=1e-9)


def test_several_threads_get_what_one_gets():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 70, 300), rng.uniform(0, 50, 300)
    drawn = [shapely.Point(a, b).buffer(r) for a, b, r in zip(x, y, rng.uniform(0.5, 9, 300), strict=True)]
    tiles = [Box(y, x, 10, 10) for y in range(0, HEIGHT, 5) for x in range(0, WIDTH, 5) if y < 51 and x < 71]
    one, plane = plane_of(drawn), plane_of(drawn)
    alone = [cut(one, tile).instances for tile in tiles]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda tile: cut(plane, tile).instances, tiles))
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_of_many_objects_a_tile_shows_its_own():
    x, y = np.mgrid[0:80:0.5, 0:60:0.5].reshape(2, -1)
    many = shapely.box(x, y, x + 0.4, y + 0.4)
    plane = plane_of(many, 0, True)
    box = Box(10, 10, 2, 3)
    assert len(cut(plane, box, Wanted()).objects) == 4 * 6
