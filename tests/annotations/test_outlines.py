"""Outlines of pixels: judged by their area, their points, and the pixels whose centres they hold."""

import numpy as np
import pytest
import shapely
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from napari_tiles_creator.annotations.outlines import outline, outlines
from napari_tiles_creator.annotations.rasterize import rasterized
from napari_tiles_creator.geometry.run_lengths import RunLengths
from strategies import masks


def assert_is_outline(geometry, mask):
    """Check that a geometry is the outline of a mask, point by point."""
    assert geometry.is_valid, shapely.is_valid_reason(geometry)
    assert geometry.area == np.count_nonzero(mask)
    np.testing.assert_array_equal(rasterized(geometry, mask.shape), mask != 0)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]] + 0.5
    np.testing.assert_array_equal(shapely.contains_xy(geometry, x, y), mask != 0)
    pieces = [] if geometry.is_empty else shapely.get_parts(geometry)
    assert len(pieces) == ndimage.label(mask)[1]
    assert geometry.geom_type == ("Polygon" if len(pieces) < 2 else "MultiPolygon")
    for piece in pieces:
        assert piece.exterior.is_ccw  # what is inside on one side, as most programs want it
        for ring in shapely.get_rings(piece):
            steps = np.diff(shapely.get_coordinates(ring), axis=0)
            along_rows = steps[:, 1] == 0
            assert np.all((steps[:, 0] == 0) != along_rows)
            # Each point is a turn, the first one, too.
            assert np.all(along_rows != np.roll(along_rows, 1))


@given(masks())
def test_an_outline_is_exact(mask):
    assert_is_outline(outline(RunLengths.of_mask(mask)), mask)


@given(masks(longest=9))
def test_an_outline_is_the_union_of_pixels(mask):
    y, x = np.nonzero(mask)
    assert shapely.equals(outline(RunLengths.of_mask(mask)), shapely.union_all(shapely.box(x, y, x + 1, y + 1)))


@given(masks(), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_objects_beside_each_other_have_outlines_of_their_own(mask, count, seed):
    owners = np.random.default_rng(seed).integers(0, count, mask.shape)
    each = [np.where(owners == k, mask, 0) for k in range(count)]
    runs = [RunLengths.of_mask(one) for one in each]
    rows = [np.repeat(np.arange(len(mask)), np.diff(one.row_starts)) for one in runs]
    columns = np.concatenate([one.runs for one in runs]).astype(np.int64)
    numbers = np.repeat(np.arange(count), [len(one.runs) for one in runs])
    found = outlines(numbers, np.concatenate(rows), columns[:, 0], columns[:, 1], count)
    assert len(found) == count
    for geometry, one in zip(found, each, strict=True):
        assert_is_outline(geometry, one)


def picture(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows])


TOUCHING = {
    "a diagonal": picture("#.", ".#"),
    "the other diagonal": picture(".#", "#."),
    "a ring closed by a corner": picture("###", "#.#", "##."),
    "a ring closed by the other corner": picture("###", "#.#", ".##"),
    "four around nothing": picture(".#.", "#.#", ".#."),
    "two holes that touch": picture("####", "#.##", "##.#", "####"),
    "holes that touch both ways": picture("#####", "#.#.#", "##.##", "#.#.#", "#####"),
    "a piece in a hole": picture("#####", "#...#", "#.#.#", "#...#", "#####"),
    "a piece that touches the ring around it": picture("#####", "#...#", "#.###", "#...#", "#####"),
    "a piece in a hole that touches a corner": picture("#####", "##..#", "#.#.#", "#...#", "#####"),
    "a spiral": picture("#####", "#...#", "#.#.#", "#.###", "#...."),
    "a chequered board": np.indices((7, 8)).sum(axis=0) % 2 == 0,
    "rings in rings": np.abs(np.indices((11, 11)) - 5).max(axis=0) % 2 == 1,
}


@pytest.mark.parametrize("mask", TOUCHING.values(), ids=TOUCHING)
def test_pixels_that_touch_at_a_corner(mask):
    for turned in range(4):
        assert_is_outline(outline(RunLengths.of_mask(np.rot90(mask, turned))), np.rot90(mask, turned))


def test_masks_of_four_by_four():
    for code in range(0, 1 << 16, 61):
        mask = np.array([code >> k & 1 for k in range(16)], np.uint8).reshape(4, 4)
        assert_is_outline(outline(RunLengths.of_mask(mask)), mask)


def test_a_hole_is_that_of_its_own_piece():
    geometry = outline(RunLengths.of_mask(TOUCHING["a piece in a hole"]))
    assert sorted((part.area, len(part.interiors)) for part in geometry.geoms) == [(1, 0), (16, 1)]


def test_nothing_has_an_empty_outline():
    assert outline(RunLengths.of_mask(np.zeros((3, 4)))).is_empty
    none = np.zeros(0, np.int64)
    assert [one.is_empty for one in outlines(none, none, none, none, 2)] == [True, True]


def test_outlines_of_real_objects(real_data):
    for path in sorted((real_data / "pairs" / "masks").iterdir()):
        labels = tifffile.imread(path)
        for number in np.unique(labels[labels != 0]):
            assert_is_outline(outline(RunLengths.of_mask(labels == number)), labels == number)
