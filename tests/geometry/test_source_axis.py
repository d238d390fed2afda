"""Which source pixels calibrated ones are made from: never fewer than the resampler really reads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.pixels.resample import ResampledAxis
from napari_tiles_creator.geometry.source_axis import SourceAxis, level_reach, source_boxes, source_reach

INTERPOLATIONS = st.sampled_from(["nearest", "linear", "cubic", "lanczos"])


@given(st.data(), st.integers(1, 400), st.integers(1, 400), INTERPOLATIONS, st.booleans())
def test_nothing_is_read_beyond_the_span(data, old, new, interpolation, antialias):
    axis = SourceAxis(old, new, source_reach(old, new, interpolation, antialias))
    start = data.draw(st.integers(0, new - 1))
    stop = data.draw(st.integers(start + 1, new))
    (first,), (last,) = axis.spans(np.array([start]), np.array([stop]))
    read = ResampledAxis(old, new, interpolation, antialias).source_span(start, stop)
    assert 0 <= first <= read[0] < read[1] <= last <= old


@pytest.mark.parametrize(
    ("old", "new", "interpolation", "antialias", "reach"),
    [
        (100, 200, "nearest", True, 0),
        (100, 200, "linear", True, 1),
        (100, 200, "cubic", True, 26),
        (100, 200, "lanczos", True, 4),
        (300, 100, "nearest", True, 0),
        (300, 100, "linear", False, 1),
        (300, 100, "linear", True, 1 + 4),  # sigma 1
        (300, 100, "cubic", True, 26 + 4),
        (300, 100, "lanczos", True, 10),
    ],
)
def test_reach(old, new, interpolation, antialias, reach):
    assert source_reach(old, new, interpolation, antialias) == reach


@given(st.integers(2, 300), st.integers(1, 300), st.integers(0, 9), st.integers(0, 9))
def test_apart_is_the_first_place_where_no_source_pixel_is_shared(old, new, reach, gap):
    axis = SourceAxis(old, new, reach)
    stops = np.arange(1, new + 1)
    for stop, start in zip(stops.tolist(), axis.apart(stops, gap).tolist(), strict=True):
        last = -(-stop * old // new) + reach
        free = [position * old // new - reach - last for position in (start, start - 1)]
        assert start >= stop
        assert free[0] >= gap
        assert start == stop or free[1] < gap


@given(st.integers(8, 400), st.integers(1, 8), st.integers(1, 400), INTERPOLATIONS, st.booleans())
def test_a_level_of_the_pyramid_reaches_at_least_as_far(old, factor, new, interpolation, antialias):
    level = -(-old // factor)
    new = min(new, level)
    reach = level_reach(old, level, new, interpolation, antialias)
    assert reach >= source_reach(old, new, interpolation, antialias)
    # All source pixels under the level's pixels that are read, and under one more on either side.
    read = ResampledAxis(level, new, interpolation, antialias)
    axis = SourceAxis(old, new, reach)
    for position in {0, new // 2, new - 1}:
        first, last = read.source_span(position, position + 1)
        (start,), (stop,) = axis.spans(np.array([position]), np.array([position + 1]))
        if level != old:
            first, last = first - 1, last + 1
        assert start <= max(0, first * old // level)
        assert stop >= min(old, -(-last * old // level))


def test_source_boxes():
    boxes = np.array([[0, 0, 10, 10], [10, 4, 20, 14]])
    found = source_boxes(boxes, SourceAxis(40, 20, 1), SourceAxis(10, 20))
    assert found.tolist() == [[0, 0, 21, 5], [19, 2, 40, 7]]
