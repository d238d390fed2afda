"""OME metadata of a TIFF file, in its description or in a companion file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from napari_tiles_creator.geometry.pixel_size import PixelSize, pixel_size_of, um_per_unit

if TYPE_CHECKING:
    import tifffile

# A companion file larger than this is not read.
LARGEST_COMPANION_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class OmeImage:
    """What OME metadata says of one image.

    Parameters
    ----------
    pixel_size : PixelSize or None
        Micrometres per pixel.
    channel_names : tuple of str
        Names of the channels, empty where none has one.
    notes : tuple of str
        What a reader of the file should know.
    """

    pixel_size: PixelSize | None = None
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def ome_image(file: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> OmeImage:
    """Return what OME metadata says of an image.

    Parameters
    ----------
    file : TiffFile
        The file.
    series : TiffPageSeries
        The image: its place in the file is that in the metadata.
    """
    root = _parsed(file.ome_metadata or "")
    notes: tuple[str, ...] = ()
    if root is None:
        return OmeImage()
    companion = next((child.get("MetadataFile") for child in root if _name(child) == "BinaryOnly"), None)
    if companion is not None:
        root, notes = _companion(Path(file.filehandle.dirname), companion)
        if root is None:
            return OmeImage(notes=notes)
    images = [child for child in root if _name(child) == "Image"]
    image = _image_of(images, file, series)
    if image is None:
        return OmeImage(notes=notes)
    pixels = next((child for child in image if _name(child) == "Pixels"), None)
    if pixels is None:
        return OmeImage(notes=notes)
    names = tuple(child.get("Name", "") for child in pixels if _name(child) == "Channel")
    return OmeImage(_pixel_size(pixels), names if any(names) else (), notes)


def _companion(folder: Path, name: str) -> tuple[ElementTree.Element | None, tuple[str, ...]]:
    """Return the metadata that lies in a file of its own, and what to say of it."""
    plain = Path(name.replace("\\", "/")).name
    path = folder / plain
    if not path.is_file() or path.stat().st_size > LARGEST_COMPANION_BYTES:
        return None, (f"its metadata lies in {plain}, which is missing",)
    try:
        text = path.read_text("utf-8", "replace")
    except OSError:
        return None, (f"its metadata lies in {plain}, which cannot be read",)
    root = _parsed(text)
    if root is None:
        return None, (f"its metadata lies in {plain}, which is damaged",)
    return root, (f"its metadata lies in {plain}, of which the axes and other files are not followed",)


def _image_of(
    images: list[ElementTree.Element], file: tifffile.TiffFile, series: tifffile.TiffPageSeries
) -> ElementTree.Element | None:
    """Return the image that a series is: by its place, or, where some have no pixels in the file, by its name."""
    if len(images) == len(file.series):
        return images[file.series.index(series)]
    named = [image for image in images if series.name and image.get("Name") == series.name]
    return named[0] if len(named) == 1 else images[0] if len(images) == 1 else None


def _pixel_size(pixels: ElementTree.Element) -> PixelSize | None:
    sizes = []
    for axis in "YX":
        try:
            value = float(pixels.get(f"PhysicalSize{axis}", ""))
        except ValueError:
            return None
        per_unit = um_per_unit(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        if per_unit is None:
            return None
        sizes.append(value * per_unit)
    return pixel_size_of(sizes[0], sizes[1])


def _parsed(xml: str) -> ElementTree.Element | None:
    try:
        return ElementTree.fromstring(xml)
    except (ElementTree.ParseError, ValueError):
        return None


def _name(element: ElementTree.Element) -> str:
    """Return an element's name, whatever the schema's year."""
    return element.tag.rpartition("}")[2]
