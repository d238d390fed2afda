"""What is to be converted, what comes of it, and whether it can be."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.image_files import tiff_file, tile_codec, zarr_folder
from napari_tiles_creator.engine.image_files.halving import level_shapes
from napari_tiles_creator.engine.image_files.layout import Layout
from napari_tiles_creator.engine.planning.scan import plain_pixel_size
from napari_tiles_creator.engine.steps import MEMORY_BYTES
from napari_tiles_creator.errors import ExportError
from napari_tiles_creator.recipe.media import Media

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import SourceInfo

# The smallest level is at most so long, px.
SMALLEST_PX = 1024
TILES = (512, 256, 128)
FORMAT_OF = {".tif": "tif", ".tiff": "tif", ".zarr": "zarr", ".rle": "rle"}
COMPRESSIONS = {"tif": tile_codec.COMPRESSIONS, "zarr": zarr_folder.COMPRESSIONS, "rle": ("none",)}


@dataclass(frozen=True)
class Request:
    """What is to be converted.

    Parameters
    ----------
    source : str
        The file; may name an array in it: ``file.h5#/path``.
    target : Path
        Where it goes; its ending tells the format: ``.tif``, ``.tiff``, ``.zarr``, or ``.rle`` for a mask.
    media : Media
        How the file is to be understood; only the fields for that matter.
    pyramid : bool
        Whether smaller levels are written, too.
    labels : bool
        Whether smaller levels take the nearest pixel rather than a mean, as those of bits do in any case.
    compression : str or None
        Its name; None takes the format's first.
    workers : int or None
        Threads; None is one a processor.
    memory_bytes : int
        Memory for pixels.
    """

    source: str
    target: Path
    media: Media = field(default_factory=Media)
    pyramid: bool = True
    labels: bool = False
    compression: str | None = None
    workers: int | None = None
    memory_bytes: int = MEMORY_BYTES

    @property
    def format(self) -> str:
        """``tif``, ``zarr`` or ``rle``."""
        return FORMAT_OF.get(self.target.suffix.lower(), "")


@dataclass(frozen=True)
class Converted:
    """What was written.

    Parameters
    ----------
    path : Path
        The file or folder.
    format : str
        ``tif``, ``zarr`` or ``rle``.
    info : SourceInfo
        The source's header.
    levels : tuple of (int, int)
        ``(height, width)`` of the levels, px.
    bytes : int
        Size on disk.
    """

    path: Path
    format: str
    info: SourceInfo
    levels: tuple[tuple[int, int], ...]
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``convert --json`` prints."""
        return {
            "path": str(self.path),
            "format": self.format,
            "axes": self.info.axes,
            "shape": list(self.info.shape),
            "dtype": self.info.dtype.name,
            "pixel_size_um": plain_pixel_size(self.info.pixel_size),
            "levels": [list(shape) for shape in self.levels],
            "bytes": self.bytes,
        }


def check_target(request: Request) -> None:
    """Refuse a place that is taken, and a format that is not written.

    Raises
    ------
    ExportError
        If nothing can be written there.
    """
    target, kind = request.target, request.format
    if not kind:
        raise ExportError(f"{target}: images are converted to {', '.join(FORMAT_OF)}: give a name that ends so")
    if os.path.lexists(target):
        raise ExportError(f"{target} is there already and is never overwritten: choose another name, or remove it")
    if not target.parent.is_dir():
        raise ExportError(f"{target}: there is no folder {target.parent}: make it, or choose another place")
    store = next((folder for folder in target.absolute().parents if folder.suffix.lower() == ".zarr"), None)
    if store is not None:
        raise ExportError(f"{target} lies inside of the image {store.name}: choose another place")
    if request.compression not in (None, *COMPRESSIONS[kind]):
        known = ", ".join(COMPRESSIONS[kind])
        raise ExportError(f"--compression {request.compression}: {target.suffix} has {known}")


def layout_of(request: Request, info: SourceInfo) -> Layout:
    """Return what is written of a source.

    Raises
    ------
    ExportError
        If the format has no such type.
    """
    if request.format == "tif" and info.dtype.name not in tiff_file.TYPES:
        raise ExportError(f"{request.target.name}: OME-TIFF holds no {info.dtype} pixels: convert to .ome.zarr")
    outer = tuple((axis, info.length(axis)) for axis in info.axes if axis in "TCZ")
    shapes = level_shapes(info.plane_shape, SMALLEST_PX) if request.pyramid else (info.plane_shape,)
    row_bytes = info.plane_shape[1] * info.length("C") * info.length("S") * info.dtype.itemsize
    # Two rows of tiles are in memory with a pyramid, and a band that is read.
    fitting = [tile for tile in TILES if 3 * tile * row_bytes <= request.memory_bytes]
    return Layout(
        outer=outer,
        shapes=shapes,
        samples=info.length("S"),
        dtype=info.dtype,
        tile=fitting[0] if fitting else TILES[-1],
        compression=request.compression or COMPRESSIONS[request.format][0],
        pixel_size=info.pixel_size,
        channel_names=info.channel_names if len(info.channel_names) == dict(outer).get("C") else (),
    )
