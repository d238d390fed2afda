"""The range of a whole image, measured in bands by many threads, of all kept planes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels import source_blocks
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.measure import BINS
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.geometry.box import Box

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _small_bands(monkeypatch):
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 60 * 16)


def measured(path, workers, **fields):
    """Measure as a run does: the stages one after the other, the tasks of each in any order at once."""
    recipe = Recipe.of({"media": {"folder": str(path)}}).changed(fields)
    (image,) = make_plan(recipe).images
    reader = CalibratedImage(image, recipe, 0)
    measurement = Measurement(image, recipe)
    with ThreadPoolExecutor(workers) as pool:
        for tasks in measurement.stages(reader):
            assert len(tasks) > 1
            list(pool.map(lambda task: task(), reversed(tasks)))
    reader.close()
    assert measurement.ranges() == one_by_one(image, recipe)
    return [(found.low, found.high) for found in measurement.ranges()]


def one_by_one(image, recipe):
    """Measure in this thread, task after task."""
    reader = CalibratedImage(image, recipe, 1 << 28)
    measurement = Measurement(image, recipe, wants_range=True, wants_foreground=False)
    for tasks in measurement.stages(reader):
        for task in tasks:
            task()
    reader.close()
    return measurement.ranges()


@pytest.mark.parametrize("workers", [1, 6])
@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99), (0.5, 100)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "uint32"])
def test_ranges_are_those_of_the_whole_image(tmp_path, dtype, percentiles, workers):
    image = (RNG.gamma(2, 20, (100, 60)) - (5 if dtype[0] != "u" else 0)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", image)
    ((low, high),) = measured(tmp_path, workers, **{"normalization.percentiles": percentiles})
    bin_width = float(image.max() - image.min()) / BINS if dtype in ("float32", "uint32") else 0
    np.testing.assert_allclose((low, high), np.percentile(image.astype(float), percentiles), rtol=0, atol=bin_width)


@pytest.mark.parametrize("percentiles", [(0, 100), (2, 98)], ids=str)
@pytest.mark.parametrize("per_channel", [True, False])
def test_channels_over_all_planes(tmp_path, per_channel, percentiles):
    image = RNG.integers(0, 4000, (5, 3, 40, 60)).astype(np.uint16) + np.uint16([[[0]], [[100]], [[9000]]])
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": "ZCYX"})
    fields = {"normalization.percentiles": percentiles, "normalization.per_channel": per_channel}
    parts = [image[:, c] for c in range(3)] if per_channel else [image]
    expected = [tuple(np.percentile(part.astype(float), percentiles)) for part in parts]
    assert measured(tmp_path, 4, **fields) == expected


def test_only_the_kept_planes_count(tmp_path):
    image = np.zeros((4, 40, 60), np.uint16)
    for z in range(4):
        image[z] = RNG.integers(z * 1000 + 1, z * 1000 + 900, (40, 60))
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": "ZYX"})
    assert measured(tmp_path, 2, **{"media.z": 2}) == [(image[2].min(), image[2].max())]
    assert measured(tmp_path, 2) == [(image.min(), image.max())]


def test_the_calibrated_pixels_are_measured(tmp_path):
    image = np.zeros((90, 90), np.uint8)
    image[44:46, 44:46] = 255  # smoothed away by a third: the maximum is below
    tifffile.imwrite(tmp_path / "a.tif", image)
    recipe = Recipe.of(
        {"media": {"folder": str(tmp_path)}, "calibration": {"enabled": True, "scale": "1/3"}},
    )
    (planned,) = make_plan(recipe).images
    ((found),) = one_by_one(planned, recipe)
    assert 0 < found.high < 200
    reader = CalibratedImage(planned, recipe, 0)
    whole = reader.read(planned.planes[0], Box(0, 0, 30, 30))
    reader.close()
    assert (found.low, found.high) == (whole.min(), whole.max())
