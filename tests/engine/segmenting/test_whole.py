"""What of a recipe for training is left aside where whole images are segmented."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.segmenting.whole import plan_of_whole, whole_notes, whole_recipe
from napari_tiles_creator.errors import PlanError


def test_filters_split_and_form_of_the_dataset_do_not_matter():
    training = {
        "tiling.min_foreground": 0.2,
        "tiling.roi": [0, 0, 9, 9],
        "tiling.exclude_tiles": ["a_000"],
        "tiling.edge": "drop",
        "tiling.order": "edges_last",
        "annotations.labels": "masks",
        "export.layout": "yolo",
        "export.format": "png",
        "export.split": {"train": 0.8, "val": 0.2},
        "tiling.size_px": 256,
        "normalization.dtype": "uint8",
    }
    recipe = whole_recipe(Recipe().changed(training))
    plain = Recipe().changed({"tiling.size_px": 256, "normalization.dtype": "uint8"})
    assert recipe == plain
    notes = list(whole_notes(Recipe().changed(training)))
    assert notes == [
        "whole images are segmented: tiling.roi, tiling.min_foreground, tiling.exclude_tiles are left aside",
        "tiling.edge drop would leave a border out or make smaller tiles: the last tiles are shifted",
    ]
    assert not list(whole_notes(Recipe()))


def test_where_seams_are_to_be_expected():
    (note,) = whole_notes(Recipe().changed({"tiling.overlap_px": 0}))
    assert "seams are to be expected" in note
    (note,) = whole_notes(Recipe().changed({"normalization.scope": "tile"}))
    assert "normalization.scope tile" in note


@pytest.mark.parametrize("sampling", ["random", "jittered"])
def test_tiles_at_random_cover_no_image(sampling):
    with pytest.raises(PlanError, match=f"tiling.sampling is {sampling}: such tiles do not cover an image") as caught:
        whole_recipe(Recipe().changed({"tiling.sampling": sampling, "tiling.count": 3}))
    assert caught.value.field == "tiling.sampling"


def test_label_images_of_the_training_are_no_sources(tmp_path):
    (tmp_path / "masks").mkdir()
    for name in ("a.tif", "masks/a.tif"):
        tifffile.imwrite(tmp_path / name, np.ones((60, 60), np.uint16))
    fields = {"media.recursive": True, "annotations.labels": str(tmp_path / "masks")}
    plan = plan_of_whole(Recipe.preset("unet", source=tmp_path).changed(fields))
    assert [image.name for image in plan.images] == ["a.tif"]
