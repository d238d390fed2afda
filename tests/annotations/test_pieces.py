"""Pieces that hang together, found from runs: judged by scipy's labels of the pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from label_images import label_images
from napari_tiles_creator.annotations import pieces
from napari_tiles_creator.annotations.label_bands import runs_of_labels
from napari_tiles_creator.annotations.pieces import pieces_of
from strategies import masks


def painted(runs, numbers):
    pixels = np.zeros(runs.shape, np.int64)
    rows, starts = np.divmod(runs.starts, runs.shape[1])
    for row, start, stop, number in zip(rows, starts, runs.stops, numbers, strict=True):
        pixels[row, start:stop] = number
    return pixels


def assert_are_pieces(labels):
    runs = runs_of_labels(labels.shape, [labels])
    found, first = pieces_of(runs)
    assert (found.dtype, len(found)) == (np.uint32, len(runs.starts))
    pixels = painted(runs, found.astype(np.int64) + 1)
    np.testing.assert_array_equal(pixels != 0, labels != 0)
    count = 0
    for value in np.unique(labels[labels != 0]):
        expected, number = ndimage.label(labels == value)
        pairs = np.unique(np.stack([expected, np.where(labels == value, pixels, 0)]).reshape(2, -1), axis=1)
        assert pairs.shape[1] == number + (not (labels == value).all())  # one to one
        count += number
    numbers, at = np.unique(pixels.ravel(), return_index=True)
    at = at[numbers != 0]
    assert numbers[numbers != 0].tolist() == list(range(1, count + 1))
    assert np.all(np.diff(at) > 0)  # in the order of their first pixels
    assert runs.starts[first].tolist() == at.tolist()


@given(st.one_of(masks(), label_images(largest=4)))
def test_pieces_are_those_of_scipy(labels):
    assert_are_pieces(labels)


@pytest.mark.parametrize("share", [0.3, 0.55, 0.6, 0.9])
def test_pieces_that_are_found_part_by_part(share):
    """More runs than are looked at together: pieces reach from part to part, and meet below."""
    rng = np.random.default_rng(5)
    labels = (rng.random((2000, 1500)) < share).astype(np.uint8)
    expected, count = ndimage.label(labels)
    runs = runs_of_labels(labels.shape, [labels])
    found, _ = pieces_of(runs)
    assert share == 0.9 or len(runs.starts) > 2 * pieces._AT_ONCE
    assert found.max() + 1 == count
    np.testing.assert_array_equal(expected.ravel()[runs.starts], found + 1)


def test_a_comb_is_one_piece():
    comb = np.zeros((2000, 1001), np.uint8)
    comb[:, ::2], comb[-1] = 1, 1
    runs = runs_of_labels(comb.shape, [comb])
    found, first = pieces_of(runs)
    assert len(runs.starts) > pieces._AT_ONCE
    assert (found.max(), first.tolist()) == (0, [0])
