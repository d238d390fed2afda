"""Half-open rectangles."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.box import Box

BOXES = st.builds(Box, *[st.integers(0, 20)] * 2, *[st.integers(0, 12)] * 2)


def mask(box: Box) -> np.ndarray:
    """Return the box's pixels by asking for each."""
    return np.array([[box.holds(y, x) for x in range(40)] for y in range(40)])


@given(BOXES, BOXES)
def test_intersection_holds_the_pixels_of_both(a, b):
    both = a.intersection(b)
    assert (mask(both) == (mask(a) & mask(b))).all()
    assert both.area == (mask(a) & mask(b)).sum()


@given(BOXES, st.integers(0, 7), st.integers(0, 7))
def test_slices_and_moves_agree_with_the_pixels_held(box, dy, dx):
    image = np.zeros((40, 40), bool)
    image[box.moved(dy, dx).slices] = True
    assert (image == np.roll(mask(box), (dy, dx), (0, 1))).all()
    assert image[box.moved(dy, dx).slices].shape == box.shape


def test_a_box_between_crossed_corners_is_empty():
    assert Box.between(5, 5, 3, 9) == Box(5, 5, 0, 4)
    assert Box.between(5, 5, 3, 9).area == 0
