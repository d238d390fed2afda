"""The YOLO training of microglia-analyzer."""

import numpy as np
import pytest

from drawn_tiles import boxed, drawn, offer, texts_of
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.microglia_yolo import MicrogliaYoloLayout

LAYOUT = MicrogliaYoloLayout()


def test_paths():
    place = TilePlace("a_001", ".png")
    assert LAYOUT.tile_path(place) == "images/a_001.png"
    assert LAYOUT.text_path(place) == "labels/a_001.txt"
    assert LAYOUT.mask_format is None


def test_texts_hold_a_box_a_line_and_nothing_else():
    text = LAYOUT.text(boxed((1, 0, 0, 32, 64), (0, 1.5, 2, 3, 4)), (64, 64))
    assert text == "1 0.500000 0.250000 1.000000 0.500000\n0 0.046875 0.035156 0.031250 0.023438\n"


def test_names_are_told_a_line_each():
    assert texts_of(LAYOUT, Finished([], ("RBC", "two  words"), (), 1)) == {"classes.txt": "RBC\ntwo words\n"}


def test_tiles_without_objects_are_left_out_whatever_pixels_have_a_class():
    pixels = np.zeros((4, 4), np.uint8)
    assert not LAYOUT.keeps_empty
    assert "no object" in LAYOUT.objection(pixels, drawn(np.zeros((4, 4), int)))
    assert not LAYOUT.objection(pixels, boxed((0, 0, 0, 1, 1)))


def test_taken():
    for taken in ({}, {"axes": frozenset({"YXS"}), "samples": frozenset({3})}, {"size": (96, 640)}):
        assert LAYOUT.refusal(offer(splits=(), **taken)) is None


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"annotated": False}, "annotations.labels", "annotations.boxes"),
        ({"format": "tif"}, "export.format", "--format png"),
        ({"format": "jpg"}, "export.format", "--format png"),
        ({"dtypes": frozenset({"uint16"})}, "normalization.dtype", "--dtype uint8"),
        ({"axes": frozenset({"CYX"})}, "media.channel", "media.channel"),
        ({"samples": frozenset({4})}, "media.rgb", "media.channel"),
        ({"is_ragged": True}, "tiling.edge", "shift"),
        ({"size": (500, 500)}, "tiling.size_px", "--size 512"),
        ({"empty_tiles": "keep"}, "annotations.empty_tiles", "auto"),
        ({"classes": ("Zellkörper",)}, "annotations.classes", "Zellkörper"),
        ({"splits": ("train", "val")}, "export.split", "layout to yolo"),
    ],
)
def test_refused(given, field, said):
    refusal = LAYOUT.refusal(offer(**{"splits": ()} | given))
    assert refusal.field == field
    assert said in refusal.reason
