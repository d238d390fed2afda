"""Weights: positive everywhere, a partition of unity, and of the form that the interface gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.back.blend import Canvas, axis_weights
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.edges import TiledAxis
from strategies import EDGES, axes, grids

BLENDS = st.sampled_from(["linear", "hann", "mean"])


@given(axes(), st.sampled_from(EDGES), BLENDS)
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


@given(grids(longest=40, largest=12), BLENDS, st.data())
def test_a_missing_tile_leaves_the_others_undimmed(grid, blend, data):
    gone = data.draw(st.integers(0, len(grid) - 1))
    canvas = Canvas(grid.shape, blend, grid)
    covered = np.zeros(grid.shape, bool)
    for tile in grid:
        if tile.index != gone:
            canvas.add(np.full(tile.box.shape, 60_000, np.uint16), tile.box, (tile.row, tile.column))
            covered[tile.box.slices] = True
    assert canvas.gaps == (~covered).sum()
    np.testing.assert_array_equal(canvas.finished(), np.where(covered, 60_000, 0))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
def test_scattered_tiles_are_averaged(dtype):
    rng = np.random.default_rng(0)
    total, over = np.zeros((60, 60)), np.zeros((60, 60))
    canvas = Canvas((60, 60), "mean")
    for y, x in rng.integers(0, 50, (300, 2)).tolist():
        pixels = rng.integers(0, np.iinfo(dtype).max if dtype[0] == "u" else 1000, (10, 10)).astype(dtype)
        canvas.add(pixels, Box(y, x, 10, 10))
        total[y : y + 10, x : x + 10] += pixels
        over[y : y + 10, x : x + 10] += 1
    mean = np.divide(total, over, out=np.zeros_like(total), where=over > 0)
    back = canvas.finished()
    assert back.dtype == dtype
    np.testing.assert_allclose(back, np.rint(mean) if dtype[0] == "u" else mean, rtol=0 if dtype[0] == "u" else 1e-6)
