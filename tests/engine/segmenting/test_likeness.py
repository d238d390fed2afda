"""What new images share with a dataset."""

import json

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.segmenting.likeness import fields_like
from napari_tiles_creator.errors import DatasetError


def dataset(tmp_path, **fields):
    (tmp_path / "images").mkdir()
    pixels = np.random.default_rng(0).integers(100, 900, (90, 120), np.uint16)
    tifffile.imwrite(tmp_path / "images" / "a.tif", pixels)
    changes = {"tiling.size_px": 48, "tiling.overlap_px": 8}
    recipe = Recipe.preset("unet", source=tmp_path / "images", output=tmp_path / "tiles").changed(changes | fields)
    for _ in run(make_plan(recipe)):
        pass
    return tmp_path / "tiles"


def test_ranges_of_all_images_are_frozen(tmp_path):
    folder = dataset(tmp_path, **{"normalization.scope": "dataset", "normalization.dtype": "uint8"})
    fields = fields_like(folder)
    assert fields == fields_like(folder / "tiles.json")
    recipe = Recipe().changed(fields)
    pixels = tifffile.imread(tmp_path / "images" / "a.tif")
    assert recipe.normalization.ranges == ((pixels.min(), pixels.max()),)
    assert (recipe.normalization.scope, recipe.normalization.dtype) == ("dataset", "uint8")
    assert (recipe.tiling.size_px, recipe.tiling.overlap_px) == (48, 8)


def test_ranges_of_one_image_are_not(tmp_path):
    given = {
        "calibration.enabled": True,
        "calibration.pixel_size_um": 0.5,
        "calibration.target_pixel_size_um": 1.0,
        "normalization.percentiles": [1, 99],
        "tiling.sampling": "random",
        "tiling.count": 4,
        "tiling.min_foreground": 0.1,
    }
    recipe = Recipe().changed(fields_like(dataset(tmp_path, **given)))
    assert recipe.normalization.scope == "image"
    assert recipe.normalization.percentiles == (1, 99)
    assert recipe.normalization.ranges is None
    assert (recipe.calibration.enabled, recipe.calibration.target_pixel_size_um) == (True, 1.0)
    # What chose the tiles of the dataset, and what was said of its files alone.
    assert (recipe.tiling.sampling, recipe.tiling.min_foreground) == ("grid", 0)
    assert recipe.calibration.pixel_size_um is None


def test_what_is_no_dataset(tmp_path):
    with pytest.raises(DatasetError, match="there is no such dataset"):
        fields_like(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match=r"no dataset: there is no tiles\.json"):
        fields_like(tmp_path)
    folder = dataset(tmp_path)
    head = json.loads((folder / "tiles.json").read_text())
    head["recipe"]["tiling"]["size_px"] = "wide"
    (folder / "tiles.json").write_text(json.dumps(head))
    with pytest.raises(DatasetError, match=r"tiles\.json is damaged: tiling\.size_px"):
        fields_like(folder)
