"""What of any geometry is polygons: against areas that are known without shapely."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.areas import areal, polygons_from, polygons_of


def one(geometry):
    return areal(np.array([geometry], object))[0]


def test_a_bow_tie_is_two_triangles():
    tie = one(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]))
    assert tie.is_valid
    assert tie.area == 50
    assert not tie.contains(shapely.Point(5, 1))
    assert not tie.contains(shapely.Point(5, 9))
    assert tie.contains(shapely.Point(1, 5))
    assert tie.contains(shapely.Point(9, 5))


def test_pieces_joined_by_a_line_lose_the_line():
    # As Ultralytics joins several pieces into one polygon: there and back along the same way.
    points = [(0, 0), (4, 0), (4, 4), (10, 4), (10, 8), (14, 8), (14, 4), (10, 4), (4, 4), (0, 4)]
    joined = one(shapely.Polygon(points))
    assert joined.geom_type == "MultiPolygon"
    assert joined.area == 32


def test_what_has_no_area_is_an_empty_polygon():
    for nothing in (
        shapely.Polygon([(0, 0), (5, 5), (9, 9)]),
        shapely.Point(1, 1),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.Polygon(),
        shapely.GeometryCollection([shapely.Point(1, 1), shapely.LineString([(0, 0), (1, 1)])]),
    ):
        found = one(nothing)
        assert found.geom_type == "Polygon"
        assert found.is_empty


def test_a_collection_keeps_all_its_polygons_and_their_holes():
    ring = shapely.box(0, 0, 9, 9).difference(shapely.box(3, 3, 6, 6))
    both = shapely.MultiPolygon([shapely.box(20, 0, 21, 1), shapely.box(30, 0, 31, 1)])
    mixed = np.array([shapely.GeometryCollection([ring, both, shapely.Point(50, 50)])], object)
    (found,) = polygons_of(mixed)
    assert found.area == 72 + 2
    assert len(found.geoms) == 3
    assert sum(len(part.interiors) for part in found.geoms) == 1


def test_nothing_in_nothing_out():
    assert len(areal(np.empty(0, object))) == 0
    assert len(polygons_from([])) == 0


@given(st.lists(st.lists(st.tuples(*[st.integers(-20, 20)] * 2), min_size=3, max_size=9), min_size=1, max_size=4))
def test_any_rings_become_valid_areas(rings):
    arrays = [np.array(ring, np.float64) for ring in rings]
    found = polygons_from(arrays)
    assert len(found) == len(rings)
    assert all(geometry.is_valid and geometry.geom_type in ("Polygon", "MultiPolygon") for geometry in found)
    # Even and odd, at points that lie on no edge: a ray to the right crosses so many edges.
    for ring, geometry in zip(rings, found, strict=True):
        for x, y in [(0.37, 0.61), (-7.13, 3.29), (11.71, -9.43)]:
            crossed = sum(
                (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1)
                for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True)
            )
            assert geometry.contains(shapely.Point(x, y)) == bool(crossed % 2)


def test_a_ring_may_be_closed_already():
    ring = np.array([(0, 0), (4, 0), (0, 0)], np.float64)
    closed = np.array([(0, 0), (4, 0), (4, 4), (0, 0)], np.float64)
    nothing, triangle = polygons_from([ring, closed])
    assert nothing.is_empty
    assert triangle.area == 8
