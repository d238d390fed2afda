"""Which rectangles share an area with a region: against exact clipping and against rasters."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.places import cores
from napari_tiles_creator.geometry.region import Region
from strategies import boxes_in, grids

POINTS = st.tuples(st.integers(-5, 25), st.integers(-5, 25))


def clipped_area(points, box):
    """Area of a convex polygon within a rectangle, by cutting it at each side, in exact fractions."""
    y, x, y_stop, x_stop = box
    ring = [(Fraction(px), Fraction(py)) for px, py in points]
    for axis, limit, sign in ((0, x, 1), (0, x_stop, -1), (1, y, 1), (1, y_stop, -1)):
        cut = []
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            inside_a, inside_b = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
            if inside_a:
                cut.append(a)
            if inside_a != inside_b:
                t = (limit - a[axis]) / (b[axis] - a[axis])
                cut.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
        ring = cut
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2


@given(st.lists(POINTS, min_size=3, max_size=3), st.lists(boxes_in(20, 20), min_size=1, max_size=20))
def test_triangles_by_exact_clipping(points, boxes):
    corners = np.array([(b.y, b.x, b.y_stop, b.x_stop) for b in boxes], float)
    expected = [clipped_area(points, (b.y, b.x, b.y_stop, b.x_stop)) > 0 for b in boxes]
    region = Region((((tuple(points)),),))
    assert region.shares(corners).tolist() == expected
    assert region.is_empty == (clipped_area(points, (-9, -9, 30, 30)) == 0)


@given(st.data())
def test_grids_and_unions_of_rectangles_by_raster(data):
    """A tile is kept where its core holds a pixel of the region."""
    grid = data.draw(grids(longest=50, largest=16))
    boxes = data.draw(st.lists(boxes_in(*grid.shape), min_size=1, max_size=3))
    raster = np.zeros(grid.shape, bool)
    polygons = []
    for box in boxes:
        raster[box.slices] = True
        polygons += Region.rectangle(box.y, box.x, box.y_stop, box.x_stop).polygons
    expected = [bool(raster[tile.core.slices].any()) for tile in grid]
    assert Region(tuple(polygons)).shares(cores(grid)).tolist() == expected
    if grid.edge != "drop":  # cores partition the plane: together the kept ones hold the whole region
        held = np.zeros(grid.shape, bool)
        for tile, kept in zip(grid, expected, strict=True):
            held[tile.core.slices] |= kept
        assert (held >= raster).all()


@pytest.mark.parametrize(
    ("ring", "inside", "outside"),
    [
        pytest.param([(0, 0), (10, 10), (10, 0), (0, 10)], [(4, 1, 6, 2), (4, 8, 6, 9)], [(0, 4, 1, 6)], id="eight"),
        pytest.param([(0, 0), (10, 0), (10, 10), (0, 0), (5, 5)], [(1, 8, 2, 9)], [(8, 1, 9, 2)], id="spike"),
        pytest.param([(0, 0), (10, 0), (10, 10), (0, 10), (0, 0)], [(9, 9, 12, 12)], [(10, 0, 12, 5)], id="closed"),
    ],
)
def test_rings_drawn_by_hand(ring, inside, outside):
    region = Region(((tuple(ring),),))
    assert region.shares(np.array(inside, float)).all()
    assert not region.shares(np.array(outside, float)).any()


def test_holes_are_outside():
    outline = ((0, 0), (30, 0), (30, 30), (0, 30))
    hole = ((10, 10), (20, 10), (20, 20), (10, 20))
    region = Region(((outline, hole),))
    assert region.shares(np.array([(10, 10, 20, 20), (12, 12, 13, 13), (9, 9, 11, 11)], float)).tolist() == [0, 0, 1]


def test_a_common_border_is_no_common_area_whatever_the_fractions():
    """Rescaled borders lie at fractions such as 170.66666666666669."""
    region = Region.rectangle(0, 0, 512 / 3, 512 / 3)
    third = 512 * (1 / 3)
    shifted = np.nextafter(third, 0)
    assert not region.shares(np.array([(shifted, 0, 300, 10), (0, shifted, 10, 300)])).any()
    assert region.shares(np.array([(third - 0.01, 0, 300, 10)])).all()


def test_nothing_is_inside_of_what_has_no_area():
    for ring in ([(0, 0), (5, 5), (9, 9)], [(0, 0), (0, 0), (1, 1)]):
        region = Region(((tuple(ring),),))
        assert region.is_empty
        assert not region.shares(np.array([(0, 0, 10, 10)], float)).any()
    assert Region.rectangle(0, 0, 5, 5).shares(np.empty((0, 4))).shape == (0,)
