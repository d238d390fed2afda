"""Outlines and holes, drawn as shapes, become polygons: what lies inside is what was drawn, pixel by pixel."""

import numpy as np
import pytest

from napari_tiles_creator._widget.viewing.rings import as_polygons, corners_of, outline_of
from napari_tiles_creator.geometry.region import Region

SIDE = 30
CELLS = np.array([(y, x, y + 1, x + 1) for y in range(SIDE) for x in range(SIDE)], float)


def square(x, y, side):
    return ((x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y))


def drawn(*squares):
    """Return the pixels in any of some squares, array (y, x), bool."""
    mask = np.zeros((SIDE, SIDE), bool)
    for x, y, side in squares:
        mask[y : y + side, x : x + side] = True
    return mask


OUTER, OTHER = (2, 2, 16), (20, 2, 8)
CASES = [
    pytest.param([OUTER], [], drawn(OUTER), id="no hole"),
    pytest.param([OUTER, OTHER], [(5, 5, 4)], drawn(OUTER, OTHER) & ~drawn((5, 5, 4)), id="a hole"),
    pytest.param(
        [OUTER, OTHER],
        [(5, 5, 4), (22, 4, 2), (12, 12, 3)],
        drawn(OUTER, OTHER) & ~drawn((5, 5, 4), (22, 4, 2), (12, 12, 3)),
        id="holes in both",
    ),
    pytest.param(
        [OUTER, (6, 6, 4)], [(4, 4, 10)], drawn(OUTER) & ~drawn((4, 4, 10)) | drawn((6, 6, 4)), id="an island in a hole"
    ),
    pytest.param(
        [(6, 6, 6), OUTER],
        [(4, 4, 10), (8, 8, 2)],
        (drawn(OUTER) & ~drawn((4, 4, 10))) | (drawn((6, 6, 6)) & ~drawn((8, 8, 2))),
        id="a hole in the island",
    ),
    pytest.param([OUTER, OTHER], [(14, 6, 9)], drawn(OUTER, OTHER) & ~drawn((14, 6, 9)), id="across two"),
    pytest.param([OUTER], [(5, 5, 3), (1, 9, 20)], drawn(OUTER) & ~drawn((5, 5, 3), (1, 9, 20)), id="cut in two"),
    pytest.param([OUTER], [(20, 20, 5)], drawn(OUTER), id="beside all"),
    pytest.param([OTHER], [(18, 0, 12)], drawn(), id="around all"),
]


@pytest.mark.parametrize(("outlines", "holes", "expected"), CASES)
def test_what_lies_inside_is_what_was_drawn(outlines, holes, expected):
    polygons = as_polygons([square(*one) for one in outlines], [square(*one) for one in holes])
    inside = Region(tuple(polygons)).shares(CELLS) if polygons else np.zeros(len(CELLS), bool)
    np.testing.assert_array_equal(inside.reshape(SIDE, SIDE), expected)


def test_rings_that_nobody_moved_stay_as_they_are():
    outline, hole, other = square(*OUTER), square(5, 5, 4), square(*OTHER)
    assert as_polygons([outline, other], [hole]) == [(outline, hole), (other,)]
    assert as_polygons([outline, other], [hole, square(19, 3, 4)])[0] == (outline, hole)


@pytest.mark.parametrize("ring", [square(1, 2, 3), square(1, 2, 3)[:-1]])
def test_corners_are_where_napari_counts_them(ring):
    np.testing.assert_array_equal(corners_of(ring), [[1.5, 0.5], [1.5, 3.5], [4.5, 3.5], [4.5, 0.5]])


@pytest.mark.parametrize("kind", ["line", "path"])
def test_lines_enclose_nothing(kind):
    assert outline_of(np.zeros((4, 2)), kind) is None
