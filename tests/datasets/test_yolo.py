"""Ultralytics' detection."""

import numpy as np
import pytest
import yaml

from drawn_tiles import boxed, drawn, offer, texts_of
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.datasets.yolo import YoloLayout

TASKS = ("yolo", "yolo-segment", "yolo-semantic", "yolo-classify")


def test_labels_stand_where_images_is_replaced_by_labels():
    place = TilePlace("a_001", ".png", "val")
    assert YoloLayout().tile_path(place) == "images/val/a_001.png"
    assert YoloLayout().text_path(place) == "labels/val/a_001.txt"


def test_texts_hold_a_box_a_line_or_nothing():
    assert YoloLayout().text(boxed((2, 16, 0, 32, 64)), (64, 64)) == "2 0.500000 0.375000 1.000000 0.250000\n"
    assert YoloLayout().text(drawn(np.zeros((4, 4), int)), (4, 4)) == ""
    assert YoloLayout().keeps_empty


@pytest.mark.parametrize("splits", [("train", "val"), ("train", "val", "test")])
def test_folders_and_names_are_told_and_the_dataset_can_be_moved(splits):
    texts = texts_of(YoloLayout(), Finished([], ("no", "1", 'a "b"'), splits, 1))
    assert list(texts) == ["data.yaml"]
    told = yaml.safe_load(texts["data.yaml"])
    assert told == {split: f"images/{split}" for split in splits} | {"names": {0: "no", 1: "1", 2: 'a "b"'}}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    "taken",
    [{}, {"format": "jpg"}, {"axes": frozenset({"YX", "YXS"}), "samples": frozenset({1, 3})}, {"size": (100, 333)},
     {"splits": ("train", "val", "test")}, {"empty_tiles": "keep"}, {"empty_tiles": 0.25}],
    ids=str,
)  # fmt: skip
def test_taken(task, taken):
    assert make_layout(task).refusal(offer(**taken)) is None


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"annotated": False}, "annotations.labels", "annotations.boxes"),
        ({"format": "tif"}, "export.format", "--format png"),
        ({"dtypes": frozenset({"uint16"})}, "normalization.dtype", "--dtype uint8"),
        ({"dtypes": frozenset({"uint8", "uint16"})}, "normalization.dtype", "--dtype uint8"),
        ({"axes": frozenset({"CYX"})}, "media.channel", "media.channel"),
        ({"is_ragged": True}, "tiling.edge", "--edge shift"),
        ({"size": (64, 8)}, "tiling.size_px", "10"),
        ({"classes": ("cell", "Zellkörper")}, "annotations.classes", "Zellkörper"),
        ({"splits": ()}, "export.split", "{train: 0.8, val: 0.2}"),
        ({"splits": ("train", "test")}, "export.split", "no tile is for val"),
        ({"splits": ("val",)}, "export.split", "no tile is for train"),
    ],
)
def test_refused(task, given, field, said):
    refusal = make_layout(task).refusal(offer(**given))
    assert refusal.field == field
    assert said in refusal.reason
