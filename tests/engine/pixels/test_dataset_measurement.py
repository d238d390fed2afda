"""One range over all images: against numpy over concatenated arrays; images that fail take no part.

With a split it is the range of the training pixels alone, whatever the other splits hold.
"""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import resize

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.export.survey import survey
from napari_tiles_creator.engine.pixels import resample, source_blocks
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement, measure_dataset
from napari_tiles_creator.engine.pixels.histogram import histograms
from napari_tiles_creator.engine.pixels.measure import BINS
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.errors import PlanError, SourceError
from split_plans import split_plan, training_pixels

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


# ---- the training split alone ----

BY_IMAGE = {"0.tif": "train", "1.tif": "val", "2.tif": "train", "3.tif": "test"}
# Bands with gaps between them, across the borders of blocks; one image is validation only.
BY_BANDS = {
    "0.tif": (0, [("train", 0, 21), ("val", 25, 33), ("train", 37, 50)]),
    "1.tif": (0, [("val", 0, 30), ("test", 31, 59)]),
    "2.tif": (1, [("test", 0, 13), ("train", 17, 60)]),
    "3.tif": (1, [("train", 5, 6), ("val", 6, 60)]),
}
SPLITS = {"image": BY_IMAGE, "bands": BY_BANDS}
DTYPES = {"uint16": ("uint16",) * 4, "float32": ("float32",) * 4, "mixed": ("uint8", "float32", "uint16", "int16")}


def images_of(dtypes):
    images = [RNG.gamma(2, 10 + 9 * k, (50 + 9 * k, 60)).clip(0, 250).astype(dtypes[k]) for k in range(4)]
    images[1][7, 9] = 255 if dtypes[1] == "uint8" else 40_000  # an outlier in no training pixel, in every split here
    return images


def recipe_of(folder, **fields):
    return Recipe.preset("unet", source=folder, output=folder / "out").changed(
        {"normalization.scope": "dataset", "tiling.size_px": 16, "tiling.overlap_px": 4} | fields
    )


def training_of(planes, parts):
    chosen = [part for name, plane in planes.items() for part in training_pixels(plane, parts[name])]
    return np.concatenate([part.ravel().astype(float) for part in chosen])


@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99)], ids=str)
@pytest.mark.parametrize("dtypes", DTYPES)
@pytest.mark.parametrize("split", SPLITS)
def test_only_training_pixels_are_measured(tmp_path, split, dtypes, percentiles):
    images, parts = images_of(DTYPES[dtypes]), SPLITS[split]
    write(tmp_path, images)
    plan = split_plan(recipe_of(tmp_path, **{"normalization.percentiles": percentiles}), parts)
    found = measured(plan)
    every = training_of({f"{k}.tif": image for k, image in enumerate(images)}, parts)
    tolerance = np.ptp(every) / BINS + 0.5 * (dtypes == "mixed") if percentiles != (0, 100) else 0
    tolerance = 0 if dtypes == "uint16" else tolerance
    (pair,) = pairs(found.ranges())
    np.testing.assert_allclose(pair, np.percentile(every, percentiles), rtol=0, atol=tolerance)
    assert max(pair) < 1000
    # What the preview and a dry run show is the same.
    maker = TileMaker(plan, plan.images[1])
    list(maker.prepare())
    assert maker.ranges == found.ranges()
    assert {one.ranges for one in survey(plan)} == {found.ranges()}
    maker.close()


