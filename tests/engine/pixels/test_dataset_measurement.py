"""One range over all images: against numpy over concatenated arrays; images that fail take no part."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels import source_blocks
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement, measure_dataset
from napari_tiles_creator.engine.pixels.measure import BINS
from napari_tiles_creator.engine.steps import result_of

RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _small_bands(monkeypatch):
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 60 * 16)


def write(folder, images, axes=None):
    folder.mkdir(exist_ok=True)
    for number, image in enumerate(images):
        metadata = {"imagej": True, "metadata": {"axes": axes}} if axes else {}
        tifffile.imwrite(folder / f"{number}.tif", image, **metadata)


def plan_of(folder, **fields):
    return make_plan(Recipe.preset("unet", source=folder).changed({"normalization.scope": "dataset"} | fields))


def measured(plan):
    return result_of(measure_dataset(plan))


def pairs(ranges):
    return [(found.low, found.high) for found in ranges]


@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99), (0, 99.5)], ids=str)
@pytest.mark.parametrize(
    "dtypes", [("uint16",) * 3, ("uint8",) * 3, ("uint8", "uint16", "uint8"), ("float32", "uint16", "int16")], ids=str
)
def test_ranges_are_those_of_all_pixels_together(tmp_path, dtypes, percentiles):
    images = [RNG.gamma(2, 10 + 9 * k, (50 + 9 * k, 60)).clip(0, 255).astype(dtypes[k]) for k in range(3)]
    write(tmp_path, images)
    (found,) = pairs(measured(plan_of(tmp_path, **{"normalization.percentiles": percentiles})).ranges())
    every = np.concatenate([image.ravel().astype(float) for image in images])
    tolerance = 0 if len(set(dtypes)) == 1 else np.ptp(every) / BINS
    if tolerance and percentiles != (0, 100):  # bins do not see that values are whole: half a step at the most
        tolerance += 0.5
    np.testing.assert_allclose(found, np.percentile(every, percentiles), rtol=0, atol=tolerance)


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("percentiles", [(0, 100), (2, 98)], ids=str)
def test_a_range_a_channel_over_all_planes_and_images(tmp_path, percentiles, per_channel):
    images = [RNG.integers(0, 900 * k, (3, 2, 40, 60)).astype(np.uint16) + np.uint16([[[0]], [[77]]]) for k in (1, 3)]
    write(tmp_path, images, "ZCYX")
    fields = {"normalization.percentiles": percentiles, "normalization.per_channel": per_channel}
    parts = [[image[:, c] for image in images] for c in range(2)] if per_channel else [images]
    expected = [tuple(np.percentile(np.concatenate([p.ravel() for p in part]), percentiles)) for part in parts]
    assert pairs(measured(plan_of(tmp_path, **fields)).ranges()) == expected


def test_a_source_that_fails_takes_no_part_and_is_named(tmp_path):
    images = [RNG.integers(0, 100 * k, (50, 60)).astype(np.uint16) for k in (1, 9, 2)]
    write(tmp_path, images)
    plan = plan_of(tmp_path)
    (tmp_path / "1.tif").unlink()
    found = measured(plan)
    assert list(found.failed) == ["1.tif"]
    assert pairs(found.ranges()) == [(0, max(images[0].max(), images[2].max()))]


@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_one_that_fails_in_the_second_round_takes_no_part_either(tmp_path, dtype):
    """With uint16 colours, ranges are counted in the first round and thresholds, of sums, in the second."""
    images = [RNG.integers(0, 100 * k, (50, 60, 3)).astype(dtype) for k in (1, 9, 2)]
    for number, image in enumerate(images):
        tifffile.imwrite(tmp_path / f"{number}.tif", image, photometric="rgb")
    fields = {"normalization.percentiles": (1, 99), "tiling.min_foreground": 0.1}
    plan = plan_of(tmp_path, **fields)
    measurement = DatasetMeasurement(plan)
    for number, every in enumerate(measurement.rounds()):
        for image, tasks_of in every:
            reader = CalibratedImage(image, plan.recipe, 1 << 20)
            for task in tasks_of(reader):
                task()
            reader.close()
            if number == 1 and image.name == "1.tif":
                measurement.fail(image, "gone")
            else:
                measurement.done(image)
    (tmp_path / "1.tif").unlink()
    expected = measured(plan_of(tmp_path, **fields))
    assert measurement.ranges() == expected.ranges()
    assert measurement.thresholds == expected.thresholds
    assert set(measurement.thresholds) == {"0.tif", "2.tif"}


def test_nothing_finite_gives_no_range(tmp_path):
    write(tmp_path, [np.full((50, 60), np.nan, np.float32)] * 2)
    ((low, high),) = pairs(measured(plan_of(tmp_path, **{"normalization.percentiles": (1, 99)})).ranges())
    assert np.isnan([low, high]).all()
