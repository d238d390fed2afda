"""The UNet's training of microglia-analyzer: what it would throw away is never written."""

import json
import math

import numpy as np
import pytest

from drawn_tiles import drawn, offer, texts_of, written
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.microglia_unet import MicrogliaUnetLayout

TIF = {"format": "tif", "dtypes": frozenset({"float32"}), "values": (0.0, 1.0)}
RAMP = np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3)
CELL = [[0, 1, 1], [0, 2, 0]]
LAYOUT = MicrogliaUnetLayout()


def test_masks_have_the_names_of_their_tiles_and_hold_0_and_255():
    place = TilePlace("a_001", ".tif", "val")
    assert LAYOUT.tile_path(place) == "tiles/a_001.tif"
    assert LAYOUT.mask_path(place) == "tiles-masks/a_001.tif"
    mask = LAYOUT.mask(drawn(CELL, {2: 4}))
    assert mask.dtype == np.uint8
    assert mask.tolist() == [[0, 255, 255], [0, 255, 0]]


@pytest.mark.parametrize(
    ("pixels", "instances", "said"),
    [
        pytest.param(RAMP, CELL, "", id="useful"),
        pytest.param(RAMP * 2e-6, CELL, "", id="nearly flat"),
        pytest.param(RAMP * 5e-7, CELL, "pixels are equal", id="flat"),
        pytest.param(np.full((2, 3), np.nan, np.float32), CELL, "pixels are equal", id="no numbers"),
        pytest.param(RAMP, np.zeros((2, 3), int), "no pixel", id="background"),
        pytest.param(RAMP, np.ones((2, 3), int), "every pixel", id="all foreground"),
    ],
)
def test_objections(pixels, instances, said):
    objection = LAYOUT.objection(pixels, drawn(instances))
    assert said in objection
    assert bool(said) == bool(objection)


def dataset(splits):
    tiles = []
    for number in range(7):
        split = splits[number % len(splits)] if splits else ""
        tiles.append(written(LAYOUT, TilePlace(f"a_{number:03d}", ".tif", split), drawn(CELL), (2, 3)))
    return Finished(tiles, ("cell",), splits, 1)


@pytest.mark.parametrize("splits", [("train", "val"), ("train", "val", "test")])
def test_the_use_of_each_tile_is_told(splits):
    texts = texts_of(LAYOUT, dataset(splits))
    assert list(texts) == ["data_usage.json"]
    usage = json.loads(texts["data_usage.json"])
    assert list(usage) == ["training", "validation", "testing"]
    for number in range(7):
        use = {"train": "training", "val": "validation", "test": "testing"}[splits[number % len(splits)]]
        assert f"a_{number:03d}.tif" in usage[use]
    assert sum(map(len, usage.values())) == 7


def test_without_a_split_the_script_makes_its_own():
    assert texts_of(LAYOUT, dataset(())) == {}


def test_taken():
    assert not LAYOUT.keeps_empty
    for taken in ({}, {"splits": ()}, {"size": (48, 512)}, {"values": (0.2, 0.9)}, {"empty_tiles": "drop"}):
        assert LAYOUT.refusal(offer(**TIF | taken)) is None


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"annotated": False}, "annotations.labels", "annotations.labels"),
        ({"format": "png"}, "export.format", "--format tif"),
        ({"dtypes": frozenset({"uint16"})}, "normalization.dtype", "--dtype float32"),
        ({"values": (-math.inf, math.inf)}, "normalization.scope", "--scope image"),
        ({"values": (0.0, 255.0)}, "normalization.high", "from 0 to 255"),
        ({"axes": frozenset({"YXS"}), "samples": frozenset({3})}, "media.rgb", "media.rgb to false"),
        ({"axes": frozenset({"CYX"}), "samples": frozenset({2})}, "media.channel", "media.channel"),
        ({"is_ragged": True}, "tiling.edge", "shift"),
        ({"size": (500, 500)}, "tiling.size_px", "--size 512"),
        ({"empty_tiles": "keep"}, "annotations.empty_tiles", "auto"),
        ({"empty_tiles": 0.5}, "annotations.empty_tiles", "auto"),
        ({"splits": ("train", "test")}, "export.split", "no tile is for val"),
    ],
)
def test_refused(given, field, said):
    refusal = LAYOUT.refusal(offer(**TIF | given))
    assert refusal.field == field
    assert said in refusal.reason
