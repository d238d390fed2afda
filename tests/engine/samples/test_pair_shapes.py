"""Areas: what is called uniform is, and tiles drawn on their own are those of the whole."""

import numpy as np
import pytest

from napari_tiles_creator.engine.samples import pair_shapes
from napari_tiles_creator.engine.samples.pair_shapes import EMPTY, FULL, MIXED, TILE, area_above, noise


def drawn_whole(area) -> np.ndarray:
    """Return all pixels, array (y, x), 0 or 255, from the definition of a cubic B-spline, in floating point."""
    from scipy.interpolate import BSpline

    longest = max(area.shape)
    values = area.coefficients
    for length in area.shape:
        at = (np.arange(length) + 0.5) * pair_shapes.CELLS / longest
        knots = np.arange(-3, len(values) + 1)
        values = BSpline.design_matrix(at, knots, 3).dot(values).T
    return np.where(values * pair_shapes.WEIGHT_UNIT**2 > area.level, 255, 0)


@pytest.mark.parametrize(("shape", "seed"), [((2100, 2100), 0), ((2100, 2100), 1), ((600, 4500), 2), ((90, 70), 3)])
def test_tiles_are_those_of_the_spline(shape, seed):
    area = area_above(noise(np.random.default_rng(seed), shape), shape, 0.25, None)
    whole = drawn_whole(area)
    tiles = np.empty_like(whole)
    for (row, column), state in np.ndenumerate(area.states):
        y, x = row * TILE, column * TILE
        part = tiles[y : y + TILE, x : x + TILE]
        tile = area.draw(row, column) if state == MIXED else np.full((TILE, TILE), state)
        part[:] = tile[: part.shape[0], : part.shape[1]]
        if state == MIXED:
            beyond = tile.copy()
            beyond[: part.shape[0], : part.shape[1]] = 0
            assert not beyond.any()
    # Weights are rounded to a part in 32768: a pixel right on the border may fall on the other side.
    assert np.mean(tiles != whole) < 2e-4


def test_most_tiles_of_a_large_plane_need_no_drawing():
    shape = (60_000, 60_000)
    area = area_above(noise(np.random.default_rng(5), shape), shape, 0.25, None)
    states = area.states
    assert set(np.unique(states)) == {EMPTY, FULL, MIXED}
    assert np.mean(states == MIXED) < 0.15
    assert 0.15 < np.mean(states == FULL) < 0.25
    # Nearly all that is drawn needed it.
    mixed = np.argwhere(states == MIXED)[::25]
    assert np.mean([np.ptp(area.draw(row, column)) > 0 for row, column in mixed]) > 0.9


def test_uniform_tiles_are_uniform_to_the_last_pixel():
    shape = (30_000, 30_000)
    area = area_above(noise(np.random.default_rng(6), shape), shape, 0.25, None)
    states = area.states
    # Those beside a mixed one are the closest calls: all their pixels, computed without the bound.
    near = [
        (row, column)
        for row, column in np.argwhere(states != MIXED)
        if (states[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2] == MIXED).any()
    ]
    for row, column in near[::8]:
        halves = (2 * np.arange(n * TILE, min((n + 1) * TILE, 30_000)) + 1 for n in (row, column))
        values = pair_shapes._values(area.coefficients, *halves, 30_000)
        assert np.all((values > area.level) == (states[row, column] == FULL))


def test_borders_are_irregular():
    """The outline is much longer than that of as many discs of the same area."""
    from skimage import measure

    shape = (1024, 1024)
    area = area_above(noise(np.random.default_rng(7), shape), shape, 0.25, None)
    blobs = [r for r in measure.regionprops(measure.label(drawn_whole(area))) if r.area > 500]
    assert len(blobs) >= 8
    assert np.median([r.perimeter**2 / (4 * np.pi * r.area) for r in blobs]) > 1.4


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_an_area_has_the_share_that_is_asked(share):
    shape = (1000, 800)
    area = area_above(noise(np.random.default_rng(8), shape), shape, share, None)
    whole = drawn_whole(area)
    assert np.mean(whole > 0) == pytest.approx(share, abs=0.003)
    other = area_above(noise(np.random.default_rng(9), shape), shape, share, within=area)
    assert np.mean(drawn_whole(other)[whole > 0] > 0) == pytest.approx(share, abs=0.01)
