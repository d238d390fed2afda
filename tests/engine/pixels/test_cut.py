"""One tile: normalized first, then padded at the bottom and right."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.cut import cut_tile, padded
from napari_tiles_creator.engine.pixels.measure import Range
from napari_tiles_creator.engine.pixels.normalize import Normalizer

RNG = np.random.default_rng(0)
KINDS = {
    "YX": RNG.integers(100, 60_000, (20, 30)).astype(np.uint16),
    "CYX": RNG.integers(100, 60_000, (2, 20, 30)).astype(np.uint16),
    "YXS": RNG.integers(10, 250, (20, 30, 3)).astype(np.uint8),
}


def cut_all(path, **fields):
    recipe = Recipe.of({"media": {"folder": str(path)}}).changed(fields)
    (image,) = make_plan(recipe).images
    reader = CalibratedImage(image, recipe, 0)
    normalizer = Normalizer(recipe.normalization, image.dtype, image.axes, reader.dtype)
    tiles = [cut_tile(planned, reader, normalizer, recipe.tiling.pad_mode) for planned in image]
    reader.close()
    return list(image), tiles


@pytest.mark.parametrize("mode", ["constant", "reflect", "edge"])
@pytest.mark.parametrize("axes", list(KINDS))
def test_padding_comes_after_normalization(tmp_path, axes, mode):
    image = KINDS[axes]
    if axes == "YXS":
        Image.fromarray(image).save(tmp_path / "a.png")
    else:
        tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": axes})
    fields = {
        "tiling.size_px": [32, 40],
        "tiling.overlap_px": 0,
        "tiling.pad_mode": mode,
        "normalization.scope": "tile",
    }
    _, (tile,) = cut_all(tmp_path, **fields, **{"normalization.low": 0.25})
    x = image.astype(np.float64)
    over = (1, 2) if axes == "CYX" else None
    lo, hi = x.min(over, keepdims=True), x.max(over, keepdims=True)
    expected = (x - lo) / (hi - lo) * 0.75 + 0.25
    at = 1 if axes == "CYX" else 0
    added = [(0, 0)] * image.ndim
    added[at], added[at + 1] = (0, 12), (0, 10)
    how = {"constant_values": 0.25} if mode == "constant" else {}
    np.testing.assert_array_equal(tile.pixels, np.pad(expected.astype(np.float32), added, mode, **how))
    assert tile.pixels.dtype == np.float32
    assert tile.pixels.flags.c_contiguous
    assert [(r.low, r.high) for r in tile.ranges] == list(zip(lo.ravel(), hi.ravel(), strict=True))


def test_tiles_that_stick_out(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", KINDS["YX"])
    fields = {"tiling.size_px": 16, "tiling.overlap_px": 4, "tiling.edge": "pad", "normalization.scope": "none"}
    planned, tiles = cut_all(tmp_path, **fields, **{"normalization.dtype": None})
    whole = np.pad(KINDS["YX"], 16)[16:, 16:]
    for place, tile in zip(planned, tiles, strict=True):
        y, x = place.tile.box.y, place.tile.box.x
        np.testing.assert_array_equal(tile.pixels, whole[y : y + 16, x : x + 16])
        assert tile.ranges == ()


def test_ragged_tiles_are_smaller(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", KINDS["YX"])
    fields = {"tiling.size_px": 16, "tiling.overlap_px": 0, "tiling.edge": "ragged"}
    _, tiles = cut_all(tmp_path, **fields)
    assert [tile.pixels.shape for tile in tiles] == [(16, 16), (16, 14), (4, 16), (4, 14)]


def test_a_range_is_measured_for_each_tile_with_scope_tile(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", KINDS["YX"])
    fields = {"tiling.size_px": 16, "tiling.overlap_px": 0, "normalization.scope": "tile"}
    planned, tiles = cut_all(tmp_path, **fields)
    for place, tile in zip(planned, tiles, strict=True):
        part = KINDS["YX"][place.tile.box.slices]
        assert tile.ranges == (Range(part.min(), part.max()),)
        assert (tile.pixels.min(), tile.pixels.max()) == (0, 1)


@pytest.mark.parametrize("mode", ["reflect", "edge", "constant"])
def test_padding_far_beyond_the_image(mode):
    values = np.arange(6.0).reshape(2, 3)
    how = {"constant_values": 9} if mode == "constant" else {}
    np.testing.assert_array_equal(padded(values, (20, 30), mode, 9), np.pad(values, [(0, 20), (0, 30)], mode, **how))


def test_reflection_does_not_repeat_the_border():
    assert padded(np.array([[1, 2, 3]]), (0, 5), "reflect", 0).tolist() == [[1, 2, 3, 2, 1, 2, 3, 2]]
