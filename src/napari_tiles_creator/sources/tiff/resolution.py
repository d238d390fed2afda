"""Pixel size in the resolution tags of a TIFF page, alone or in the unit that ImageJ gives them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.geometry.pixel_size import PixelSize, um_per_unit
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.headers.resolution import SMALLEST_UM, believed

if TYPE_CHECKING:
    import tifffile

# Micrometres in the units that the tag ResolutionUnit has (1 is none), by its number.
UM_PER_CODE = {2: 25400.0, 3: 10000.0, 4: 1000.0, 5: 1.0}

Found = tuple[PixelSize | None, str]


def from_imagej(metadata: dict[str, Any], page: tifffile.TiffPage) -> Found:
    """Return the pixel size that ImageJ wrote, or None and why there is none."""
    unit = str(metadata.get("unit", ""))
    per_unit, units = um_per_unit(unit), _units_per_pixel(page)
    if per_unit is None or units is None:
        return None, NO_PIXEL_SIZE
    y_unit = um_per_unit(str(metadata.get("yunit", unit))) or per_unit
    return _believed(y_unit * units[0], per_unit * units[1], unit, "ImageJ")


def from_tags(page: tifffile.TiffPage) -> Found:
    """Return the pixel size in the resolution tags, or None and why there is none."""
    code, units = page.tags.valueof(296, default=2), _units_per_pixel(page)
    if units is None or code not in UM_PER_CODE:
        return None, NO_PIXEL_SIZE
    return _believed(UM_PER_CODE[code] * units[0], UM_PER_CODE[code] * units[1], "", "resolution tags")


def _believed(y_um: float, x_um: float, unit: str, source: str) -> Found:
    """Return a size in inches, centimetres or tags only where it can be a microscope's; ImageJ's other units always."""
    if not all(math.isfinite(um) and um > SMALLEST_UM for um in (y_um, x_um)):
        return None, f"{NO_PIXEL_SIZE} ({min(y_um, x_um):g} µm per pixel is nonsense)"
    size = PixelSize(y_um, x_um)
    if source == "ImageJ" and unit.strip().lower() not in ("inch", "inches", "in", '"', "cm"):
        return size, source
    return believed(size, source)


def _units_per_pixel(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """Return units per pixel along y and x from the resolution tags, None where they say nothing.

    The tags hold pixels per unit; turning the fraction over gives 13/20 as 0.65, dividing by 20/13 would not.
    """
    values = []
    for tag in (283, 282):  # YResolution, XResolution
        rational = page.tags.valueof(tag)
        if not isinstance(rational, tuple) or len(rational) != 2 or not rational[0] or not rational[1]:
            return None
        values.append(rational[1] / rational[0])
    return values[0], values[1]
