"""TIFF images whose rows and columns do not lie in the pages: mapped from the file as the array that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import source_of
from napari_tiles_creator.sources.arrays.mapped import MappedArray, PlainPixels
from napari_tiles_creator.sources.base import KNOWN_AXES

if TYPE_CHECKING:
    from pathlib import Path

    import tifffile

    from napari_tiles_creator.sources.arrays.array_source import ArraySource
    from napari_tiles_creator.sources.tiff.metadata import TiffMetadata


def mapped_source(path: Path, series: tifffile.TiffPageSeries, axes: str, metadata: TiffMetadata) -> ArraySource:
    """Return an uncompressed image that lies in one piece as an array with its axes in any order.

    Parameters
    ----------
    path : Path
        The file.
    series : TiffPageSeries
        The image.
    axes : str
        One letter for each of its axes but those of length 1.
    metadata : TiffMetadata
        What the file says of it.

    Raises
    ------
    SourceError
        If the image is compressed, cut short, or its axes are no image's.
    """
    parent = series.keyframe.parent
    shape = [n for n in series.shape if n > 1]
    if len(shape) != len(axes):
        shape = list(series.shape)
    if series.is_multifile or not series.dataoffset or len(shape) != len(axes):
        raise SourceError(
            f"{path.name}: its axes are {axes}, but its pages hold {series.keyframe.axes}: "
            f"say the order in the file (media.axes), or save it uncompressed"
        )
    if not {"Y", "X"} <= set(axes) <= set(KNOWN_AXES) or len(set(axes)) < len(axes) or {"S", "C"} <= set(axes):
        raise SourceError(f"{path.name}: {axes} are no axes of an image (media.axes)")
    if series.dataoffset + series.nbytes > parent.filehandle.size:
        raise SourceError(f"{path.name} is cut short: some of its pixels are missing")
    stored = series.dtype.newbyteorder(parent.byteorder)
    pixels = MappedArray(path, PlainPixels(tuple(shape), stored, series.dataoffset))
    return source_of(path, [pixels], axes, pixel_size=metadata.pixel_size, pixel_size_from=metadata.pixel_size_from)
