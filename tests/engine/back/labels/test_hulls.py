"""Hulls are those of scikit-image, object by object, wherever tiles and bands end."""

import numpy as np
import pytest
import skimage.measure
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.morphology import convex_hull_image

from label_tiles import cut_labels, stitched
from napari_tiles_creator import TileGrid


def with_hulls(plane):
    """Return the plane with each object's hull where nothing was, that of the lowest id on top."""
    hulls = np.zeros_like(plane)
    for number in range(int(plane.max()), 0, -1):
        hulls[convex_hull_image(plane == number)] = number
    return np.where(plane > 0, plane, hulls)


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(8, 40), st.integers(1, 7))
def test_hulls_are_those_of_the_whole_plane(seed, size, overlap):
    rng = np.random.default_rng(seed)
    blobs = rng.random((45, 50)) < rng.choice([0.1, 0.4, 0.6])
    plane = skimage.measure.label(blobs, connectivity=2)
    grid = TileGrid(plane.shape, size, overlap, edge=rng.choice(["shift", "ragged"]))
    tiles = cut_labels(plane, grid, rng)
    np.testing.assert_array_equal(stitched(tiles, grid, hull=True), with_hulls(stitched(tiles, grid)))


@pytest.mark.parametrize("shape", ["ring", "cross", "line", "pixel"])
def test_hulls_of_shapes(shape):
    yy, xx = np.mgrid[:60, :60] - 29.5
    plane = {
        "ring": abs(np.hypot(yy, xx) - 22) < 2,
        "cross": (abs(yy - xx) < 1.5) | (abs(yy + xx) < 1.5),
        "line": abs(3 * yy - xx - 1) < 1.5,
        "pixel": (yy == 0.5) & (xx == 0.5),
    }[shape].astype(np.int32)
    plane = skimage.measure.label(plane, connectivity=2)
    grid = TileGrid(plane.shape, 25, 5)
    found = stitched(cut_labels(plane, grid, np.random.default_rng(0)), grid, hull=True)
    np.testing.assert_array_equal(found, with_hulls(plane))


def test_own_pixels_of_objects_are_theirs():
    """A ring around a disk: the ring's hull holds the disk, and does not take it."""
    yy, xx = np.mgrid[:40, :40] - 19.5
    radius = np.hypot(yy, xx)
    plane = np.where(radius < 6, 7, np.where(abs(radius - 14) < 2, 3, 0))
    grid = TileGrid(plane.shape, 24, 8)
    tiles = cut_labels(plane, grid, np.random.default_rng(0))
    found = stitched(tiles, grid, hull=True)
    ring, disk = found[20, 6], found[20, 20]
    assert (found[plane == 7] == disk).all()
    assert (found[20, 7:13] == ring).all()
    np.testing.assert_array_equal(found, with_hulls(stitched(tiles, grid)))
