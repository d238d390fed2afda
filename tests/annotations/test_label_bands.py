"""Runs of labels that come in bands: judged by painting them, and by what has to be refused."""

import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from label_images import in_bands, label_images
from napari_tiles_creator.annotations.label_bands import runs_of_labels
from strategies import masks

TYPES = (np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.float32, np.float64)


def painted(runs):
    """Return what runs stand for; each pixel is painted once."""
    height, width = runs.shape
    pixels = np.zeros(height * width, np.int64)
    for start, stop, owner in zip(runs.starts.tolist(), runs.stops.tolist(), runs.owners.tolist(), strict=True):
        part = pixels[start : start // width * width + stop]
        assert len(part)
        assert not part.any()
        part[:] = owner
    return pixels.reshape(runs.shape)


@given(label_images(largest=100), st.sampled_from(TYPES), st.integers(1, 30))
def test_runs_are_the_labels_whatever_their_type_and_the_height_of_bands(labels, dtype, rows):
    labels = labels.astype(dtype)
    runs = runs_of_labels(labels.shape, in_bands(labels, rows))
    np.testing.assert_array_equal(painted(runs), labels)
    edges = np.diff(labels.astype(np.int64), axis=1, prepend=0)
    assert len(runs.starts) == np.count_nonzero((edges != 0) & (labels != 0))
    assert np.all(np.diff(runs.starts) > 0)


@given(label_images(largest=5), st.integers(1, 30))
def test_values_that_touch_become_one_where_all_are_alike(labels, rows):
    runs = runs_of_labels(labels.shape, in_bands(labels, rows), alike=True)
    np.testing.assert_array_equal(painted(runs), labels != 0)
    edges = np.diff((labels != 0).astype(np.int64), axis=1, prepend=0)
    assert len(runs.starts) == np.count_nonzero(edges == 1)


@given(masks())
def test_bool_bands_are_taken(mask):
    np.testing.assert_array_equal(painted(runs_of_labels(mask.shape, [mask != 0])), mask != 0)


def test_a_run_takes_16_bytes():
    runs = runs_of_labels((2, 4), [np.array([[1, 1, 2, 0], [0, 3, 3, 3]])])
    assert (runs.starts.nbytes + runs.stops.nbytes + runs.owners.nbytes) == 3 * 16
    assert (runs.starts.tolist(), runs.stops.tolist(), runs.owners.tolist()) == ([0, 2, 5], [2, 3, 4], [1, 2, 3])


@pytest.mark.parametrize("shape", [(0, 0), (0, 5), (5, 0)])
def test_planes_without_pixels(shape):
    assert len(runs_of_labels(shape, [np.zeros(shape, np.uint8)] if shape[0] else []).starts) == 0


def test_the_largest_label():
    labels = np.array([[0, 4_294_967_295]], np.uint32)
    assert runs_of_labels((1, 2), [labels]).owners.tolist() == [4_294_967_295]


WRONG = {
    "-3": np.array([[0, -3, 2]], np.int16),
    "-1": np.array([[0, 7, -1]], np.int8),
    "4294967296": np.array([[1 << 32, 0, 2]], np.uint64),
    "4294967296.0": np.array([[0, 0, 2.0**32]], np.float32),
    "1.5": np.array([[0, 1.5, 2]], np.float32),
    "nan": np.array([[0, np.nan, 2]]),
    "inf": np.array([[0, np.inf, 2]], np.float16),
}


@pytest.mark.parametrize(("value", "labels"), WRONG.items(), ids=WRONG)
@pytest.mark.parametrize("alike", [False, True])
def test_what_is_no_label_is_named(value, labels, alike):
    with pytest.raises(ValueError, match=f"^holds the value {value}: labels are whole numbers from 0 to 4,294,967,295"):
        runs_of_labels((1, 3), [labels], alike=alike)


def test_values_that_are_no_numbers_are_named():
    with pytest.raises(ValueError, match="complex64"):
        runs_of_labels((1, 2), [np.array([[0, 1j]], np.complex64)])


@pytest.mark.parametrize("shapes", [[(2, 4)], [(2, 4), (3, 4)], [(4, 3)], [(4, 4, 1)]])
def test_bands_have_to_add_up_to_the_plane(shapes):
    with pytest.raises(ValueError, match="plane of 4"):
        runs_of_labels((4, 4), [np.zeros(shape, np.uint8) for shape in shapes])


def test_a_band_is_asked_for_when_the_one_before_is_gone():
    def bands():
        before = None
        for _ in range(5):
            assert before is None or before() is None
            band = np.ones((3, 8), np.uint8)
            before = weakref.ref(band)
            yield band
            del band

    assert len(runs_of_labels((15, 8), bands()).starts) == 15
