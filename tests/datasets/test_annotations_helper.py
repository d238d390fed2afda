"""The annotations helper's folders."""

import numpy as np
import pytest

from drawn_tiles import drawn, offer, texts_of
from napari_tiles_creator.datasets.annotations_helper import AnnotationsHelperLayout
from napari_tiles_creator.datasets.base import Finished, TilePlace

LAYOUT = AnnotationsHelperLayout()


@pytest.mark.parametrize("extension", [".tif", ".png"])
def test_masks_are_tif_whatever_the_tiles_are(extension):
    place = TilePlace("a_001", extension, "train")
    assert LAYOUT.tile_path(place) == f"tiles/a_001{extension}"
    assert LAYOUT.mask_path(place) == "tiles-masks/a_001.tif"
    assert LAYOUT.text_path(place) == "tiles-labels/a_001.txt"
    assert LAYOUT.mask_format == "tif"


def test_masks_hold_0_and_255_and_texts_a_box_a_line():
    annotations = drawn([[0, 1, 1, 0], [2, 0, 0, 0]], {1: 1})
    mask = LAYOUT.mask(annotations)
    assert mask.dtype == np.uint8
    assert mask.tolist() == [[0, 255, 255, 0], [255, 0, 0, 0]]
    assert LAYOUT.text(annotations, (2, 4)) == (
        "1 0.500000 0.250000 0.500000 0.500000\n0 0.125000 0.750000 0.250000 0.500000\n"
    )


def test_a_tile_without_objects_has_neither_text_nor_mask():
    nothing = drawn(np.zeros((2, 2), int))
    assert LAYOUT.mask(nothing) is None
    assert LAYOUT.text(nothing, (2, 2)) is None
    assert LAYOUT.keeps_empty


def test_boxes_alone_make_no_masks():
    assert LAYOUT.masks_need_shapes


def test_names_are_lower_case_without_blanks():
    texts = texts_of(LAYOUT, Finished([], ("White  Cell", "RBC"), (), 1))
    assert texts == {"tiles-classes.txt": "white-cell\nrbc\n"}


@pytest.mark.parametrize(
    "taken",
    [
        {"format": "tif", "axes": frozenset({"CYX"}), "dtypes": frozenset({"float32"})},
        {"axes": frozenset({"YXS"}), "samples": frozenset({3})},
        {"splits": (), "is_ragged": True, "size": (100, 33), "empty_tiles": "keep"},
    ],
    ids=str,
)
def test_taken(taken):
    assert LAYOUT.refusal(offer(**taken)) is None


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"annotated": False}, "annotations.labels", "annotations.boxes"),
        ({"format": "jpg"}, "export.format", "--format tif"),
        ({"format": "tif", "axes": frozenset({"YXS"})}, "export.format", "--format png"),
        ({"classes": ("µglia",)}, "annotations.classes", "µglia"),
        ({"classes": ("a b", "A-B")}, "annotations.classes", "called a-b"),
    ],
)
def test_refused(given, field, said):
    refusal = LAYOUT.refusal(offer(**given))
    assert refusal.field == field
    assert said in refusal.reason
