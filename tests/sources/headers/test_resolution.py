"""Which resolutions are a microscope's, and which are for print and screen."""

import pytest

from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.headers.resolution import PRINT_DPI, believed, per_unit


@pytest.mark.parametrize("dpi", PRINT_DPI)
@pytest.mark.parametrize(("unit_um", "whole"), [(25400.0, False), (10000.0, True), (1e6, True)])
def test_print_resolutions_are_none_in_any_unit_even_rounded(dpi, unit_um, whole):
    """As programs write them: 72 a inch, 28 a centimetre, 2835 a metre (or 2834, cut off)."""
    exact = dpi * unit_um / 25400
    for count in {int(exact), round(exact)} if whole else {exact}:
        size, reason = per_unit(count, count, unit_um, "somewhere")
        assert size is None, count
        assert reason.startswith("none in the file (")
        assert reason.endswith("dpi is for print or screen)")


@pytest.mark.parametrize("um", [0.001, 0.1, 0.325, 0.65, 1.0, 2.48592, 5.5, 6.45, 9.0, 40.0])
def test_sizes_of_microscopes_are_believed(um):
    assert believed(PixelSize(um, um), "somewhere") == (PixelSize(um, um), "somewhere")
    assert per_unit(1 / um, 1 / um, 1.0, "somewhere") == (PixelSize(1 / (1 / um), 1 / (1 / um)), "somewhere")


def test_y_and_x_may_differ():
    assert per_unit(10_000, 20_000, 10_000.0, "somewhere") == (PixelSize(1.0, 0.5), "somewhere")


@pytest.mark.parametrize(
    ("um", "length"), [(101.0, "0.101 mm"), (1000.0, "1 mm"), (10_000.0, "1 cm"), (1_000_000.0, "100 cm")]
)
def test_what_no_optics_give_is_a_placeholder(um, length):
    assert believed(PixelSize(um, um), "tags") == (None, f"none in the file ({length} per pixel is a placeholder)")
    assert believed(PixelSize(um, 1.0), "tags")[0] is None


@pytest.mark.parametrize(("y", "x"), [(0, 5), (5, 0), (-1, -1), (0, 0)])
def test_nothing_said_is_nothing_known(y, x):
    assert per_unit(y, x, 1e6, "somewhere") == (None, "none in the file")


@pytest.mark.parametrize("um", [5e-6, 1e-120])
def test_what_is_smaller_than_atoms_by_far_is_nonsense(um):
    assert believed(PixelSize(1.0, um), "EXIF") == (None, f"none in the file ({um:g} µm per pixel is nonsense)")
    assert per_unit(1e6 / um, 1e6, 1e6, "EXIF")[0] is None