@pytest.mark.parametrize("interpolation", ["cubic", "nearest"])
@pytest.mark.parametrize("percentiles", [(0, 100), (2, 98)], ids=str)
@pytest.mark.parametrize("scale", [1.5, "2/3"])
def test_bands_of_calibrated_images(tmp_path, monkeypatch, scale, percentiles, interpolation):
    """Bands are in calibrated pixels; interpolated values are clipped to the range of the whole plane, as ever."""
    monkeypatch.setattr(resample, "BLOCK_ROWS", 32)
    monkeypatch.setattr(resample, "BLOCK_COLUMNS", 32)
    images = [RNG.integers(500, 4000, (50, 60)).astype(np.uint16), RNG.integers(90, 60_000, (70, 40)).astype(np.uint16)]
    write(tmp_path, images)
    parts = {"0.tif": (0, [("train", 0, 11), ("val", 11, 20), ("train", 21, 33)]), "1.tif": "val"}
    fields = {"normalization.percentiles": percentiles, "calibration.interpolation": interpolation}
    fields |= {"calibration.enabled": True, "calibration.scale": scale}
    plan = split_plan(recipe_of(tmp_path, **fields), parts)
    image, found = plan.images[0], measured(plan)
    if interpolation == "cubic":
        how = {"order": 3, "mode": "reflect", "preserve_range": True, "anti_aliasing": scale == "2/3"}
        plane = resize(images[0], image.shape, **how)
    else:
        rows, columns = ((np.arange(n) + 0.5) * m / n for n, m in zip(image.shape, images[0].shape, strict=True))
        plane = images[0][np.ix_(rows.astype(int), columns.astype(int))]
    every = training_of({"0.tif": plane}, parts)
    bins = 2 * np.ptp(every) / BINS if percentiles != (0, 100) and interpolation == "cubic" else 0
    (pair,) = pairs(found.ranges())
    np.testing.assert_allclose(pair, np.percentile(every, percentiles), rtol=0, atol=bins + 1e-3)
    # Tiles of every split are cut with what was found: of this image the limits are known, of the other not yet.
    assert set(found.limits) == {"0.tif"}
    if interpolation == "cubic":
        (limits,) = found.limits["0.tif"].values()
        np.testing.assert_array_equal(limits, [[images[0].min(), images[0].max()]])


@pytest.mark.parametrize("clipped", [0, 1])
def test_what_is_clipped_is_the_range_of_the_whole_plane(tmp_path, clipped):
    """The brightest pixel lies beside the training band: interpolation beyond it is allowed up to that pixel."""
    image = np.full((60, 60), 100, np.uint16)
    image[30, 20:40], image[40, 30] = 1000, (1000, 5000)[clipped]
    write(tmp_path, [image])
    fields = {"calibration.enabled": True, "calibration.scale": 3}
    plan = split_plan(recipe_of(tmp_path, **fields), {"0.tif": (0, [("train", 0, 105), ("val", 105, 180)])})
    plane = resize(image, (180, 180), order=3, mode="reflect", preserve_range=True)
    ((low, high),) = pairs(measured(plan).ranges())
    np.testing.assert_allclose((low, high), (plane[:105].min(), plane[:105].max()), atol=1e-2)
    assert (high > 1010) == bool(clipped)


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("percentiles", [(0, 100), (2, 98)], ids=str)
def test_bands_of_planes_with_channels(tmp_path, percentiles, per_channel):
    images = [RNG.integers(0, 900 * k, (3, 2, 40, 60)).astype(np.uint16) + np.uint16([[[0]], [[77]]]) for k in (1, 3)]
    images[1][..., :25] = 60_000
    write(tmp_path, images, "ZCYX")
    parts = {"0.tif": "train", "1.tif": (1, [("val", 0, 27), ("train", 27, 60)])}
    fields = {"normalization.percentiles": percentiles, "normalization.per_channel": per_channel}
    plan = split_plan(recipe_of(tmp_path, **fields), parts)
    kept = [images[0], images[1][..., 27:]]
    channels = [[image[:, c] for image in kept] for c in range(2)] if per_channel else [kept]
    expected = [tuple(np.percentile(np.concatenate([p.ravel() for p in part]), percentiles)) for part in channels]
    assert pairs(measured(plan).ranges()) == expected


@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99)], ids=str)
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_thresholds_are_those_of_every_image_whole(tmp_path, dtype, percentiles):
    images = images_of((dtype,) * 4)
    write(tmp_path, images)
    fields = {"tiling.min_foreground": 0.1, "normalization.percentiles": percentiles}
    plain, shared = plan_of(tmp_path, **fields), split_plan(recipe_of(tmp_path, **fields), BY_BANDS)
    found = measured(shared)
    assert found.thresholds == measured(plain).thresholds
    assert set(found.thresholds) == set(BY_BANDS)
    without = recipe_of(tmp_path, **fields | {"tiling.min_foreground": 0})
    assert found.ranges() == measured(split_plan(without, BY_BANDS)).ranges()


