"""Parts of an outline of many points: equal inside any rectangle, and small."""

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.annotations.large_shape import FEW_POINTS, LargeShape


def wavy(points: int, waves: int, radius: float = 4000, height: float = 200):
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    r = radius + height * np.sin(waves * angle)
    return shapely.Polygon(np.stack([5000 + r * np.cos(angle), 4700 + r * np.sin(angle)], axis=1))


COAST = wavy(20_000, 400)
LARGE = LargeShape(COAST)


@given(st.floats(-500, 10_500), st.floats(-500, 10_500), st.floats(1, 3000), st.floats(1, 3000))
def test_inside_any_rectangle_it_is_the_shape(x, y, width, height):
    rectangle = shapely.box(x, y, x + width, y + height)
    near = shapely.intersection(LARGE.near(np.array([x, y, x + width, y + height])), rectangle)
    expected = shapely.intersection(COAST, rectangle)
    assert shapely.area(shapely.symmetric_difference(near, expected)) < 1e-6


def test_small_rectangles_get_few_points():
    most = 0
    for x in np.arange(0, 10_000, 250.0):
        for y in np.arange(0, 10_000, 250.0):
            most = max(most, shapely.get_num_coordinates(LARGE.near(np.array([x, y, x + 20, y + 20]))))
    assert most <= max(FEW_POINTS, 2 * 20_000 // 400)
