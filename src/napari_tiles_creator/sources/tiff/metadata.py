"""What the metadata of a TIFF file says of an image: pixel size and channel names, from whoever wrote it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.sources.tiff.ome import OmeImage, ome_image
from napari_tiles_creator.sources.tiff.resolution import from_imagej, from_tags
from napari_tiles_creator.sources.tiff.vendors import from_vendor

if TYPE_CHECKING:
    import tifffile

    from napari_tiles_creator.geometry.pixel_size import PixelSize


@dataclass(frozen=True, slots=True)
class TiffMetadata:
    """What the metadata says.

    Parameters
    ----------
    pixel_size : PixelSize or None
        Micrometres per pixel.
    pixel_size_from : str
        Where it comes from, or why there is none.
    channel_names : tuple of str
        Names of the channels, empty where there are none.
    notes : tuple of str
        What a reader of the file should know.
    """

    pixel_size: PixelSize | None
    pixel_size_from: str
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def metadata_of(file: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> TiffMetadata:
    """Return what the metadata says of an image.

    OME metadata is believed first, then that of microscopes' and scanners' own programs, then ImageJ's, then the
    resolution tags, which mean something only where they are not a print or screen resolution.

    Parameters
    ----------
    file : TiffFile
        The file.
    series : TiffPageSeries
        The image.
    """
    page, first = series.keyframe, file.pages.first
    ome = ome_image(file, series) if first.is_ome else OmeImage()
    if ome.pixel_size:
        return TiffMetadata(ome.pixel_size, "OME", ome.channel_names, ome.notes)
    size, source = from_vendor(file, page)
    if source:
        return TiffMetadata(size, source, ome.channel_names, ome.notes)
    metadata: dict[str, Any] = (file.imagej_metadata if first.is_imagej else None) or {}
    size, source = from_imagej(metadata, page) if metadata else from_tags(page)
    return TiffMetadata(size, source, ome.channel_names or _labels(metadata), ome.notes)


def _labels(metadata: dict[str, Any]) -> tuple[str, ...]:
    """Return ImageJ's labels of the planes, each on one line."""
    return tuple(re.sub(r"\s+", " ", str(label)).strip() for label in metadata.get("Labels") or [])
