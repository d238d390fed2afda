"""Scales: numbers, fractions, and what is neither."""

from fractions import Fraction

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError


def calibration(**fields):
    return Recipe.of({"calibration": fields}).calibration


@pytest.mark.parametrize(
    ("scale", "stored", "fraction"),
    [
        (2, 2.0, None),
        (0.5, 0.5, None),
        ("1/3", "1/3", Fraction(1, 3)),
        (" 2 / 6 ", "2/6", Fraction(1, 3)),
        (None, None, None),
    ],
)
def test_scales(scale, stored, fraction):
    found = calibration(enabled=True, scale=scale)
    assert (found.scale, found.fraction) == (stored, fraction)


@pytest.mark.parametrize("scale", [0, -1, "0/3", "1/0", "a third", "0.5", "1/2/3", "-1/3", "0.5/2", float("inf")])
def test_what_is_no_scale(scale):
    with pytest.raises(RecipeError, match=r"calibration\.scale: "):
        calibration(enabled=True, scale=scale)


def test_a_scale_that_would_have_no_effect_is_an_error():
    with pytest.raises(RecipeError, match=r"calibration\.scale: 2\.0 has no effect: set calibration\.enabled to true"):
        calibration(scale=2)


def test_a_pixel_size_alone_does_not_switch_calibration_on():
    found = calibration(pixel_size_um=0.5)
    assert (found.enabled, found.pixel_size_um) == (False, 0.5)
