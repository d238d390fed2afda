import numpy as np
import pytest
from scipy.special import expit, softmax

from napari_tiles_creator.engine.predicting.models.class_maps import are_logits, checked, enlarged
from napari_tiles_creator.errors import ModelError

RNG = np.random.default_rng(0)


def of_pixels(small, length):
    """Return what each of the new pixels takes of a row of old ones, by the rule in words and a loop."""
    out = []
    for i in range(length):
        place = min(max((i + 0.5) * len(small) / length - 0.5, 0), len(small) - 1)
        k = int(place)
        after = small[min(k + 1, len(small) - 1)]
        out.append(small[k] + (place - k) * (after - small[k]))
    return out


@pytest.mark.parametrize(("n", "length"), [(4, 16), (5, 19), (3, 3), (1, 7)])
def test_maps_are_enlarged_between_the_centres_of_pixels(n, length):
    row = RNG.random(n).astype(np.float32)
    maps = np.tile(row, (1, 1, 2, 1))
    found = enlarged(maps, (2, length))
    np.testing.assert_allclose(found[0, 0], [of_pixels(row, length)] * 2, rtol=1e-5)


def test_logits_of_several_classes_become_their_softmax_after_they_were_enlarged():
    logits = RNG.normal(0, 5, (2, 3, 8, 8)).astype(np.float32)
    found = checked(logits, (32, 32), "net", logits=True)
    expected = softmax(enlarged(logits, (32, 32)).astype(np.float64), axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not np.allclose(found, enlarged(softmax(logits, axis=1).astype(np.float32), (32, 32)), atol=0.01)


def test_one_map_alone_is_class_1():
    logits = RNG.normal(0, 5, (1, 1, 8, 8)).astype(np.float32)
    found = checked(logits, (8, 8), "net", logits=True)
    np.testing.assert_allclose(found[:, 1], expit(logits[:, 0]), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    shares = expit(logits)
    np.testing.assert_array_equal(checked(shares, (8, 8), "net", logits=False)[:, 1], shares[:, 0])
    # A network may leave out an axis of length 1.
    np.testing.assert_array_equal(checked(shares[:, 0], (8, 8), "net", logits=False)[:, 1], shares[:, 0])


def test_classes_that_were_told_one_by_one_are_divided_by_their_sum():
    values = np.zeros((1, 3, 1, 3), np.float32)
    values[0, :, 0] = [[0.1, 0, 0.2], [0.9, 0, 0.3], [0.8, 0, 0.5]]
    found = checked(values, (1, 3), "net", logits=False)
    np.testing.assert_allclose(found[0, :, 0], [[0.1 / 1.8, 1, 0.2], [0.5, 0, 0.3], [0.8 / 1.8, 0, 0.5]], atol=1e-6)


def test_values_outside_of_0_to_1_are_logits():
    assert are_logits(np.array([-0.1, 0.5]))
    assert are_logits(np.array([0.5, 1.1]))
    assert not are_logits(np.array([0, 0.5, 1.0000001]))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        pytest.param(
            np.zeros((1, 2, 20, 20), np.float32), "20 × 20 px for tiles of 32 × 32", id="a margin is left out"
        ),
        pytest.param(np.zeros((1, 2, 32, 32), np.int64), "int64 values", id="classes"),
        pytest.param(np.zeros((1, 5), np.float32), "shape (1, 5)", id="a class a tile"),
        pytest.param(np.full((1, 2, 32, 32), np.nan, np.float32), "no numbers", id="NaN"),
        pytest.param(np.full((1, 2, 32, 32), 3, np.float32), "3 to 3, and within 0 to 1 on a trial", id="neither"),
    ],
)
def test_what_is_no_map_of_the_tile_is_told(output, words):
    with pytest.raises(ModelError) as caught:
        checked(output, (32, 32), "net.onnx", logits=False)
    assert words in str(caught.value)
    assert "net.onnx" in str(caught.value)
