"""Bands of a plane, and whether boxes of different splits share a pixel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.split_bands import Band, SplitBands, shared_between

BANDS = SplitBands(0, (Band("val", 0, 10), Band("train", 12, 40)))


def test_a_box_belongs_to_the_band_that_holds_all_of_it():
    boxes = np.array([[0, 0, 10, 9], [0, 0, 11, 9], [11, 0, 20, 9], [12, 0, 40, 9], [12, 5, 41, 9]])
    assert BANDS.splits_of(boxes).tolist() == ["val", "", "", "train", ""]
    assert SplitBands(1, BANDS.bands).splits_of(boxes[:, [1, 0, 3, 2]]).tolist() == ["val", "", "", "train", ""]


def test_what_of_a_plane_belongs_to_a_split():
    assert BANDS.boxes("train", (40, 7)) == [Box(12, 0, 28, 7)]
    assert SplitBands(1, BANDS.bands).boxes("val", (7, 40)) == [Box(0, 0, 7, 10)]
    assert BANDS.boxes("test", (40, 7)) == []


@st.composite
def split_boxes(draw):
    count = draw(st.integers(0, 12))
    numbers = draw(st.lists(st.integers(0, 24), min_size=4 * count, max_size=4 * count))
    boxes = np.array(numbers, np.int64).reshape(-1, 4)
    boxes[:, 2:] = boxes[:, :2] + boxes[:, 2:] % draw(st.integers(1, 9))  # empty ones, too
    names = draw(st.lists(st.sampled_from(["train", "val", "test", ""]), min_size=count, max_size=count))
    return boxes, np.array(names, dtype="<U5")


def painted(box):
    plane = np.zeros((40, 40), bool)
    plane[box[0] : box[2], box[1] : box[3]] = True
    return plane


@given(split_boxes())
def test_two_boxes_that_share_a_pixel_are_found_if_there_are_any(drawn):
    boxes, splits = drawn
    planes = [painted(box) for box in boxes]
    offending = {
        (i, j)
        for i in range(len(boxes))
        for j in range(len(boxes))
        if splits[i] < splits[j] and splits[i] and (planes[i] & planes[j]).any()
    }
    found = shared_between(boxes, splits)
    assert found in offending if offending else found is None


def test_common_sides_are_no_common_pixels():
    boxes = np.array([[0, 0, 4, 4], [4, 0, 8, 4], [0, 4, 4, 8], [4, 4, 8, 8]])
    assert shared_between(boxes, np.array(["train", "val", "test", "train"])) is None
    boxes[3, :2] = 3
    assert shared_between(boxes, np.array(["train", "val", "test", "train"])) in {(3, 1), (2, 3)}


@pytest.mark.parametrize("side", [500, 5], ids=["quarters", "squares of which none is apart along an axis"])
def test_a_million_boxes(side):
    """Far too many for pairs."""
    rows, columns = np.divmod(np.arange(1_000_000), 1000)
    boxes = np.stack([rows * 10, columns * 10, rows * 10 + 10, columns * 10 + 10], axis=1)
    splits = np.array(["train", "val"])[(rows // side + columns // side) % 2]
    assert shared_between(boxes, splits) is None
    boxes[499_100, 2] += 1  # into the row below, which is another split's
    assert set(shared_between(boxes, splits)) == {499_100, 500_100}


def test_copies_of_all_boxes_in_another_split_are_found_at_once():
    boxes = np.tile([[0, 0, 512, 512]], (20_000, 1))
    splits = np.repeat(["train", "val"], 10_000)
    first, second = shared_between(boxes, splits)
    assert splits[first] == "train"
    assert splits[second] == "val"
