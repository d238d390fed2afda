"""Weights: positive everywhere, a partition of unity, and of the form that the interface gives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.back.values.weights import BLENDS, axis_weights, check_blend
from napari_tiles_creator.geometry.edges import TiledAxis
from strategies import EDGES, axes

AVERAGING = st.sampled_from(["linear", "hann", "gaussian", "mean"])


@given(axes(), st.sampled_from(EDGES), AVERAGING)
def test_weights_are_positive_and_sum_to_1(numbers, edge, blend):
    axis = TiledAxis(*numbers, edge)
    total = np.zeros(axis.length)
    for i, weights in enumerate(axis_weights(axis, blend)):
        assert (weights > 0).all()
        total[axis.start(i) : axis.stop(i)] += weights
    end = axis.stop(axis.count - 1)
    np.testing.assert_allclose(total[:end], 1, rtol=1e-14)
    assert not total[end:].any()


@pytest.mark.parametrize("overlap", [1, 2, 5, 128])
def test_linear_is_the_ramp_of_the_interface(overlap):
    size = 3 * overlap
    first, second = axis_weights(TiledAxis(2 * size - overlap, size, overlap, "shift"), "linear")
    ramp = (np.arange(overlap) + 0.5) / overlap
    np.testing.assert_allclose(second[:overlap], ramp)
    np.testing.assert_allclose(first[-overlap:], ramp[::-1])
    assert (first[:-overlap] == 1).all()
    assert (second[overlap:] == 1).all()


def test_hann_is_half_a_period_without_its_zeros():
    _, second = axis_weights(TiledAxis(20, 12, 4, "shift"), "hann")
    period = np.hanning(2 * 2 * 4 + 1)[1::2][:4]  # sampled between its zeros
    np.testing.assert_allclose(second[:4], period)


@given(axes(), st.sampled_from(EDGES))
def test_mean_counts_the_tiles(numbers, edge):
    axis = TiledAxis(*numbers, edge)
    over = np.zeros(axis.length)
    for i in range(axis.count):
        over[axis.start(i) : axis.stop(i)] += 1
    for i, weights in enumerate(axis_weights(axis, "mean")):
        np.testing.assert_allclose(weights, 1 / over[axis.start(i) : axis.stop(i)])


@pytest.mark.parametrize("size", [1, 2, 7, 64, 512])
def test_gaussian_falls_from_the_middle_by_an_eighth_of_the_tile(size):
    (only,) = axis_weights(TiledAxis(size, size, 0, "shift"), "gaussian")
    np.testing.assert_allclose(only, 1)  # the only tile has all the weight
    first, second = axis_weights(TiledAxis(2 * size, size, 0, "shift"), "gaussian")
    assert (first == 1).all()
    assert (second == 1).all()
    overlap = size // 2
    first, second = axis_weights(TiledAxis(2 * size - overlap, size, overlap, "shift"), "gaussian")
    for k in range(overlap):  # the ratio of two bells whose middles are half a tile apart
        nearer, farther = size - overlap + k - (size - 1) / 2, k - (size - 1) / 2
        bells = [math.exp(-(d**2) / (2 * (size / 8) ** 2)) for d in (nearer, farther)]
        assert first[size - overlap + k] == pytest.approx(bells[0] / sum(bells), rel=1e-9)
        assert second[k] == pytest.approx(bells[1] / sum(bells), rel=1e-9)


def test_gaussian_has_its_middle_in_that_of_the_padded_tile():
    """A model has seen the padding, too: the visible part of the last tile has no middle of its own."""
    _, second = axis_weights(TiledAxis(17, 16, 8, "pad"), "gaussian")
    _, whole = axis_weights(TiledAxis(24, 16, 8, "pad"), "gaussian")
    np.testing.assert_allclose(second[:8], whole[:8])


@pytest.mark.parametrize("dtype", ["uint64", "int64"])
def test_what_takes_values_as_they_are_takes_any_integer(dtype):
    for blend in BLENDS:
        if blend in ("core", "max"):
            check_blend(blend, np.dtype(dtype))
        else:
            with pytest.raises(ValueError, match="too large to be averaged exactly: use blend 'core'"):
                check_blend(blend, np.dtype(dtype))
