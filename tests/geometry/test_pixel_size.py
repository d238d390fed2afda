"""Micrometres: units by all their names, and the one place where lengths are rounded."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry.pixel_size import (
    PixelSize,
    pixel_size_of,
    reduced_length,
    scaled_length,
    um_per_unit,
)


@pytest.mark.parametrize(
    ("unit", "um"),
    [
        ("nm", 1e-3), ("nanometer", 1e-3), ("µm", 1), ("μm", 1), ("um", 1), ("micron", 1), ("microns", 1),
        ("micrometer", 1), ("\\u00B5m", 1), ("\\u00b5m", 1), (" Micron ", 1), ("mm", 1e3), ("cm", 1e4), ("dm", 1e5),
        ("m", 1e6), ("inch", 25400), ("INCH", 25400), ("Å", 1e-4), ("micron\0", 1), ("\\u03BCm", 1), ("Âµm", 1),
        ("Î¼m", 1), ("µ", 1), ("Micrometers", 1), ("nanometres", 1e-3), ("MM", 1e3), ("Mm", 1e12), ("mm ", 1e3),
        ("inches", 25400), ("angstroms", 1e-4), ("km", 1e9), ("fm", 1e-9), ("Fm", None), ("thou", 25.4),
    ],
)  # fmt: skip
def test_units_are_known_by_all_their_names(unit, um):
    assert um_per_unit(unit) == um


@pytest.mark.parametrize("unit", ["", "pixel", "pixels", "px", "reference frame", "sec", "furlong"])
def test_what_is_no_length_has_no_size(unit):
    assert um_per_unit(unit) is None


@pytest.mark.parametrize(
    ("length", "factor", "new"),
    [
        pytest.param(512, 0.65 / 0.325, 1024, id="0.65 to 0.325 doubles"),
        pytest.param(512, 0.5 / 0.325, 788, id="787.69 up"),
        pytest.param(5, 0.5, 2, id="half to even: down"),
        pytest.param(7, 0.5, 4, id="half to even: up"),
        pytest.param(1, 0.4, 0, id="nothing left"),
    ],
)
def test_lengths_round_half_to_even(length, factor, new):
    assert scaled_length(length, factor) == new


@given(st.integers(1, 10**6), st.integers(1, 100), st.integers(1, 100))
def test_fractions_round_down_exactly(length, a, b):
    assert reduced_length(length, a, b) == Fraction(length * a, b).__floor__()


def test_pixel_size_follows_the_lengths():
    size = PixelSize(0.65, 0.5).divided(2.0, 0.5)
    assert (size.y_um, size.x_um) == (0.325, 1.0)
    assert str(size) == "0.325;1"
    assert str(PixelSize(0.325, 0.325)) == "0.325"


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_a_pixel_size_is_a_number_above_0(value):
    with pytest.raises(ValueError, match="above 0"):
        PixelSize(1, value)


def test_numbers_that_are_no_pixel_size():
    assert pixel_size_of(0.5, 0.25) == PixelSize(0.5, 0.25)
    for number in (0.0, -1.0, float("nan"), float("inf")):
        assert pixel_size_of(number, 1.0) is None
        assert pixel_size_of(1.0, number) is None
