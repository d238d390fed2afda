"""Run lengths: what goes in comes out, by rectangle and in COCO's form, judged by the COCO API's own code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.run_bands import Uniform
from napari_tiles_creator.geometry.run_lengths import RunLengths
from strategies import masks

# pycocotools 2.0.11 decodes into arrays of a form that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

EMPTY_PLANES = [(0, 0), (0, 7), (7, 0)]


def theirs(mask: np.ndarray) -> dict:
    return coco.encode(np.asfortranarray((mask != 0).astype(np.uint8)))


@given(masks(), st.data())
def test_any_rectangle_is_decoded(mask, data):
    runs = RunLengths.of_mask(mask)
    np.testing.assert_array_equal(runs.decode(), mask != 0)
    y, y_stop = sorted(data.draw(st.tuples(*[st.integers(0, mask.shape[0])] * 2)))
    x, x_stop = sorted(data.draw(st.tuples(*[st.integers(0, mask.shape[1])] * 2)))
    box = Box.between(y, x, y_stop, x_stop)
    part = mask[box.slices] != 0
    np.testing.assert_array_equal(runs.decode(box), part)
    expected = bool(part.flat[0]) if part.size and np.ptp(part.astype(int)) == 0 else None
    assert runs.uniform_value(box) == expected


@given(masks())
def test_area_and_bounding_box(mask):
    runs = RunLengths.of_mask(mask)
    assert runs.area == np.count_nonzero(mask)
    ys, xs = np.nonzero(mask)
    box = Box.between(ys.min(), xs.min(), ys.max() + 1, xs.max() + 1) if len(ys) else None
    assert runs.bounding_box == box


@given(masks())
def test_rows_and_columns_are_exchanged(mask):
    np.testing.assert_array_equal(RunLengths.of_mask(mask).transposed().decode(), mask.T != 0)


@given(masks())
def test_the_coco_form_is_that_of_the_coco_api(mask):
    runs, expected = RunLengths.of_mask(mask), theirs(mask)
    assert runs.to_coco() == {"size": list(mask.shape), "counts": expected["counts"].decode()}
    assert runs.area == coco.area(expected)
    as_numbers = runs.to_coco(as_text=False)
    np.testing.assert_array_equal(coco.decode(coco.frPyObjects(as_numbers, *mask.shape)), mask != 0)


@given(masks())
def test_a_mask_of_the_coco_api_is_read(mask):
    for form in (theirs(mask), RunLengths.of_mask(mask).to_coco(as_text=False)):
        np.testing.assert_array_equal(RunLengths.of_coco(form).decode(), mask != 0)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 13), (64, 64)])
def test_empty_and_full(shape, inside):
    mask = np.full(shape, inside)
    runs = RunLengths.of_mask(mask)
    assert runs.to_coco()["counts"] == theirs(mask)["counts"].decode()
    assert runs.coco_counts().tolist() == ([0, mask.size] if inside else [mask.size])
    assert runs.area == mask.sum()
    assert runs.uniform_value(Box(0, 0, *shape)) is inside


@pytest.mark.parametrize("shape", EMPTY_PLANES)
def test_planes_without_pixels(shape):
    runs = RunLengths.of_mask(np.zeros(shape, bool))
    assert runs.decode().shape == shape
    assert (runs.area, runs.bounding_box, runs.coco_counts().tolist()) == (0, None, [0])
    assert RunLengths.of_coco(runs.to_coco()).shape == shape
    assert runs.uniform_value(Box(0, 0, *shape)) is None


@pytest.mark.parametrize(
    ("counts", "row"),
    [([3, 0, 2], "00000"), ([3, 0, 0, 2], "00011"), ([0, 0, 0, 2, 0, 1, 2], "11100"), ([2, 1, 0, 2], "00111")],
)
def test_counts_of_0_inside_a_list_are_understood(counts, row):
    expected = [[letter == "1" for letter in row]]
    assert coco.decode(coco.frPyObjects({"size": [1, 5], "counts": counts}, 1, 5)).tolist() == [
        [int(value) for value in expected[0]]
    ]
    assert RunLengths.of_coco({"size": [1, 5], "counts": counts}).decode().tolist() == expected


@pytest.mark.parametrize("counts", [[3, 2], [], [30], [-1, 13], "0", b"=", [[1], [2]]])
def test_counts_of_another_mask_are_refused(counts):
    with pytest.raises(ValueError, match="counts of a COCO mask do not add up to its 3 × 4 pixels"):
        RunLengths.of_coco({"size": [3, 4], "counts": counts})


def test_a_real_outline_in_its_polygon_form():
    """A polygon that the COCO API draws, which is how most COCO masks begin."""
    form = coco.frPyObjects([[10.5, 3.2, 90.1, 20.7, 60.3, 95.9, 12.0, 70.0]], 101, 99)[0]
    runs = RunLengths.of_coco(form)
    np.testing.assert_array_equal(runs.decode(), coco.decode(form) != 0)
    x, y, width, height = coco.toBbox(form).tolist()
    assert runs.bounding_box == Box(int(y), int(x), int(height), int(width))


@pytest.mark.parametrize(
    ("starts", "runs", "words"),
    [
        ([0, 1], [[0, 2]], "do not add up"),
        ([0, 1, 2], [[0, 2]], "do not add up"),
        ([0, 2, 1], [[0, 2]], "do not add up"),
        ([1, 1, 1], [[0, 2]], "do not add up"),
        ([0, 1, 1], [[2, 2]], "empty or ends beyond"),
        ([0, 1, 1], [[3, 2]], "empty or ends beyond"),
        ([0, 1, 1], [[0, 6]], "empty or ends beyond"),
        ([0, 2, 2], [[0, 2], [2, 3]], "not in order, or touch"),
        ([0, 2, 2], [[3, 4], [0, 1]], "not in order, or touch"),
    ],
)
def test_runs_that_are_none_are_refused(starts, runs, words):
    with pytest.raises(ValueError, match=words):
        RunLengths((2, 5), np.array(starts), np.array(runs, np.uint32))


def test_runs_of_two_rows_may_touch():
    runs = RunLengths((2, 5), np.array([0, 1, 2]), np.array([[3, 5], [0, 5]], np.uint32))
    assert runs.decode().astype(int).tolist() == [[0, 0, 0, 1, 1], [1, 1, 1, 1, 1]]


def test_a_plane_of_ten_billion_pixels():
    """More pixels than 32 bits count: a frame, half of it told as uniform."""
    size = 100_000
    side, hole = Uniform(size - 20, 7, inside=True), Uniform(size - 20, size - 14, inside=False)
    bands = [Uniform(10, size, inside=True), [side, hole, side], Uniform(10, size, inside=True)]
    runs = RunLengths.of_bands((size, size), bands)
    assert runs.area == size**2 - (size - 20) * (size - 14)
    counts = runs.coco_counts()
    assert counts[:4].tolist() == [0, 7 * size + 10, size - 20, 20]
    assert counts.sum() == size**2
    again = RunLengths.of_coco(runs.to_coco())
    np.testing.assert_array_equal(again.runs, runs.runs)
    assert runs.decode(Box(9, 5, 3, 4)).astype(int).tolist() == [[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 0, 0]]
