"""The share of foreground in every tile: against plain numpy on whole arrays."""

import threading

import numpy as np
import pytest
import tifffile
from skimage.filters import threshold_otsu

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.pixels import source_blocks
from napari_tiles_creator.engine.pixels.foreground import foreground_shares

RNG = np.random.default_rng(3)


@pytest.fixture(autouse=True)
def _small_bands(monkeypatch):
    monkeypatch.setattr(source_blocks, "BLOCK_PIXELS", 90 * 16)


def blobs(*shape):
    image = RNG.poisson(40, shape).astype(np.uint16)
    image[..., 20:50, 30:80] += 200
    image[..., 70:, :20] += 150
    return image


def whole(generator):
    steps = 0
    try:
        while True:
            next(generator)
            steps += 1
    except StopIteration as done:
        return done.value, steps


def planned(path, **fields):
    recipe = Recipe.preset("unet", source=path).changed({"tiling.size_px": 24, "tiling.overlap_px": 5} | fields)
    plan = make_plan(recipe)
    return plan, plan.images[0]


@pytest.mark.parametrize("kind", ["bright", "dark"])
@pytest.mark.parametrize("edge", ["shift", "pad", "ragged"])
def test_shares_are_those_of_the_whole_image(tmp_path, edge, kind):
    image = blobs(101, 90)
    tifffile.imwrite(tmp_path / "a.tif", image)
    plan, item = planned(tmp_path, **{"tiling.edge": edge, "tiling.foreground": kind})
    mask = (image > threshold_otsu(image)) == (kind == "bright")
    expected = [mask[tile.box.slices].mean() for tile in item.tiling]
    shares, steps = whole(foreground_shares(plan, item))
    np.testing.assert_array_equal(shares, expected)
    assert 0 < np.mean(expected) < 1
    assert steps >= 7 + item.tiling.rows.count  # it can be stopped between bands and between rows of tiles


def test_calibrated_pixels_count(tmp_path):
    image = blobs(101, 90)
    tifffile.imwrite(tmp_path / "a.tif", image)
    fields = {"calibration.enabled": True, "calibration.scale": 1.7, "calibration.interpolation": "nearest"}
    plan, item = planned(tmp_path, **fields)
    rows, columns = (((2 * np.arange(n) + 1) * old) // (2 * n) for n, old in zip(item.shape, image.shape, strict=True))
    scaled = image[np.ix_(rows, columns)]
    mask = scaled > threshold_otsu(scaled)
    np.testing.assert_array_equal(
        whole(foreground_shares(plan, item))[0], [mask[tile.box.slices].mean() for tile in item.tiling]
    )


def test_the_threshold_is_that_of_all_kept_planes_and_of_each_channel(tmp_path):
    image = blobs(3, 2, 60, 90)
    image[2] *= 3
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": "ZCYX"})
    for fields, kept in (({}, [0, 1, 2]), ({"media.z": 1}, [1]), ({"media.channel": 1}, [0, 1, 2])):
        plan, item = planned(tmp_path, **fields)
        channels = [1] if "media.channel" in fields else [0, 1]
        masks = [image[kept, c] > threshold_otsu(image[kept, c]) for c in channels]
        mask = np.any(masks, axis=0)
        for number in range(len(kept)):
            expected = [mask[number][tile.box.slices].mean() for tile in item.tiling]
            np.testing.assert_array_equal(whole(foreground_shares(plan, item, number))[0], expected)


def test_places_outside_the_region_are_not_read(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", blobs(101, 90))
    plan, item = planned(tmp_path, **{"tiling.roi": [0, 0, 40, 40]})
    shares, _ = whole(foreground_shares(plan, item))
    np.testing.assert_array_equal(np.isnan(shares), ~item.kept)
    assert 0 < item.kept.sum() < len(shares)


def test_scattered_tiles(tmp_path):
    image = blobs(101, 90)
    tifffile.imwrite(tmp_path / "a.tif", image)
    plan, item = planned(tmp_path, **{"tiling.sampling": "random", "tiling.count": 40})
    mask = image > threshold_otsu(image)
    expected = [mask[box.slices].mean() for box in item.tiling.boxes]
    np.testing.assert_array_equal(whole(foreground_shares(plan, item))[0], expected)


def test_it_can_be_stopped(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", blobs(101, 90))
    plan, item = planned(tmp_path)
    for after in (0, 1, 9):
        stop = threading.Event()
        steps = foreground_shares(plan, item, stop=stop)
        for _ in range(after):
            next(steps)
        stop.set()
        shares, more = whole(steps)
        assert more == 0
        assert np.isnan(shares).any()
