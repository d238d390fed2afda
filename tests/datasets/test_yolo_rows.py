"""Rows of YOLO texts: exact to a thousandth of a pixel, in 0…1, none twice."""

import re

import cv2
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from drawn_tiles import boxed, drawn, outline_of
from napari_tiles_creator.datasets.yolo_rows import box_rows, ring_rows
from napari_tiles_creator.geometry.objects import Bounds, SeenObject

ROW = re.compile(r"\d+( [01]\.\d{6})+")
SIDES = st.integers(10, 900)


@st.composite
def tiles_with_boxes(draw):
    height, width = draw(SIDES), draw(SIDES)
    boxes = []
    for _ in range(draw(st.integers(0, 6))):
        ys = sorted(draw(st.lists(st.floats(0, height), min_size=2, max_size=2, unique=True)))
        xs = sorted(draw(st.lists(st.floats(0, width), min_size=2, max_size=2, unique=True)))
        boxes.append((draw(st.integers(0, 300)), ys[0], xs[0], ys[1], xs[1]))
    return (height, width), boxes


@given(tiles_with_boxes())
def test_boxes_are_read_back_to_a_thousandth_of_a_pixel(tile):
    (height, width), boxes = tile
    rows = box_rows(boxed(*boxes).objects, (height, width)).splitlines()
    assert all(ROW.fullmatch(row) for row in rows)
    assert len(rows) == len(set(rows)) <= len(boxes)
    read = []
    for row in rows:
        of, x, y, w, h = row.split(" ")
        cx, cy, w, h = (float(value) for value in (x, y, w, h))
        assert all(0 <= value <= 1 for value in (cx, cy, w, h))
        assert w > 0
        assert h > 0
        read.append((int(of), (cy - h / 2) * height, (cx - w / 2) * width, (cy + h / 2) * height, (cx + w / 2) * width))
    for box in boxes:
        assert any(of == box[0] and np.allclose(sides, box[1:], rtol=0, atol=2e-3) for of, *sides in read)


def test_boxes_end_at_the_tile():
    row = box_rows(boxed((1, -5, 90, 5, 120)).objects, (50, 100))
    assert row == "1 0.950000 0.050000 0.100000 0.100000\n"


def test_equal_boxes_of_a_class_are_one_row():
    objects = boxed((0, 1, 1, 5, 5), (0, 1, 1, 5, 5), (1, 1, 1, 5, 5)).objects
    assert box_rows(objects, (10, 10)).count("\n") == 2
    assert ring_rows(objects, (10, 10)).count("\n") == 2


def test_a_tile_without_an_object_has_no_row():
    assert box_rows((), (10, 10)) == ring_rows((), (10, 10)) == ""


def points_of(row, shape):
    values = np.array(row.split(" ")[1:], float).reshape(-1, 2)
    return values * (shape[1], shape[0])


@given(arrays(np.bool_, (13, 17)), st.integers(0, 9))
def test_a_ring_encloses_the_area_of_its_object_with_holes_and_pieces(mask, of):
    if not mask.any():
        return
    annotations = drawn(mask.astype(np.uint32), {1: of})
    text = ring_rows(annotations.objects, mask.shape)
    (row,) = text.splitlines()
    assert ROW.fullmatch(row)
    assert int(row.split(" ")[0]) == of
    points = points_of(row, mask.shape)
    assert len(row.split(" ")) > 6
    assert len(np.unique(points, axis=0)) >= 3
    assert not np.any(np.all(points == np.roll(points, 1, axis=0), axis=1))
    x, y = points.T
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    assert area == pytest.approx(mask.sum(), abs=1e-2)
    assert (points.min(axis=0) >= -1e-3).all()
    rows, columns = np.nonzero(mask)
    # The client takes the box of an object from its ring.
    assert points.min(axis=0) == pytest.approx([columns.min(), rows.min()], abs=1e-3)
    assert points.max(axis=0) == pytest.approx([columns.max() + 1, rows.max() + 1], abs=1e-3)


def discs(holes):
    """Return a disc with holes, and a second, smaller one."""
    y, x = np.mgrid[:120, :160]
    mask = (y - 60) ** 2 + (x - 60) ** 2 < 50**2
    for cy, cx in holes:
        mask &= (y - cy) ** 2 + (x - cx) ** 2 >= 9**2
    return mask | ((y - 100) ** 2 + (x - 140) ** 2 < 15**2)


@pytest.mark.parametrize("holes", [[], [(60, 60)], [(40, 40), (80, 80), (40, 80)]], ids=len)
def test_opencv_fills_a_ring_as_the_mask_is(holes):
    """As Ultralytics fills rings; enlarged, since OpenCV paints a ring's own pixels, too."""
    mask, zoom = discs(holes), 8
    (row,) = ring_rows(drawn(mask.astype(np.uint32)).objects, mask.shape).splitlines()
    points = np.round(points_of(row, mask.shape) * zoom - 0.5).astype(np.int32)
    filled = np.zeros([side * zoom for side in mask.shape], np.uint8)
    cv2.fillPoly(filled, [points], 1)
    expected = np.kron(mask, np.ones((zoom, zoom), np.uint8))
    overlap = np.sum(filled & expected) / np.sum(filled | expected)
    assert overlap > 0.97
    # Between the pixels of outlines and bridges, holes stay holes.
    opened = cv2.morphologyEx(filled - expected, cv2.MORPH_OPEN, np.ones((4, 4), np.uint8))
    assert not opened.any()


def test_an_outline_that_is_thinner_than_six_decimals_becomes_a_box():
    sliver = shapely.Polygon([(1, 1), (9, 1), (9, 1 + 1e-7)])
    seen = SeenObject(1, 1, 2, Bounds(1, 1, 1 + 1e-7, 9), 4e-7, outline=sliver)
    (row,) = ring_rows([seen], (100, 100)).splitlines()
    points = points_of(row, (100, 100))
    assert len(np.unique(points, axis=0)) == 4
    assert points[:, 0].min() == pytest.approx(1)
    assert points[:, 0].max() == pytest.approx(9)


def test_the_outline_of_the_tests_is_that_of_the_pixels():
    assert outline_of(np.eye(3, dtype=bool)).area == 3


def test_complementary_rings_are_told_apart_by_their_boxes():
    """Two interlocked angles have one box; the client would take them for one object."""
    corners = [(0, 0), (8, 0), (8, 8), (0, 8)]
    rings = [shapely.Polygon(corners[:3]), shapely.Polygon([corners[0], *corners[2:]]), shapely.Polygon(corners[:3])]
    objects = [SeenObject(n, n, 0, Bounds(0, 0, 8, 8), 32, outline=ring) for n, ring in enumerate(rings, 1)]
    rows = ring_rows(objects, (16, 16)).splitlines()
    boxes = {(*points_of(row, (1, 1)).min(axis=0), *points_of(row, (1, 1)).max(axis=0)) for row in rows}
    assert len(rows) == len(boxes) == 2
    assert all(max(box) == pytest.approx(0.5, abs=2e-6) for box in boxes)