@pytest.mark.parametrize("workers", [1, 3])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_bands(tmp_path_factory, workers, data):
    axis = data.draw(st.integers(0, 1))
    length = (45, 70)[axis]
    count = data.draw(st.integers(1, 4))
    cuts = st.lists(st.integers(0, length), min_size=2 * count, max_size=2 * count, unique=True)
    places = sorted(data.draw(cuts))
    names = data.draw(st.lists(st.sampled_from(["train", "val", "test"]), min_size=count, max_size=count))
    bands = list(zip(names, places[::2], places[1::2], strict=True))
    bands[0] = ("train", *bands[0][1:])
    percentiles = data.draw(st.sampled_from([(0, 100), (0, 99), (3.5, 80)]))
    folder = tmp_path_factory.mktemp("bands")
    image = np.random.default_rng(data.draw(st.integers(0, 999))).integers(0, 60_000, (45, 70)).astype(np.uint16)
    write(folder, [image])
    plan = split_plan(recipe_of(folder, **{"normalization.percentiles": percentiles}), {"0.tif": (axis, bands)})
    found = result_of(measure_dataset(plan, 1 << 16, workers))
    every = training_of({"0.tif": image}, {"0.tif": (axis, bands)})
    assert pairs(found.ranges()) == [tuple(np.percentile(every, percentiles))]


