"""Pixels in no tile are counted without a picture of the plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.values.gaps import Gaps, uncovered_px
from napari_tiles_creator.geometry.box import Box
from strategies import boxes_in


@given(st.lists(boxes_in(30, 20), max_size=12))
def test_uncovered_pixels_are_those_of_a_painted_plane(boxes):
    painted = np.zeros((30, 20), bool)
    for box in boxes:
        painted[box.slices] = True
    assert uncovered_px((30, 20), boxes) == (~painted).sum()


def test_a_plane_of_a_slide_is_counted_by_its_tiles():
    boxes = [Box(y, x, 512, 512) for y in range(0, 100_000, 512) for x in range(0, 100_000, 512)]
    assert uncovered_px((100_352, 100_352), boxes[:-1]) == 512**2


def none(_):
    return None


def test_the_rest_that_drop_leaves_out_is_no_gap():
    grid = TileGrid((50, 50), 20, 0, "drop")
    placed = list(grid)
    boxes, places = tuple(tile.box for tile in placed), tuple((tile.row, tile.column) for tile in placed)
    gaps = Gaps(PlaneTiles(grid.shape, boxes, none, grid, places), None)
    gaps.count(50 * 50 - 40 * 40)
    gaps.check()
    gaps.count(1)
    with pytest.raises(ValueError, match=r"^1 pixels lie in no tile$"):
        gaps.check()
    with pytest.raises(ValueError, match=r"^400 pixels lie in no tile$"):
        Gaps(PlaneTiles(grid.shape, boxes[1:], none, grid, places[1:]), None)


@pytest.mark.parametrize(("dtype", "fill"), [("bool", 1), ("uint8", 255), ("float32", np.nan), ("float32", 0.25)])
def test_bands_without_a_tile_hold_the_fill(dtype, fill):
    gaps = Gaps(PlaneTiles((1000, 40_000), (), none), fill)
    bands = list(gaps.bands(1000, (3,), np.dtype(dtype)))
    assert sum(len(band) for band in bands) == 1000
    assert max(band.nbytes for band in bands) <= 1 << 24
    for band in bands[:2]:
        np.testing.assert_array_equal(band, np.full((len(band), 40_000, 3), fill, dtype))
