"""Objects in source pixels, and where they lie once rescaled."""

from fractions import Fraction

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.objects import BorderRule, Wanted


def whole(objects, shape, source_shape):
    """Return what a tile of the whole calibrated plane lists."""
    plane = objects.plane(shape, source_shape)
    return plane.cut(Box(0, 0, *shape), (0, 0), "constant", Wanted(outlines=True), BorderRule("keep")).objects


def test_what_has_no_area_is_left_out_and_the_order_is_that_of_the_source_numbers():
    objects = DrawnObjects.of(
        [shapely.box(0, 0, 2, 2), shapely.Point(1, 1), shapely.box(4, 4, 6, 6)],
        [3, 4, 5],
        [True, False, False],
        [7, 2, 1],
    )
    assert objects.source_numbers.tolist() == [1, 7]
    assert objects.class_numbers.tolist() == [5, 3]
    assert objects.only_boxes.tolist() == [False, True]
    assert objects.highest_class == 5
    assert objects.has_shapes
    assert len(objects) == 2


def test_a_line_but_for_roundings_has_no_area():
    assert len(DrawnObjects.of([shapely.Polygon([(1, 0), (0, 1), (1, 2.2e-313)])])) == 0
    assert len(DrawnObjects.of([shapely.box(5, 5, 5.001, 5.001)])) == 1


def test_boxes_alone_have_no_shapes():
    assert not DrawnObjects.of([shapely.box(0, 0, 2, 2)], 0, True).has_shapes
    assert DrawnObjects.of([]).has_shapes
    assert DrawnObjects.of([]).highest_class == -1


sides = st.tuples(*[st.integers(1, 400)] * 2)


@given(sides, sides, st.lists(st.tuples(*[st.integers(-50, 450)] * 4), max_size=5), st.booleans())
def test_coordinates_are_scaled_by_exactly_new_over_old_and_cut_at_the_image(source_shape, shape, corners, as_boxes):
    corners = [(min(x, x2), min(y, y2), max(x, x2), max(y, y2)) for x, y, x2, y2 in corners]
    corners = [(x, y, x2, y2) for x, y, x2, y2 in corners if x < x2 and y < y2]
    found = whole(DrawnObjects.of([shapely.box(*c) for c in corners], 0, as_boxes), shape, source_shape)
    (old_height, old_width), (height, width) = source_shape, shape
    expected = {}
    for number, (x, y, x2, y2) in enumerate(corners, 1):
        left, right = (min(max(Fraction(v * width, old_width), 0), width) for v in (x, x2))
        top, bottom = (min(max(Fraction(v * height, old_height), 0), height) for v in (y, y2))
        if left < right and top < bottom:
            expected[number] = (float(top), float(left), float(bottom), float(right))
    assert {o.source_number: (o.bounds.y, o.bounds.x, o.bounds.y_stop, o.bounds.x_stop) for o in found} == expected
    for o in found:
        assert o.visible == 1
        assert not o.is_cut
        assert o.outline.bounds == (o.bounds.x, o.bounds.y, o.bounds.x_stop, o.bounds.y_stop)


def test_renumbered_classes():
    objects = DrawnObjects.of([shapely.box(0, 0, 1, 1)] * 3, [0, 1, 0])
    assert objects.renumbered([4, 2]).class_numbers.tolist() == [4, 2, 4]


def test_the_checksum_tells_objects_apart():
    def objects(x=0.0, class_number=0, only_boxes=True, source_number=1):
        return DrawnObjects.of([shapely.box(x, 0, 5, 5)], class_number, only_boxes, [source_number])

    others = [objects(x=0.5), objects(class_number=1), objects(only_boxes=False), objects(source_number=2)]
    sums = [objects().checksum, *(other.checksum for other in others), DrawnObjects.of([]).checksum]
    assert len(set(sums)) == len(sums)
    assert objects().checksum == objects().checksum


def test_a_polygon_that_leaves_the_image_is_cut_at_its_side():
    triangle = shapely.Polygon([(-10, 5), (10, -5), (10, 15)])
    (found,) = whole(DrawnObjects.of([triangle]), (10, 20), (10, 20))
    # By hand: y between 0 and 10, x from 0; the corners at x = 0 lie at y = 0 and 10.
    assert np.isclose(found.area, 100)
    assert found.outline.bounds == (0, 0, 10, 10)
    assert found.visible == 1
