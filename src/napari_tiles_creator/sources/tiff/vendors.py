"""Pixel size in what programs of microscopes and slide scanners write into TIFF files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from napari_tiles_creator.geometry.pixel_size import PixelSize, pixel_size_of, um_per_unit

if TYPE_CHECKING:
    from collections.abc import Callable

    import tifffile

UM_PER_METRE = 1e6
UM_PER_MM = 1e3
APERIO_MPP = re.compile(r"(?:^|[|\n])\s*MPP\s*=\s*([0-9.eE+-]+)")
VENTANA_RESOLUTION = re.compile(r"ScanRes\s*=\s*[\"']([0-9.eE+-]+)[\"']")
PHILIPS_SPACING = re.compile(
    r"DICOM_PIXEL_SPACING[^>]*>\s*(?:\"|&quot;)([0-9.eE+-]+)(?:\"|&quot;)\s+(?:\"|&quot;)([0-9.eE+-]+)"
)

Sizes = tuple[float, float] | None


def from_vendor(file: tifffile.TiffFile, page: tifffile.TiffPage) -> tuple[PixelSize | None, str]:
    """Return the pixel size that a microscope's or scanner's own program wrote, and its name; "" where none did."""
    for source, read in _readers(file, page):
        try:
            sizes = read(file, page)
        except (KeyError, ValueError, TypeError, IndexError, AttributeError, ElementTree.ParseError):
            continue  # foreign metadata may have any form
        size = pixel_size_of(*sizes) if sizes else None
        if size:
            return size, source
    return None, ""


def _readers(
    file: tifffile.TiffFile, page: tifffile.TiffPage
) -> list[tuple[str, Callable[[tifffile.TiffFile, tifffile.TiffPage], Sizes]]]:
    """Return the readers that may find something: by the tags that are there and how the description begins."""
    first = file.pages.first
    found = [reader for tag, reader in _BY_TAG.items() if tag in first.tags]
    description = page.description[:4096]
    if "Aperio" in description:
        found.append(("Aperio MPP", _aperio))
    if "<scn" in description or "<scn" in first.description[:4096]:
        found.append(("Leica SCN", _scn))
    if "DPUfsImport" in first.description[:4096]:
        found.append(("Philips", _philips))
    return found


def _aperio(_file: tifffile.TiffFile, page: tifffile.TiffPage) -> Sizes:
    match = APERIO_MPP.search(page.description)
    return (float(match[1]), float(match[1])) if match else None


def _scn(file: tifffile.TiffFile, page: tifffile.TiffPage) -> Sizes:
    """Return the size of the image in the collection that has this page's width; its view is in nanometres."""
    for image in ElementTree.fromstring(file.pages.first.description).iter():
        if not image.tag.endswith("}image") and image.tag != "image":
            continue
        parts = {child.tag.rpartition("}")[2]: child for child in image}
        pixels, view = parts.get("pixels"), parts.get("view")
        if pixels is None or view is None:
            continue
        height, width = int(pixels.get("sizeY", 0)), int(pixels.get("sizeX", 0))
        if (height, width) == (page.imagelength, page.imagewidth):
            return int(view.get("sizeY", 0)) / height / 1e3, int(view.get("sizeX", 0)) / width / 1e3
    return None


def _philips(file: tifffile.TiffFile, _page: tifffile.TiffPage) -> Sizes:
    match = PHILIPS_SPACING.search(file.pages.first.description)
    return (float(match[1]) * UM_PER_MM, float(match[2]) * UM_PER_MM) if match else None


def _ventana(_file: tifffile.TiffFile, page: tifffile.TiffPage) -> Sizes:
    xmp = page.tags.valueof(700) or b""
    match = VENTANA_RESOLUTION.search(xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else str(xmp))
    return (float(match[1]), float(match[1])) if match else None


def _lsm(file: tifffile.TiffFile, _page: tifffile.TiffPage) -> Sizes:
    info: dict[str, Any] = file.lsm_metadata or {}
    return info["VoxelSizeY"] * UM_PER_METRE, info["VoxelSizeX"] * UM_PER_METRE


def _stk(file: tifffile.TiffFile, _page: tifffile.TiffPage) -> Sizes:
    info: dict[str, Any] = file.stk_metadata or {}
    per_unit = um_per_unit(str(info.get("CalibrationUnits", "")))
    if per_unit is None or not info.get("SpatialCalibration", 1):
        return None
    return info["YCalibration"] * per_unit, info["XCalibration"] * per_unit


def _fei(file: tifffile.TiffFile, _page: tifffile.TiffPage) -> Sizes:
    info: dict[str, Any] = file.fei_metadata or {}
    part = info.get("Scan") or info["EScan"]
    return part["PixelHeight"] * UM_PER_METRE, part["PixelWidth"] * UM_PER_METRE


def _zeiss_sem(file: tifffile.TiffFile, _page: tifffile.TiffPage) -> Sizes:
    info: dict[str, Any] = file.sem_metadata or {}
    _, value, unit = info["ap_image_pixel_size"][:3]
    per_unit = um_per_unit(str(unit))
    return None if per_unit is None else (value * per_unit, value * per_unit)


def _sis(file: tifffile.TiffFile, _page: tifffile.TiffPage) -> Sizes:
    info: dict[str, Any] = file.sis_metadata or {}
    return info["pixelsizey"] * UM_PER_METRE, info["pixelsizex"] * UM_PER_METRE


_BY_TAG: dict[int, tuple[str, Callable[[tifffile.TiffFile, tifffile.TiffPage], Sizes]]] = {
    700: ("Ventana", _ventana),
    33560: ("Olympus SIS", _sis),
    33628: ("MetaMorph", _stk),
    34118: ("Zeiss SEM", _zeiss_sem),
    34412: ("LSM", _lsm),
    34680: ("FEI", _fei),
    34682: ("FEI", _fei),
}
