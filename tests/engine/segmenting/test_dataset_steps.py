"""Tiles of a dataset predicted and merged on the way: probabilities are blended before they are a mask."""

from dataclasses import dataclass

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.back.arrays import merge_arrays
from napari_tiles_creator.engine.back.tiled_image import tiled_sources
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.engine.predicting.models.thresholds import ThresholdModel
from napari_tiles_creator.engine.segmenting.dataset_steps import DatasetJob, dataset_steps, fitted_steps
from napari_tiles_creator.engine.steps import Warned, result_of
from napari_tiles_creator.errors import ModelError
from napari_tiles_creator.geometry.grid import TileGrid
from predicted_dataset import field, make_dataset
from small_models import Bright, NearBordersWrong, ThreeClasses


def sources_of(folder):
    return tiled_sources(Manifest.read(folder))


def segmented(source, path, model, **options):
    """Return what is written, and what is warned of."""
    fitted = result_of(fitted_steps(model, source))
    warned = [
        step.message for step in dataset_steps(DatasetJob(source, fitted, **options), path) if isinstance(step, Warned)
    ]
    return tifffile.imread(path), warned


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return sources_of(make_dataset(tmp_path_factory.mktemp("dataset"), 1))[0]


def brightness(seed=0):
    pixels = field(seed).astype(np.float32)
    return (pixels - pixels.min()) / (pixels.max() - pixels.min())


@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_a_mask_of_what_is_probable(source, tmp_path, threshold):
    mask, warned = segmented(source, tmp_path / "a.tif", Bright(), threshold=threshold)
    assert set(np.unique(mask)) == {0, 255}
    assert np.array_equal(mask > 0, brightness() > threshold)
    assert warned == []


def test_errors_near_the_borders_of_tiles_are_mended_by_their_neighbours(source, tmp_path):
    """Expected is what all tiles blend to, computed from the tiles at once."""
    model = NearBordersWrong(reach_px=8)
    probability, _ = segmented(source, tmp_path / "p.tif", model, probabilities=True)
    grid = TileGrid((150, 190), 64, 16, "shift")
    tiles = [brightness()[tile.box.slices][None] for tile in grid]
    expected = merge_arrays(np.concatenate([model.changed(tile) for tile in tiles]), grid)
    assert np.abs(probability - expected).max() < 1e-5
    mask, _ = segmented(source, tmp_path / "m.tif", model)
    assert np.array_equal(mask > 0, expected > 0.5)
    # A vote of masks is another one: each tile has decided before it is heard.
    votes = merge_arrays(np.concatenate([model.changed(tile) > 0.5 for tile in tiles]).astype(np.float32), grid) > 0.5
    assert np.any(votes != (mask > 0))


def test_all_classes(source, tmp_path):
    classes, _ = segmented(source, tmp_path / "c.tif", ThreeClasses(), wanted=None)
    assert np.array_equal(classes, ThreeClasses.of(brightness()))
    maps, _ = segmented(source, tmp_path / "p.tif", ThreeClasses(), wanted=None, probabilities=True)
    assert maps.shape == (3, 150, 190)
    assert np.allclose(maps.sum(axis=0), 1, atol=1e-5)


def test_a_threshold_is_found_in_the_whole_image(source, tmp_path):
    from skimage.filters import threshold_otsu

    mask, _ = segmented(source, tmp_path / "o.tif", ThresholdModel("otsu", 1))
    assert np.array_equal(mask > 0, field(0) > threshold_otsu(field(0)))


def test_pixels_that_are_no_numbers_are_told_of(source, tmp_path):
    fitted = ThresholdModel("otsu", threshold=0.5, has_nan=True)
    told = [
        step.message
        for step in dataset_steps(DatasetJob(source, fitted), tmp_path / "a.tif")
        if isinstance(step, Warned)
    ]
    assert told == ["pixels that are no numbers (NaN) count as background with otsu"]


def test_a_stack_and_tiles_that_were_left_out(tmp_path):
    folder = make_stack(tmp_path)
    (source,) = sources_of(folder)
    mask, _ = segmented(source, tmp_path / "s.tif", ThreeClasses(), wanted=None)
    stack = np.stack([field(seed) for seed in (0, 1)]).astype(np.float32)
    expected = ThreeClasses.of((stack - stack.min()) / (stack.max() - stack.min()))
    expected[1, :86], expected[1, :, :126] = 0, 0  # one tile of the second plane is there
    assert np.array_equal(mask, expected)


def make_stack(folder):
    """Export a stack of two planes, the tiles of the second one but for its last rejected."""
    from napari_tiles_creator import Recipe, make_plan, run

    tifffile.imwrite(folder / "stack.tif", np.stack([field(0), field(1)]), imagej=True, metadata={"axes": "ZYX"})
    rejected = [f"stack_{number:03d}" for number in range(12, 23)]
    recipe = Recipe.preset("unet", source=str(folder / "stack.tif"), output=str(folder / "tiles")).changed(
        {"tiling.size_px": 64, "tiling.overlap_px": 16, "tiling.exclude_tiles": rejected}
    )
    for _ in run(make_plan(recipe)):
        pass
    return folder / "tiles"


def test_the_size_is_that_of_the_image_s_own_file(tmp_path):
    folder = make_dataset(tmp_path, 1, calibration__enabled=True, calibration__scale="1/2")
    (source,) = sources_of(folder)
    mask, _ = segmented(source, tmp_path / "m.tif", Bright())
    assert mask.shape == (150, 190)
    # Probabilities are enlarged, and then compared: no steps of 2 px.
    assert np.any(mask[0::2] != mask[1::2])


@dataclass
class Fails(Bright):
    """Fails at bright tiles, or at all."""

    most: float = 0.9

    def predict(self, tiles, form):
        if tiles.max() > self.most:
            raise ModelError("too bright")
        return super().predict(tiles, form)


def test_tiles_that_fail_are_told_and_others_go_on(source, tmp_path):
    brightest = [float(tifffile.imread(source.folder / row.tile).max()) for row in source.rows]
    limit = sorted(set(brightest))[-2]
    mask, warned = segmented(source, tmp_path / "m.tif", Fails(most=limit), threshold=0.1)
    assert len(warned) == sum(value > limit for value in brightest)
    assert "too bright" in warned[0]
    assert warned[0].startswith("cell_0_")
    assert mask.any()


def test_a_model_that_fails_on_all_tiles_is_given_up(source, tmp_path):
    with pytest.raises(ModelError, match=r"first 10 tiles failed, at last .*too bright"):
        segmented(source, tmp_path / "m.tif", Fails(most=0))
    with pytest.raises(ModelError, match="--class 5 is none"):
        segmented(source, tmp_path / "m.tif", Bright(), wanted=5)
    assert not (tmp_path / "m.tif").exists()
