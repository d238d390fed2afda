"""Resolutions in inches, centimetres and metres: which can be a microscope's, and which are for paper and screens."""

from __future__ import annotations

import math

from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE

# Resolutions that programs write for screens and printers: no microscope has them.
PRINT_DPI = (
    72,
    75,
    90,
    96,
    100,
    120,
    144,
    150,
    180,
    200,
    240,
    250,
    300,
    350,
    360,
    400,
    600,
    720,
    1200,
    1440,
    2400,
)
# How far from it a resolution still is one of them; more where a format counts in whole pixels a centimetre.
ROUNDING, COARSEST = 2e-3, 0.04
# What gives less than this is no light's or electrons' pixel.
SMALLEST_UM = 5e-6
# What gives more than this is a placeholder such as "1 px per cm", not optics.
LARGEST_UM = 100.0


def believed(size: PixelSize, comes_from: str, *, whole_of_um: float | None = None) -> tuple[PixelSize | None, str]:
    """Return a pixel size and where it comes from, or None and why it is none.

    Parameters
    ----------
    size : PixelSize
        What the file's resolution amounts to.
    comes_from : str
        Where it stands, such as ``"JFIF density"``.
    whole_of_um : float, optional
        The unit, µm, where the file counts pixels in it in whole numbers, so that a print resolution is
        rounded or cut off by up to one.
    """
    smallest = min(size.y_um, size.x_um)
    if smallest <= SMALLEST_UM:
        return None, f"{NO_PIXEL_SIZE} ({smallest:g} µm per pixel is nonsense)"
    dpi = 25400.0 / size.x_um
    off = ROUNDING if whole_of_um is None else min(COARSEST, max(ROUNDING, 1.01 * size.x_um / whole_of_um))
    printed = [known for known in PRINT_DPI if math.isclose(dpi, known, rel_tol=off)]
    if printed:
        nearest = min(printed, key=lambda known: abs(dpi - known))
        return None, f"{NO_PIXEL_SIZE} ({nearest} dpi is for print or screen)"
    if size.x_um > LARGEST_UM or size.y_um > LARGEST_UM:
        return None, f"{NO_PIXEL_SIZE} ({_length(max(size.x_um, size.y_um))} per pixel is a placeholder)"
    return size, comes_from


def per_unit(y: float, x: float, unit_um: float, comes_from: str) -> tuple[PixelSize | None, str]:
    """Return the pixel size of so many pixels in a unit along y and x; see `believed`.

    Parameters
    ----------
    y, x : float
        Pixels in one unit; 0 or less says nothing.
    unit_um : float
        Length of the unit, µm.
    comes_from : str
        Where it stands.
    """
    if not (y > 0 and x > 0):
        return None, NO_PIXEL_SIZE
    whole = unit_um if float(y).is_integer() and float(x).is_integer() else None
    return believed(PixelSize(unit_um / y, unit_um / x), comes_from, whole_of_um=whole)


def _length(um: float) -> str:
    return f"{um / 1e4:g} cm" if um >= 1e4 else f"{um / 1e3:.3g} mm"
