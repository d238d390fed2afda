import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_tiles_creator.engine.image_files.halving import halved, level_shapes

shapes = st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
dtypes = st.sampled_from(["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"])


@given(st.data(), shapes, dtypes)
def test_integers_give_the_rounded_mean_of_the_pixels_there_are(data, shape, dtype):
    """Computed pixel by pixel with Python's integers, which never overflow."""
    pixels = data.draw(hnp.arrays(dtype, shape))
    found = halved(pixels, nearest=False)
    assert found.dtype == pixels.dtype
    assert found.shape == (shape[0], -(-shape[1] // 2), -(-shape[2] // 2), shape[3])
    for plane, y, x, sample in np.ndindex(found.shape):
        held = [int(value) for value in pixels[plane, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2, sample].flat]
        assert found[plane, y, x, sample] == (2 * sum(held) + len(held)) // (2 * len(held))


@given(st.data(), shapes, st.sampled_from(["float16", "float32", "float64"]))
def test_floats_give_the_mean_without_overflow(data, shape, dtype):
    pixels = data.draw(hnp.arrays(dtype, shape, elements={"allow_nan": False, "allow_infinity": False}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = halved(pixels, nearest=False)
    for plane, y, x, sample in np.ndindex(found.shape):
        held = pixels[plane, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2, sample].astype(np.longdouble)
        tolerance = 8 * np.finfo(dtype).eps * np.abs(held).max() + 8 * np.finfo(dtype).smallest_subnormal
        assert abs(found[plane, y, x, sample] - held.mean()) <= tolerance


@pytest.mark.parametrize("dtype", ["bool", "uint16"])
def test_labels_keep_their_values(dtype):
    labels = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 5, (1, 7, 9, 1)).astype(dtype)
    assert np.array_equal(halved(labels, nearest=True)[0, ..., 0], labels[0, ::2, ::2, 0])


def test_levels_go_down_to_a_length():
    assert level_shapes((5001, 300), 1024) == ((5001, 300), (2501, 150), (1251, 75), (626, 38))
    assert level_shapes((1024, 1024), 1024) == ((1024, 1024),)
    assert level_shapes((100_000, 1), 1)[-1] == (1, 1)
