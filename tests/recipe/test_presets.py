"""Presets: exactly what the interface's table says they change."""

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError

DIFFERENCES = {
    "unet": {},
    "yolo": {"normalization.dtype": "uint8", "export.format": "png"},
    "axons": {
        "normalization.scope": "none",
        "normalization.dtype": "uint8",
        "export.format": "png",
        "tiling.size_px": 512,
        "tiling.overlap_px": 0,
        "tiling.order": "edges_last",
        "export.name": "{stem}_tile_{index:04d}",
    },
    "imgsplit": {
        "normalization.scope": "none",
        "normalization.dtype": None,
        "export.format": "tif",
        "tiling.size_px": 580,
        "tiling.overlap_px": 0,
        "tiling.sampling": "random",
        "tiling.count": 500,
    },
}


@pytest.mark.parametrize("name", list(DIFFERENCES))
def test_a_preset_differs_from_the_defaults_exactly_as_the_table_says(name):
    assert Recipe.preset(name) == Recipe().changed(DIFFERENCES[name])


def test_yolo_maps_to_the_whole_of_8_bits_and_unet_to_0_to_1():
    assert Recipe.preset("yolo").normalization.bounds == (0, 255)
    assert Recipe.preset("unet").normalization.bounds == (0, 1)


def test_folders_can_be_given():
    recipe = Recipe.preset("yolo", source="in", output="out")
    assert (recipe.media.folder, recipe.export.folder) == ("in", "out")
    assert recipe.export.format == "png"


def test_unknown_presets_say_which_there_are():
    with pytest.raises(RecipeError, match="no preset is called 'unet2': use unet, yolo, axons, imgsplit"):
        Recipe.preset("unet2")
