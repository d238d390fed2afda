"""Ultralytics' instance segmentation."""

import numpy as np

from drawn_tiles import boxed, drawn
from napari_tiles_creator.datasets.yolo_segment import YoloSegmentLayout


def test_every_object_is_one_row_whatever_its_form():
    instances = np.zeros((20, 20), np.uint32)
    instances[2:10, 2:10] = 1
    instances[4:6, 4:6] = 2  # a hole of the first
    instances[0, 0] = instances[19, 19] = 3  # two pieces
    rows = YoloSegmentLayout().text(drawn(instances, {1: 1}), (20, 20)).splitlines()
    assert [row.split(" ")[0] for row in rows] == ["1", "0", "0"]
    assert all(len(row.split(" ")) % 2 == 1 for row in rows)
    assert YoloSegmentLayout.wanted.outlines


def test_where_only_boxes_are_known_rings_are_boxes():
    (row,) = YoloSegmentLayout().text(boxed((0, 5, 0, 10, 20)), (20, 20)).splitlines()
    points = {tuple(map(float, point)) for point in zip(row.split()[1::2], row.split()[2::2], strict=True)}
    assert points == {(0, 0.25), (1, 0.25), (1, 0.5), (0, 0.5)}


def test_a_tile_without_objects_has_an_empty_text():
    assert YoloSegmentLayout().text(drawn(np.zeros((4, 4), int)), (4, 4)) == ""