def test_no_block_without_training_pixels_is_read(tmp_path):
    write(tmp_path, [RNG.integers(0, 900, (200, 60)).astype(np.uint16)] * 2)
    parts = {"0.tif": (0, [("val", 0, 100), ("train", 103, 200)]), "1.tif": "test"}
    plan = split_plan(recipe_of(tmp_path), parts)
    ((image, tasks_of),) = next(DatasetMeasurement(plan).rounds())
    pixels = CalibratedImage(image, plan.recipe, 1 << 20)
    rows = pixels.block_shape[0]
    assert image.name == "0.tif"
    assert len(tasks_of(pixels)) == -(-200 // rows) - 103 // rows < len(pixels.blocks())


def test_images_of_other_splits_that_cannot_be_read_change_no_range(tmp_path):
    images = images_of(DTYPES["uint16"])
    write(tmp_path, images)
    plan = split_plan(recipe_of(tmp_path, **{"tiling.min_foreground": 0.1}), BY_IMAGE)
    expected = measured(plan).ranges()
    (tmp_path / "1.tif").unlink()
    found = measured(plan)
    assert list(found.failed) == ["1.tif"]
    assert found.ranges() == expected
    problems = {one.image.name: bool(one.problem) for one in survey(plan)}
    assert problems == {"0.tif": False, "1.tif": True, "2.tif": False, "3.tif": False}


def test_a_dry_run_tells_of_unreadable_images_that_are_not_measured(tmp_path):
    write(tmp_path, images_of(DTYPES["uint16"]))
    plan = split_plan(recipe_of(tmp_path), BY_IMAGE)
    (tmp_path / "3.tif").unlink()
    assert measured(plan).failed == {}
    assert [one.image.name for one in survey(plan) if one.problem] == ["3.tif"]


def test_training_images_that_fail_are_left_out(tmp_path):
    images = images_of(DTYPES["uint16"])
    write(tmp_path, images)
    plan = split_plan(recipe_of(tmp_path), BY_IMAGE)
    (tmp_path / "2.tif").unlink()
    found = measured(plan)
    assert list(found.failed) == ["2.tif"]
    assert pairs(found.ranges()) == [(images[0].min(), images[0].max())]


def test_no_training_image_can_be_read(tmp_path):
    write(tmp_path, images_of(DTYPES["uint16"]))
    plan = split_plan(recipe_of(tmp_path), BY_IMAGE)
    for name in ("0.tif", "2.tif"):
        (tmp_path / name).unlink()
    with pytest.raises(SourceError, match=r"no image of the training split gives a range .*0\.tif.*2\.tif") as caught:
        measured(plan)
    assert caught.value.field == "normalization.scope"


def test_no_training_pixel_is_finite(tmp_path):
    write(tmp_path, [np.full((50, 60), np.nan, np.float32), np.ones((50, 60), np.float32)])
    plan = split_plan(recipe_of(tmp_path), {"0.tif": "train", "1.tif": "val"})
    with pytest.raises(SourceError, match="none of their pixels is a finite number"):
        measured(plan)


def test_no_training_image_at_all(tmp_path):
    write(tmp_path, images_of(DTYPES["uint16"]))
    plan = split_plan(recipe_of(tmp_path), dict.fromkeys(BY_IMAGE, "val"))
    with pytest.raises(PlanError, match=r"export\.split\.train a share") as caught:
        measured(plan)
    assert caught.value.field == "export.split"


def test_histograms_map_by_the_training_range(tmp_path):
    images = images_of(DTYPES["uint16"])
    write(tmp_path, images)
    plan = split_plan(recipe_of(tmp_path), BY_IMAGE)
    before, after = result_of(histograms(plan, plan.images[1]))
    (training,) = measured(plan).ranges()
    assert before.high == 40_000
    assert after.high == pytest.approx((40_000 - training.low) / (training.high - training.low))


# ---- ranges that the recipe gives ----


def test_given_ranges_are_not_measured(tmp_path):
    write(tmp_path, images_of(DTYPES["float32"]))
    given_pairs = [(1.5, 77.25)]
    plan = plan_of(tmp_path, **{"normalization.ranges": given_pairs, "normalization.percentiles": (1, 99)})
    measurement = DatasetMeasurement(plan)
    assert list(measurement.rounds()) == []
    assert pairs(measurement.ranges()) == given_pairs
    maker = TileMaker(plan, plan.images[0])
    assert maker.is_ready
    assert pairs(maker.ranges) == given_pairs
    assert {tuple(pairs(one.ranges)) for one in survey(plan)} == {tuple(given_pairs)}


@pytest.mark.parametrize("parts", [None, BY_BANDS], ids=["no split", "split"])
def test_thresholds_are_measured_beside_given_ranges(tmp_path, parts):
    write(tmp_path, images_of(DTYPES["float32"]))
    fields = {"tiling.min_foreground": 0.1, "normalization.ranges": [(1, 2)]}
    recipe = recipe_of(tmp_path, **fields)
    plan = make_plan(recipe) if parts is None else split_plan(recipe, parts)
    expected = measured(plan_of(tmp_path, **{"tiling.min_foreground": 0.1})).thresholds
    found = measured(plan)
    assert found.thresholds == expected
    assert pairs(found.ranges()) == [(1, 2)]


def test_an_unreadable_image_beside_given_ranges_is_told(tmp_path):
    write(tmp_path, images_of(DTYPES["uint16"]))
    plan = plan_of(tmp_path, **{"normalization.ranges": [(1, 2)]})
    (tmp_path / "1.tif").unlink()
    assert [one.image.name for one in survey(plan) if one.problem] == ["1.tif"]


@pytest.mark.parametrize("percentiles", [(0, 100), (2, 98)], ids=str)
def test_real_images(real_data, percentiles):
    """Five images of different microscopes: two are training, of one only a band."""
    names = sorted(path.name for path in (real_data / "fluo16").glob("*.tif"))
    parts = dict.fromkeys(names, "val") | {
        names[1]: "train",
        names[3]: (0, [("train", 0, 200), ("val", 210, 512)]),
    }
    recipe = Recipe.preset("unet", source=real_data / "fluo16").changed(
        {"normalization.scope": "dataset", "normalization.percentiles": percentiles}
    )
    planes = {name: tifffile.imread(real_data / "fluo16" / name) for name in names}
    every = training_of(planes, parts)
    (pair,) = pairs(measured(split_plan(recipe, parts)).ranges())
    assert pair == tuple(np.percentile(every, percentiles))
    whole = np.percentile(np.concatenate([plane.ravel() for plane in planes.values()]), percentiles)
    assert pair != tuple(whole)


def test_a_plan_without_a_split_takes_everything_whatever_images_say(tmp_path):
    images = images_of(DTYPES["uint16"])
    write(tmp_path, images)
    plan = make_plan(recipe_of(tmp_path))
    same = replace(plan, images=tuple(replace(image, split="val") for image in plan.images))
    assert measured(same).ranges() == measured(plan).ranges() == measured(plan_of(tmp_path)).ranges()
