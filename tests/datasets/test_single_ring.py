"""One ring for outlines of any form."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.datasets.single_ring import single_ring

CENTRES = st.tuples(st.floats(-20, 20), st.floats(-20, 20))


@st.composite
def outlines(draw):
    """Draw discs joined and holes cut out of them, anywhere."""
    discs = [shapely.Point(draw(CENTRES)).buffer(draw(st.floats(1, 9)), 4) for _ in range(draw(st.integers(1, 5)))]
    holes = [shapely.Point(draw(CENTRES)).buffer(draw(st.floats(0.5, 3)), 3) for _ in range(draw(st.integers(0, 5)))]
    return shapely.union_all(discs).difference(shapely.union_all(holes))


def signed_area(ring):
    x, y = (ring - ring[0]).T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


@given(outlines())
def test_its_area_is_the_outlines(outline):
    if outline.is_empty or outline.area < 1e-6:
        return
    ring = single_ring(outline)
    assert np.isclose(signed_area(ring), outline.area, rtol=1e-9)
    assert len(ring) >= 3


@given(outlines(), st.lists(CENTRES, min_size=1, max_size=20))
def test_points_are_inside_by_both_rules_where_they_are_in_the_outline(outline, points):
    if outline.is_empty or outline.area < 1e-6:
        return
    ring = single_ring(outline)
    for x, y in points:
        if outline.boundary.distance(shapely.Point(x, y)) < 1e-6:
            continue
        winding, crossings = _around(ring, x, y)
        inside = bool(outline.contains(shapely.Point(x, y)))
        assert (crossings % 2 == 1) == inside
        assert (winding != 0) == inside


def _around(ring, x, y):
    """Return how often a ring winds around a point, and how often it crosses a ray from it to the right."""
    start, stop = ring, np.roll(ring, -1, axis=0)
    up, down = (start[:, 1] <= y) & (stop[:, 1] > y), (start[:, 1] > y) & (stop[:, 1] <= y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = start[:, 0] + (y - start[:, 1]) / (stop[:, 1] - start[:, 1]) * (stop[:, 0] - start[:, 0])
    right = (up | down) & (at > x)
    return int(np.sum(up & right)) - int(np.sum(down & right)), int(np.sum(right))


def test_a_square_stays_as_it_is():
    assert sorted(map(tuple, single_ring(shapely.box(0, 0, 2, 1)))) == [(0, 0), (0, 1), (2, 0), (2, 1)]


def test_ten_thousand_pieces_take_no_time_that_grows_with_their_square():
    pieces = [shapely.box(2 * (n % 100), 2 * (n // 100), 2 * (n % 100) + 1, 2 * (n // 100) + 1) for n in range(10_000)]
    assert signed_area(single_ring(shapely.MultiPolygon(pieces))) == 10_000
