"""Ultralytics' semantic segmentation."""

import numpy as np
import pytest
import yaml

from drawn_tiles import drawn, offer, texts_of
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.yolo_semantic import YoloSemanticLayout

LAYOUT = YoloSemanticLayout()


def test_masks_stand_where_images_is_replaced_by_masks():
    place = TilePlace("a_001", ".jpg", "test")
    assert LAYOUT.tile_path(place) == "images/test/a_001.jpg"
    assert LAYOUT.mask_path(place) == "masks/test/a_001.png"
    assert LAYOUT.text(drawn([[1]]), (1, 1)) is None


def test_numbers_in_masks_are_those_of_the_names():
    names = yaml.safe_load(texts_of(LAYOUT, Finished([], ("a", "b"), ("train", "val"), 1))["data.yaml"])["names"]
    mask = LAYOUT.mask(drawn([[0, 1], [2, 0]], {1: 1, 2: 0}))
    assert mask.dtype == np.uint8
    assert [[names[number] for number in row] for row in mask.tolist()] == [["background", "b"], ["a", "background"]]


def test_a_tile_without_objects_is_background():
    assert LAYOUT.mask(drawn(np.zeros((2, 2), int))).tolist() == [[0, 0], [0, 0]]


def test_255_stays_free():
    most = tuple(map(str, range(254)))
    assert LAYOUT.refusal(offer(classes=most)) is None
    assert LAYOUT.refusal(offer(classes=(*most, "one more"))).field == "annotations.classes"


@pytest.mark.parametrize("name", ["background", "Background"])
def test_no_class_is_called_background(name):
    assert "background" in LAYOUT.refusal(offer(classes=(name, "cell"))).reason
