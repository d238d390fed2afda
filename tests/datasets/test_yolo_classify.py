"""Ultralytics' classification."""

import numpy as np
import pytest

from drawn_tiles import boxed, drawn, offer, texts_of
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.yolo_classify import YoloClassifyLayout

LAYOUT = YoloClassifyLayout()
CLASSES = ("RBC", "WBC", "Platelets")


def test_a_folder_a_class():
    assert LAYOUT.tile_path(TilePlace("a", ".png", "train", "WBC")) == "train/WBC/a.png"
    assert LAYOUT.mask_format is None
    assert LAYOUT.text(boxed((0, 0, 0, 1, 1)), (9, 9)) is None
    assert texts_of(LAYOUT, Finished([], CLASSES, ("train", "val"), 1)) == {}


@pytest.mark.parametrize(
    ("boxes", "label"),
    [
        ([(0, 0, 0, 4, 4), (1, 0, 0, 5, 5)], "WBC"),
        ([(0, 0, 0, 4, 4), (1, 0, 0, 5, 5), (0, 5, 5, 9, 9)], "RBC"),  # 32 px of RBC, 25 of WBC
        ([(2, 0, 0, 1, 1), (1, 0, 0, 1, 1)], "WBC"),
    ],
)
def test_a_tile_is_of_the_class_that_covers_most(boxes, label):
    assert LAYOUT.label(boxed(*boxes), CLASSES) == label


def test_tiles_without_objects_are_left_out_or_background():
    assert not LAYOUT.keeps_empty
    assert LAYOUT.label(drawn(np.zeros((2, 2), int)), CLASSES) == "background"


@pytest.mark.parametrize(
    "names",
    [("a/b",), ("..",), ("a.",), (" a",), ("CON",), ("nul.txt",), ("a:b",), ("Cell", "cell"), ("background",)],
)
def test_names_that_no_folder_can_have_are_refused(names):
    assert LAYOUT.refusal(offer(classes=names)).field == "annotations.classes"


def test_other_names_are_taken():
    assert LAYOUT.refusal(offer(classes=("White cell", "T-cell_2", "a.b"))) is None
