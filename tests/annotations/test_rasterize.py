"""Polygons as pixels: judged by the centres that shapely says they hold."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.rasterize import rasterized, rasterized_box, rasterized_runs

POINTS = st.one_of(
    st.tuples(*[st.floats(-9, 30, allow_nan=False)] * 2),
    st.tuples(*[st.integers(-18, 60).map(lambda half: half / 2)] * 2),  # on corners and centres of pixels
)


@st.composite
def geometries(draw):
    """Draw what polygons become when they are made valid, cut, and cut out of each other: pieces, holes, nothing."""
    found = [shapely.make_valid(shapely.Polygon(draw(st.lists(POINTS, min_size=3, max_size=9)))) for _ in range(2)]
    combine = draw(st.sampled_from([shapely.difference, shapely.union, shapely.intersection]))
    return combine(*found)


def centres(shape):
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return x, y


@given(geometries(), st.tuples(*[st.integers(1, 24)] * 2))
def test_pixels_are_those_whose_centres_lie_inside(geometry, shape):
    x, y = centres(shape)
    found = rasterized(geometry, shape)
    parts = [part for part in shapely.get_parts(shapely.get_parts(geometry)) if part.geom_type == "Polygon"]
    areas = shapely.MultiPolygon(parts)
    wrong = found != shapely.contains_xy(areas, x, y)
    # On an edge, or nearer to it than numbers are exact, a centre may count to either side.
    on_edge = shapely.distance(shapely.boundary(areas), shapely.points(x[wrong], y[wrong])) < 1e-9
    assert on_edge.all()


@given(geometries(), st.tuples(*[st.integers(1, 24)] * 2))
def test_boxes_and_runs_hold_the_same_pixels(geometry, shape):
    expected = rasterized(geometry, shape)
    box, inside = rasterized_box(geometry, shape)
    assert inside.shape == box.shape
    np.testing.assert_array_equal(expected[box.slices], inside)
    assert inside.sum() == expected.sum()
    np.testing.assert_array_equal(rasterized_runs(geometry, shape).decode(), expected)


SIDES = st.one_of(st.floats(0, 80, exclude_max=True), st.integers(0, 159).map(lambda half: half / 2))
INSIDE = st.one_of(st.floats(0.1, 19.9), st.integers(1, 39).map(lambda half: half / 2))


@given(st.lists(SIDES, max_size=12), st.tuples(INSIDE, INSIDE))
def test_neighbours_share_no_pixel_and_leave_none_out(places, middle):
    """Whatever fan of triangles fills a square, each of its pixels lies in one."""

    def corner(place):
        side, along = divmod(place, 20)
        return [(along, 0), (20, along), (20 - along, 20), (0, 20 - along)][int(side)]

    around = [corner(place) for place in sorted({*places, 0, 20, 40, 60})]
    fan = [shapely.Polygon([middle, *edge]) for edge in pairwise([*around, around[0]])]
    times = sum(rasterized(part, (20, 20)).astype(int) for part in fan)
    assert np.all(times == 1)


def test_a_shared_edge_through_centres():
    left, right = shapely.Polygon([(0, 0), (2.5, 0), (2.5, 4), (0, 4)]), shapely.box(2.5, 0, 5, 4)
    assert rasterized(left, (4, 5)).sum(axis=0).tolist() == [4, 4, 0, 0, 0]
    assert rasterized(right, (4, 5)).sum(axis=0).tolist() == [0, 0, 4, 4, 4]


def test_holes_and_pieces():
    ring = shapely.box(1, 1, 6, 6) - shapely.box(2, 2, 5, 5)
    both = shapely.union(ring, shapely.box(3, 3, 4, 4))
    expected = np.zeros((7, 7), int)
    expected[1:6, 1:6], expected[2:5, 2:5], expected[3, 3] = 1, 0, 1
    np.testing.assert_array_equal(rasterized(both, (7, 7)), expected)


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.Polygon(),
        shapely.MultiPolygon(),
        shapely.Point(1, 2),
        shapely.LineString([(0, 0), (3, 3)]),
        shapely.box(9, 9, 12, 12),
        shapely.box(-5, -5, 0, 0),
        shapely.box(1.6, 1.6, 2.4, 2.4),
    ],
    ids=str,
)
def test_no_pixels(geometry):
    assert not rasterized(geometry, (5, 5)).any()
    assert rasterized_runs(geometry, (5, 5)).area == 0


def test_all_polygons_of_a_collection_count_and_its_points_and_lines_do_not():
    several = shapely.MultiPolygon([shapely.box(3, 0, 4, 1), shapely.box(0, 3, 1, 5)])
    line = shapely.LineString([(0.5, 0.5), (4, 4)])
    mixed = shapely.GeometryCollection([shapely.Point(0.5, 0.5), shapely.box(1, 1, 3, 3), line, several])
    assert rasterized(mixed, (5, 5)).sum() == 4 + 1 + 2
