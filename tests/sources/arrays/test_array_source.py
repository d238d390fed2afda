"""Arrays with known axes as sources: axes in any order, uniform chunks, what is let go."""

from pathlib import Path

import numpy as np
import pytest

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.arrays.array_source import source_of

PATH = Path("somewhere/a layer")


def numbers(*shape, dtype="uint32"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def test_axes_in_any_order():
    pixels = numbers(3, 9, 2, 1, 8)
    source = source_of(PATH, [pixels], "CXT-Y")
    assert (source.info.axes, source.info.shape) == ("CXTY", (3, 9, 2, 8))
    assert np.array_equal(source.read(Box(1, 2, 3, 4), t=1), pixels[:, 2:6, 1, 0, 1:4].transpose(0, 2, 1))
    assert np.array_equal(source.read(Box(1, 2, 3, 4), t=0, channel=2), pixels[2, 2:6, 0, 0, 1:4].T)


def test_what_knows_uniform_chunks_is_asked_and_what_it_holds_is_let_go():
    asked, released = [], []

    def uniform(array, index):
        asked.append((array.shape, index))
        return 7

    full = numbers(4, 20, 30)
    source = source_of(PATH, [full, full[:, ::2, ::2]], "ZYX", uniform=uniform, release=lambda: released.append(1))
    assert source.uniform_value(Box(1, 2, 3, 4), z=3, level=1) == 7
    assert asked == [((4, 10, 15), (3, slice(1, 4), slice(2, 6)))]
    source.close()
    assert released == [1]
    assert array_source(PATH, [full]).uniform_value(Box(0, 0, 1, 1)) is None


def test_what_goes_wrong_in_looking_for_uniform_chunks_is_told_by_name():
    def uniform(array, index):
        raise RuntimeError("the index is damaged")

    with pytest.raises(SourceError, match="a layer cannot be decoded: the index is damaged"):
        source_of(PATH, [numbers(8, 9)], "YX", uniform=uniform).uniform_value(Box(0, 0, 1, 1))


def test_nan_is_no_uniform_value():
    source = source_of(PATH, [np.full((8, 9), np.nan)], "YX", uniform=lambda array, index: float("nan"))
    assert source.uniform_value(Box(0, 0, 8, 9)) is None
