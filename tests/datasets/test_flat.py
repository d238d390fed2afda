"""The layout for people: tiles, and labels where there are any."""

import numpy as np

from drawn_tiles import boxed, drawn, offer, texts_of
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.flat import FlatLayout
from napari_tiles_creator.geometry.objects import TileAnnotations

PLACE = TilePlace("a_000", ".png", "val")


def test_paths():
    layout = FlatLayout()
    assert layout.tile_path(PLACE) == "a_000.png"
    assert layout.mask_path(PLACE) == "labels/a_000.tif"
    assert layout.text_path(PLACE) == "labels/a_000.txt"


def test_masks_number_objects_and_texts_hold_their_boxes():
    instances = np.zeros((10, 20), np.uint32)
    instances[2:4, 5:15] = 1
    instances[8, 0] = 2
    mask = FlatLayout().mask(drawn(instances, {1: 2}))
    assert mask.dtype == np.uint16
    np.testing.assert_array_equal(mask, instances)
    assert FlatLayout().text(drawn(instances, {1: 2}), (10, 20)) == (
        "2 0.500000 0.300000 0.500000 0.200000\n0 0.025000 0.850000 0.050000 0.100000\n"
    )


def test_more_objects_than_16_bits_count_take_32():
    instances = np.arange(300 * 300, dtype=np.uint32).reshape(300, 300)
    mask = FlatLayout().mask(TileAnnotations(boxed((0, 0, 0, 1, 1)).objects, instances))
    assert mask.dtype == np.uint32
    np.testing.assert_array_equal(mask, instances)


def test_a_tile_without_objects_has_no_labels():
    nothing = drawn(np.zeros((4, 4), int))
    assert FlatLayout().mask(nothing) is None
    assert FlatLayout().text(nothing, (4, 4)) is None


def test_boxes_alone_make_no_masks_and_anything_is_taken():
    assert FlatLayout.masks_need_shapes
    assert FlatLayout().refusal(offer(annotated=False, splits=(), is_ragged=True, dtypes=frozenset("ab"))) is None
    assert texts_of(FlatLayout(), Finished([], (), (), 1)) == {}
