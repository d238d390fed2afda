"""COCO's annotations of one image, without a file around them."""

import pytest

from napari_tiles_creator.annotations.coco_objects import CocoError, objects_of


def test_source_numbers_are_the_places_in_the_file():
    entries = [(4, {"category_id": 1, "bbox": [0, 0, 3, 3]}), (9, {"category_id": 2, "bbox": [1, 1, 3, 3]})]
    found = objects_of(entries, (20, 20), {1: 0, 2: 1}, "a.json")
    assert found.source_numbers.tolist() == [4, 9]
    assert found.class_numbers.tolist() == [0, 1]


def test_no_annotation_is_no_object():
    assert len(objects_of([], (20, 20), {}, "a.json")) == 0


def test_a_fault_names_place_and_id():
    with pytest.raises(CocoError, match=r"^annotation 12 \(id 77\): category_id 5 is the id of no category"):
        objects_of([(12, {"id": 77, "category_id": 5, "bbox": [0, 0, 1, 1]})], (20, 20), {1: 0}, "a.json")
