"""Objects of a tile as pixels: against each object rasterized alone."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.painting import Painting, padded
from napari_tiles_creator.annotations.rasterize import rasterized

SHAPE = 20, 26


@st.composite
def shapes(draw):
    points = draw(st.lists(st.tuples(st.integers(0, 52), st.integers(0, 40)), min_size=3, max_size=7))
    area = shapely.make_valid(shapely.Polygon([(x / 2, y / 2) for x, y in points]))
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts) if parts else shapely.Polygon([(0, 0), (3, 0), (3, 3)])


@given(st.lists(shapes(), max_size=6), st.randoms(use_true_random=False))
def test_all_at_once_is_each_alone(drawn, random):
    geometries = np.empty(len(drawn), object)
    geometries[:] = drawn
    painting = Painting.of(geometries, SHAPE)
    ranks = list(range(len(drawn)))
    random.shuffle(ranks)
    values = np.array([random.choice([0, number]) for number in range(1, len(drawn) + 1)], np.uint16)
    expected = np.zeros(SHAPE, np.uint16)
    for at in sorted(range(len(drawn)), key=lambda at: ranks[at]):
        if values[at]:
            expected[rasterized(drawn[at], SHAPE)] = values[at]
    assert np.array_equal(painting.map(values, np.array(ranks, np.int64)), expected)
    for runs, geometry in zip(painting.runs((2, 3)), drawn, strict=True):
        assert np.array_equal(runs.decode(), np.pad(rasterized(geometry, SHAPE), ((0, 2), (0, 3))))


def test_a_map_without_padding_is_itself():
    pixels = np.arange(6).reshape(2, 3)
    assert padded(pixels, (0, 0), "reflect") is pixels
