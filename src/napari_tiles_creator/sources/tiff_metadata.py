"""Pixel size and channel names in the metadata of a TIFF file: OME, ImageJ, resolution tags."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from napari_tiles_creator.geometry.pixel_size import PixelSize, um_per_unit

if TYPE_CHECKING:
    import tifffile

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
# Plain resolution tags that give more than this are placeholders such as "1 px per cm", not optics.
LARGEST_TAG_UM = 100.0
NONE = "none in the file"


def pixel_size(file: tifffile.TiffFile, page: tifffile.TiffPage) -> tuple[PixelSize | None, str]:
    """Return the pixel size of a page and where it comes from, or None and why there is none.

    OME metadata is believed first, then ImageJ's, then the resolution tags, which mean something only where
    they are not a print or screen resolution.
    """
    if file.is_ome:
        found = _from_ome(file.ome_metadata or "")
        if found:
            return found, "OME"
    metadata: dict[str, Any] = file.imagej_metadata or {}
    unit = str(metadata.get("unit", ""))
    per_unit = um_per_unit(unit)
    units = _units_per_pixel(page)
    if units is None:
        return None, NONE
    if metadata and per_unit is not None:
        y_unit = um_per_unit(str(metadata.get("yunit", unit))) or per_unit
        return _believed(PixelSize(y_unit * units[0], per_unit * units[1]), unit, "ImageJ")
    code = page.tags.valueof(296, default=2)  # ResolutionUnit: 1 none, 2 inch, 3 centimetre
    if metadata or code not in (2, 3):
        return None, NONE
    per_tag_unit = 25400.0 if code == 2 else 10000.0
    size = PixelSize(per_tag_unit * units[0], per_tag_unit * units[1])
    return _believed(size, "inch" if code == 2 else "cm", "resolution tags")


def _believed(size: PixelSize, unit: str, source: str) -> tuple[PixelSize | None, str]:
    """Return a size in inches or centimetres only where it can be a microscope's; other units always."""
    unit = unit.lower()
    if unit not in ("inch", "inches", "in", "cm"):
        return size, source
    dpi = 25400.0 / size.x_um
    printed = [known for known in PRINT_DPI if math.isclose(dpi, known, rel_tol=2e-3)]
    if printed:
        return None, f"none in the file ({printed[0]} dpi is for print or screen)"
    if size.x_um > LARGEST_TAG_UM or size.y_um > LARGEST_TAG_UM:
        return None, f"none in the file ({size.x_um / 1e4:g} cm per pixel is a placeholder)"
    return size, source


def _units_per_pixel(page: tifffile.TiffPage) -> tuple[float, float] | None:
    """Return units per pixel along y and x from the resolution tags, None where they say nothing.

    The tags hold pixels per unit; turning the fraction over gives 13/20 as 0.65, dividing by 20/13 would not.
    """
    values = []
    for tag in ("YResolution", "XResolution"):
        rational = page.tags.valueof(tag)
        if not rational or len(rational) != 2 or not rational[0] or not rational[1]:
            return None
        values.append(rational[1] / rational[0])
    return values[0], values[1]


def _from_ome(xml: str) -> PixelSize | None:
    pixels = _first(xml, "Pixels")
    if pixels is None:
        return None
    sizes = []
    for axis in "YX":
        try:
            value = float(pixels.get(f"PhysicalSize{axis}", ""))
        except ValueError:
            return None
        per_unit = um_per_unit(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if per_unit is None or not (math.isfinite(value) and value > 0):
            return None
        sizes.append(value * per_unit)
    return PixelSize(sizes[0], sizes[1])


def channel_names(file: tifffile.TiffFile) -> tuple[str, ...]:
    """Return the names of the channels in OME or ImageJ metadata, empty where there are none."""
    if file.is_ome:
        pixels = _first(file.ome_metadata or "", "Pixels")
        if pixels is None:
            return ()
        names = [e.get("Name", "") for e in pixels if e.tag.rpartition("}")[2] == "Channel"]
        return tuple(names) if any(names) else ()
    labels = (file.imagej_metadata or {}).get("Labels") or []
    return tuple(re.sub(r"\s+", " ", str(label)).strip() for label in labels)


def _first(xml: str, name: str) -> ElementTree.Element | None:
    """Return the first element of this name, whatever the schema's year."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return None
    return next((e for e in root.iter() if e.tag.rpartition("}")[2] == name), None)
