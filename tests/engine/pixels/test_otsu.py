"""Foreground pixel by pixel: scikit-image's threshold, channels, colours, NaN."""

import numpy as np
import pytest
from skimage.filters import threshold_otsu

from napari_tiles_creator.engine.pixels import otsu
from napari_tiles_creator.engine.pixels.measure import is_counted
from napari_tiles_creator.engine.pixels.statistic import Statistic


def thresholds(pixels, axes, parts=3):
    """Take the thresholds of an array in bands, as of an image."""
    dtype = otsu.signal_dtype(pixels.dtype, axes)
    statistic = Statistic(True, is_counted(dtype))
    bands = np.array_split(pixels, parts, axis=1 if axes == "CYX" else 0)
    for band in bands:
        statistic.see(otsu.signals(band, axes))
    if statistic.needs_second_pass:
        for band in bands:
            statistic.count(otsu.signals(band, axes), statistic.extremes)
    return otsu.thresholds_of(statistic, dtype)


RNG = np.random.default_rng(0)
TWO_HEAPS = np.where(RNG.random((60, 70)) < 0.2, RNG.normal(180, 10, (60, 70)), RNG.normal(60, 15, (60, 70)))


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_thresholds_of_small_integers_are_exactly_scikit_images(dtype):
    image = (TWO_HEAPS - (120 if dtype == "int8" else 0)).clip(-128, 255).astype(dtype)
    assert thresholds(image, "YX") == (float(threshold_otsu(image)),)


@pytest.mark.parametrize("dtype", ["uint32", "float32", "float64"])
def test_others_are_scikit_images_over_65536_bins(dtype):
    image = (TWO_HEAPS * 1000).astype(dtype)
    (found,) = thresholds(image, "YX")
    expected = threshold_otsu(image.astype(np.float64), nbins=1 << 16)
    assert found == pytest.approx(expected, abs=np.ptp(image.astype(float)) / (1 << 16))


def test_a_mask_is_split_between_its_two_values():
    mask = np.zeros((10, 10), np.uint8)
    mask[:3] = 255
    found = thresholds(mask, "YX")
    assert otsu.share(mask, "YX", found, "bright") == 0.3
    assert otsu.share(mask, "YX", found, "dark") == 0.7
    assert otsu.share(mask > 0, "YX", thresholds(mask > 0, "YX"), "bright") == 0.3


def test_any_channel_makes_a_pixel_foreground():
    image = np.zeros((3, 10, 10), np.uint16)
    image[0, :2] = 1000
    image[1, :, :3] = 7
    image[2] = 9  # constant: no foreground
    found = thresholds(image, "CYX")
    assert found[2] is None
    assert otsu.share(image, "CYX", found, "bright") == (20 + 30 - 6) / 100
    assert otsu.share(image, "CYX", found, "dark") == 1 - 6 / 100


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_colours_count_by_their_sum(dtype):
    image = np.stack([TWO_HEAPS, TWO_HEAPS[::-1], TWO_HEAPS[:, ::-1]], axis=-1).clip(0, 255).astype(dtype)
    total = image.astype(np.float64).sum(axis=-1)
    (found,) = thresholds(image, "YXS")
    nbins = 1 << 16
    expected = threshold_otsu(total.astype(np.uint16)) if dtype == "uint8" else threshold_otsu(total, nbins)
    assert found == pytest.approx(expected, abs=np.ptp(total) / nbins)
    assert otsu.share(image, "YXS", (found,), "bright") == (total > found).mean()


def test_sums_of_colours_never_wrap():
    image = np.full((4, 4, 3), 65535, np.uint16)
    assert otsu.signals(image, "YXS")[0].max() == 3 * 65535
    for dtype in (np.bool_, np.uint8, np.int8, np.int16, np.uint32):
        top = np.iinfo(dtype).max if dtype is not np.bool_ else True
        assert int(otsu.signals(np.full((2, 2, 3), top, dtype), "YXS")[0].max()) == 3 * int(top)


@pytest.mark.parametrize("kind", ["bright", "dark"])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_constants_have_no_foreground(dtype, kind):
    image = np.full((5, 5), 3, dtype)
    assert thresholds(image, "YX") == (None,)
    assert otsu.share(image, "YX", (None,), kind) == 0


def test_nan_is_never_foreground_and_moves_no_threshold():
    image = TWO_HEAPS.copy()
    clean = thresholds(image[10:], "YX")
    image[:10] = np.nan
    assert thresholds(image, "YX") == clean
    for kind in ("bright", "dark"):
        assert otsu.share(image[:10], "YX", clean, kind) == 0
    bright, dark = (otsu.share(image, "YX", clean, kind) for kind in ("bright", "dark"))
    assert bright + dark == pytest.approx(50 / 60)
    assert thresholds(np.full((5, 5), np.nan), "YX") == (None,)
