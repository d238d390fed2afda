"""Pairs of tiles and class masks."""

import numpy as np
import pytest

from drawn_tiles import drawn, offer
from napari_tiles_creator.datasets.base import TilePlace
from napari_tiles_creator.datasets.pairs import PairsLayout


@pytest.mark.parametrize(
    ("split", "tile", "mask"),
    [("val", "val/images/a.png", "val/masks/a.png"), ("", "images/a.png", "masks/a.png")],
)
def test_masks_have_the_names_of_their_tiles(split, tile, mask):
    place = TilePlace("a", ".png", split)
    assert (PairsLayout().tile_path(place), PairsLayout().mask_path(place)) == (tile, mask)
    assert PairsLayout.mask_format == "tile"


def test_masks_hold_class_numbers_from_1():
    mask = PairsLayout().mask(drawn([[0, 1, 1], [2, 0, 3]], {1: 0, 2: 254, 3: 1}))
    assert mask.dtype == np.uint8
    assert mask.tolist() == [[0, 1, 1], [255, 0, 2]]


def test_a_tile_without_objects_has_a_mask_of_zeros():
    assert PairsLayout().mask(drawn(np.zeros((2, 3), int))).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert PairsLayout.keeps_empty


@pytest.mark.parametrize("taken", [{}, {"format": "tif", "dtypes": frozenset({"float32"})}, {"splits": ()},
                                   {"classes": tuple(map(str, range(255)))}, {"size": (96, 512)}, {"empty_tiles": 0.5},
                                   {"axes": frozenset({"YXS"}), "samples": frozenset({3})}], ids=str)  # fmt: skip
def test_taken(taken):
    assert PairsLayout().refusal(offer(**taken)) is None


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"annotated": False}, "annotations.labels", "nothing is annotated"),
        ({"format": "jpg"}, "export.format", "--format tif"),
        ({"dtypes": frozenset({"uint8", "uint16"})}, "normalization.dtype", "uint16, uint8"),
        ({"axes": frozenset({"YX", "YXS"}), "samples": frozenset({1, 3})}, "media.pattern", "colours"),
        ({"is_ragged": True}, "tiling.edge", "--edge shift"),
        ({"size": (100, 64)}, "tiling.size_px", "--size 128x64"),
        ({"size": (500, 500)}, "tiling.size_px", "512 (--size 512)"),
        ({"classes": tuple(map(str, range(256)))}, "annotations.classes", "256 classes"),
    ],
)
def test_refused(given, field, said):
    refusal = PairsLayout().refusal(offer(**given))
    assert refusal.field == field
    assert said in refusal.reason
