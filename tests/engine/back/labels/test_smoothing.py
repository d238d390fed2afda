"""Outlines are smoothed as in the whole plane, and no object is lost."""

import numpy as np
import pytest
import scipy.ndimage
import skimage.measure
from hypothesis import given, settings
from hypothesis import strategies as st

import perturbed_cells
from label_tiles import cut_labels, stitched
from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.back.labels.smoothing import windows


def smoothed(plane, sigma):
    """Return what the whole plane gives, in which objects that vanish stay as they are."""
    out = np.zeros_like(plane)
    for number in range(1, int(plane.max()) + 1):
        mask = (plane == number).astype(np.float32)
        out[scipy.ndimage.gaussian_filter(mask, sigma, mode="nearest", truncate=4.0) > 0.5] = number
    kept = np.zeros_like(plane)
    while True:
        lost = np.setdiff1d(plane, np.where(kept > 0, kept, out))
        if not lost.any():
            return np.where(kept > 0, kept, out)
        kept[np.isin(plane, lost)] = plane[np.isin(plane, lost)]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(8, 40), st.integers(1, 7), st.sampled_from([0.3, 1.0, 2.0, 5.0]))
def test_smoothing_is_that_of_the_whole_plane(seed, size, overlap, sigma):
    rng = np.random.default_rng(seed)
    blobs = scipy.ndimage.zoom(rng.random((12, 14)), 4, order=1) < rng.choice([0.3, 0.5, 0.7])
    plane = skimage.measure.label(blobs ^ (rng.random(blobs.shape) < 0.05), connectivity=2)
    grid = TileGrid(plane.shape, size, overlap)
    tiles = cut_labels(plane, grid, rng)
    np.testing.assert_array_equal(stitched(tiles, grid, smooth_px=sigma), smoothed(stitched(tiles, grid), sigma))


def test_touching_cells_keep_their_number_and_get_smoother():
    truth = perturbed_cells.cells(150)
    grid = TileGrid(truth.shape, 64, 32)
    tiles = perturbed_cells.predicted(truth, grid)
    rough, smooth = stitched(tiles, grid), stitched(tiles, grid, smooth_px=2)
    assert rough.max() == smooth.max()
    lengths = [sum(one.perimeter for one in skimage.measure.regionprops(plane)) for plane in (rough, smooth)]
    assert lengths[1] < 0.95 * lengths[0]
    assert perturbed_cells.ious(truth, smooth).mean() > perturbed_cells.ious(truth, rough).mean()


def test_thin_objects_stay_as_they_are():
    plane = np.zeros((40, 40), int)
    plane[20, 3:38], plane[5, 5], plane[10:18, 10:18] = 1, 2, 3
    grid = TileGrid(plane.shape, 24, 8)
    found = stitched(cut_labels(plane, grid, np.random.default_rng(0)), grid, smooth_px=3)
    assert ((found == found[20, 20]) == (plane == 1)).all()
    assert ((found == found[5, 5]) == (plane == 2)).all()


def test_hulls_are_smoothed():
    yy, xx = np.mgrid[:60, :60] - 29.5
    plane = (abs(np.hypot(yy, xx) - 20) < 3).astype(np.int32)
    grid = TileGrid(plane.shape, 24, 8)
    tiles = cut_labels(plane, grid, np.random.default_rng(0))
    found = stitched(tiles, grid, hull=True, smooth_px=2)
    np.testing.assert_array_equal(found, smoothed(stitched(tiles, grid, hull=True), 2))
    assert found[30, 30] == 1


@pytest.mark.parametrize("halo", [0, 1, 4, 9, 50])
@pytest.mark.parametrize("heights", [[20], [1] * 20, [3, 9, 1, 7], [7, 13]])
def test_windows_hold_each_row_once_and_what_is_around_it(heights, halo):
    plane = np.arange(20)[:, None]
    bands = np.split(plane, np.cumsum(heights)[:-1])
    rows = []
    for window, meant in windows(iter(bands), halo):
        first = int(window[meant][0, 0])
        last = int(window[meant][-1, 0])
        assert window[0, 0] <= max(0, first - halo)
        assert window[-1, 0] >= min(19, last + halo)
        rows += window[meant][:, 0].tolist()
    assert rows == list(range(20))
