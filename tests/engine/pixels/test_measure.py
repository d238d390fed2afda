"""Ranges: exact extremes, numpy's percentiles, NaN and infinities left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.pixels import measure
from napari_tiles_creator.recipe.normalization import Normalization

SMALL = ("bool", "uint8", "int8", "uint16", "int16")
LARGE = ("uint32", "int32", "float32", "float64")


def noise(dtype: str, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(count) < 0.3
    if kind.kind == "f":
        return rng.lognormal(0, 1, count).astype(kind)
    limits = np.iinfo(kind)
    spread = rng.integers(1, min(limits.max, 5000))
    return rng.integers(limits.max - spread, limits.max, count, kind, endpoint=True)


def measured(pixels: np.ndarray, low: float, high: float) -> tuple[float, float]:
    found = measure.measured(pixels, Normalization(percentiles=(low, high)))
    return found.low, found.high


def in_parts(pixels: np.ndarray, low: float, high: float, parts: int) -> tuple[float, float]:
    """Measure as an image is: band by band, then put together."""
    bands = [band for band in np.array_split(pixels, parts) if band.size]
    within = measure.joined(measure.extremes(band) for band in bands)
    total = sum(measure.counts(band, within) for band in bands)
    found = measure.percentile_range(total, (low, high), within, pixels.dtype)
    return found.low, found.high


PERCENT = st.tuples(st.floats(0.001, 50), st.floats(51, 99.999))


@given(st.sampled_from(SMALL), st.integers(1, 300), PERCENT, st.integers(1, 4), st.integers(0, 99))
def test_percentiles_of_small_integers_are_exactly_numpys(dtype, count, percent, parts, seed):
    pixels = noise(dtype, count, seed)
    plain = pixels.astype(np.uint8) if dtype == "bool" else pixels
    expected = tuple(np.percentile(plain.astype(np.float64), percent))
    assert measured(pixels, *percent) == expected
    assert in_parts(pixels, *percent, parts) == expected


def test_percentiles_between_distant_values_are_numpys_to_the_last_digit():
    pixels = np.random.default_rng(0).integers(0, 65536, 20).astype(np.uint16)
    for percent in np.random.default_rng(1).uniform([0.01, 50], [49.9, 99.9], (500, 2)).tolist():
        assert measured(pixels, *percent) == tuple(np.percentile(pixels.astype(np.float64), percent))


@given(st.sampled_from(LARGE), st.integers(1, 300), PERCENT, st.integers(1, 4), st.integers(0, 99))
def test_percentiles_of_others_are_numpys_to_a_bin(dtype, count, percent, parts, seed):
    pixels = noise(dtype, count, seed)
    bin_width = (float(pixels.max()) - float(pixels.min())) / measure.BINS
    expected = np.percentile(pixels.astype(np.float64), percent)
    np.testing.assert_allclose(measured(pixels, *percent), expected, rtol=1e-12, atol=bin_width)
    np.testing.assert_allclose(in_parts(pixels, *percent, parts), expected, rtol=1e-12, atol=bin_width)


@pytest.mark.parametrize("dtype", ["float32", "uint32"])
def test_percentiles_of_an_image_are_numpys_to_a_bin(dtype):
    pixels = (np.random.default_rng(0).gamma(2, 1000, 500_000)).astype(dtype)
    bin_width = (float(pixels.max()) - float(pixels.min())) / measure.BINS
    for percent in [(1, 99), (0.1, 99.9), (25, 50)]:
        expected = np.percentile(pixels, percent)
        np.testing.assert_allclose(in_parts(pixels, *percent, 7), expected, atol=bin_width)


@given(st.sampled_from(SMALL + LARGE), st.integers(1, 50), st.integers(1, 3), st.integers(0, 99))
def test_0_and_100_are_the_exact_extremes(dtype, count, parts, seed):
    pixels = noise(dtype, count, seed)
    expected = (float(pixels.min()), float(pixels.max()))
    assert measured(pixels, 0, 100) == expected
    assert in_parts(pixels, 0, 100, parts) == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99), (0, 99)], ids=str)
def test_nan_and_infinities_are_left_out(dtype, percentiles):
    rng = np.random.default_rng(0)
    clean = rng.normal(0, 10, 20_000).astype(dtype)
    dirty = np.concatenate([clean, [np.nan, np.inf, -np.inf] * 500]).astype(dtype)
    rng.shuffle(dirty)
    bin_width = float(clean.max() - clean.min()) / measure.BINS
    np.testing.assert_allclose(measured(dirty, *percentiles), np.percentile(clean, percentiles), atol=bin_width)
    assert measured(dirty, *percentiles) == in_parts(dirty, *percentiles, 3) == measured(clean, *percentiles)


@pytest.mark.parametrize("percentiles", [(0, 100), (1, 99)], ids=str)
def test_no_finite_pixel_gives_no_range(percentiles):
    assert np.isnan(measured(np.array([np.nan, np.inf]), *percentiles)).all()
    # One empty band among others says nothing.
    pixels = np.concatenate([np.full(100, np.nan), np.arange(100.0)])
    assert in_parts(pixels, 0, 100, 2) == (0, 99)


@pytest.mark.parametrize("dtype", SMALL + LARGE)
def test_a_constant_is_both_ends(dtype):
    pixels = np.ones(100, dtype)
    for percentiles in [(0, 100), (1, 99)]:
        assert measured(pixels, *percentiles) == (1, 1)


def test_only_channels_have_ranges_of_their_own():
    pixels = np.zeros((3, 4, 5))
    assert [part.shape for part in measure.split_channels(pixels, "CYX", True)] == [(4, 5)] * 3
    assert [part.shape for part in measure.split_channels(pixels, "CYX", False)] == [(3, 4, 5)]
    assert [part.shape for part in measure.split_channels(np.zeros((4, 5, 3)), "YXS", True)] == [(4, 5, 3)]


@pytest.mark.parametrize("ends", [(100, np.nextafter(100, 101)), (0, 5e-324), (7, 7)], ids=["ulp", "least", "no"])
def test_ranges_that_are_next_to_nothing_have_percentiles(ends):
    """A constant image that was rescaled differs by rounding: 65,536 bins do not fit between its extremes."""
    pixels = np.repeat(np.array(ends, np.float64), [300, 700])
    assert measure.binned(pixels, measure.Range(*ends)).sum() == 1000
    low, high = measured(pixels, 2, 98)
    assert ends[0] <= low <= high <= ends[1]


def test_the_widest_range_has_bins():
    pixels = np.repeat([-1.7e308, 0, 1.7e308], [300, 200, 500])
    counts = measure.binned(pixels, measure.extremes(pixels))
    assert {int(i): int(counts[i]) for i in np.flatnonzero(counts)} == {0: 300, 32768: 200, 65535: 500}
