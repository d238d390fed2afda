"""One axis of tiles: counts, starts, cores and padding, against the formulas of the interface written out here."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.edges import EDGE_POLICIES, TiledAxis
from strategies import EDGES, axes


def by_the_formulas(length: int, size: int, overlap: int, edge: str) -> list[int]:
    """Return the starts as INTERFACE.md defines them, in its own words."""
    stride = size - overlap
    if length <= size:
        return [0]
    n = math.floor((length - size) / stride) + 1 if edge == "drop" else math.ceil((length - overlap) / stride)
    if edge == "shift":
        return [min(i * stride, length - size) for i in range(n)]
    if edge == "spread":
        return [i * (length - size) // (n - 1) for i in range(n)]
    return [i * stride for i in range(n)]


CASES = [
    # length, size, overlap, policy, starts: worked out by hand
    pytest.param(1300, 512, 128, "shift", [0, 384, 768, 788], id="shift moves only the last"),
    pytest.param(1300, 512, 128, "spread", [0, 262, 525, 788], id="spread moves all a little"),
    pytest.param(1300, 512, 128, "pad", [0, 384, 768, 1152], id="pad lets the last stick out"),
    pytest.param(1300, 512, 128, "ragged", [0, 384, 768, 1152], id="ragged too"),
    pytest.param(1300, 512, 128, "drop", [0, 384, 768], id="drop leaves it out"),
    pytest.param(2048, 512, 128, "shift", [0, 384, 768, 1152, 1536], id="exact fit"),
    pytest.param(2048, 512, 128, "spread", [0, 384, 768, 1152, 1536], id="exact fit, spread"),
    pytest.param(512, 512, 128, "drop", [0], id="as long as a tile"),
    pytest.param(511, 512, 128, "drop", [0], id="shorter than a tile"),
    pytest.param(513, 512, 0, "shift", [0, 1], id="one pixel more"),
    pytest.param(513, 512, 0, "drop", [0], id="one pixel more, dropped"),
    pytest.param(5, 3, 2, "shift", [0, 1, 2], id="overlap of size - 1"),
]


@pytest.mark.parametrize(("length", "size", "overlap", "edge", "starts"), CASES)
def test_starts_worked_out_by_hand(length, size, overlap, edge, starts):
    axis = TiledAxis(length, size, overlap, edge)
    assert [axis.start(i) for i in range(axis.count)] == starts


@pytest.mark.parametrize(
    ("size", "overlap", "length", "count"),
    [(64, 0, 64, 1), (64, 32, 128, 3), (512, 128, 2048, 5), (512, 128, 1024, 3)],
)
def test_counts_of_the_reference(size, overlap, length, count):
    assert TiledAxis(length, size, overlap, "shift").count == count


@given(axes(), st.sampled_from(EDGES))
def test_starts_are_those_of_the_formulas(numbers, edge):
    axis = TiledAxis(*numbers, edge)
    assert [axis.start(i) for i in range(axis.count)] == by_the_formulas(*numbers, edge)


@given(axes(), st.sampled_from(EDGES))
def test_every_pixel_is_covered_and_owned_by_exactly_one_tile_that_holds_it(numbers, edge):
    length, size, _ = numbers
    axis = TiledAxis(*numbers, edge)
    covered, owned = [0] * length, [0] * length
    for i in range(axis.count):
        first, last = axis.core(i)
        assert axis.start(i) <= first < last <= axis.stop(i) <= length
        for position in range(axis.start(i), axis.stop(i)):
            covered[position] += 1
        for position in range(first, last):
            owned[position] += 1
    end = axis.stop(axis.count - 1)
    assert all(covered[:end])
    assert not any(covered[end:])
    assert owned[:end] == [1] * end
    assert not any(owned[end:])
    if edge != "drop":
        assert end == length
    else:
        assert length - end < size - numbers[2]  # one more tile would not have fitted


@given(axes(), st.sampled_from(EDGES))
def test_cores_meet_midway_in_the_overlap(numbers, edge):
    axis = TiledAxis(*numbers, edge)
    starts = by_the_formulas(*numbers, edge)
    for i in range(1, axis.count):
        boundary = (starts[i] + starts[i - 1] + numbers[1]) // 2
        assert axis.core(i)[0] == boundary
        assert axis.core(i - 1)[1] == boundary


@given(axes(), st.sampled_from(EDGES))
def test_padding_brings_every_tile_to_full_size_but_ragged_ones(numbers, edge):
    length, size, _ = numbers
    axis = TiledAxis(*numbers, edge)
    for i, start in enumerate(by_the_formulas(*numbers, edge)):
        inside = min(start + size, length) - start
        is_short = edge == "ragged" and length > size
        assert axis.stop(i) - axis.start(i) == inside
        assert inside + axis.padding(i) == (inside if is_short else size)
        assert edge == "pad" or length < size or is_short or axis.padding(i) == 0


@given(axes(), st.sampled_from(EDGES), st.floats(0, 1, exclude_max=True))
def test_nearest_is_the_tile_whose_core_holds_the_position(numbers, edge, where):
    axis = TiledAxis(*numbers, edge)
    position = where * axis.stop(axis.count - 1)
    owner = [i for i in range(axis.count) if axis.core(i)[0] <= position < axis.core(i)[1]]
    assert [axis.nearest(position)] == owner


@pytest.mark.parametrize("edge", EDGES)
def test_nearest_is_clipped_to_the_plane(edge):
    axis = TiledAxis(100, 30, 10, edge)
    assert axis.nearest(-5) == 0
    assert axis.nearest(1e9) == axis.count - 1


@pytest.mark.parametrize(
    ("numbers", "complaint"),
    [
        pytest.param((0, 4, 0, "shift"), "length must be at least 1 px, not 0", id="no pixel"),
        pytest.param((9, 0, 0, "shift"), "size must be at least 1 px, not 0", id="no tile"),
        pytest.param((9, 4, 4, "shift"), "overlap must be 0 to 3 px", id="overlap is the size"),
        pytest.param((9, 4, -1, "shift"), "overlap must be 0 to 3 px", id="negative overlap"),
        pytest.param(
            (9, 4, 0, "wrap"), "edge must be one of shift, spread, pad, drop, ragged, not 'wrap'", id="policy"
        ),
    ],
)
def test_wrong_numbers_are_named(numbers, complaint):
    with pytest.raises(ValueError, match=complaint):
        TiledAxis(*numbers)


@pytest.mark.parametrize("edge", EDGE_POLICIES)
@pytest.mark.parametrize(("length", "size", "overlap"), [(1000, 64, 0), (1000, 64, 13), (50, 64, 3), (64, 64, 0)])
def test_all_starts_at_once(edge, length, size, overlap):
    axis = TiledAxis(length, size, overlap, edge)
    assert axis.starts(np.arange(axis.count)).tolist() == [axis.start(i) for i in range(axis.count)]
