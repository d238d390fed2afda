"""Microscopes' own files (CZI, LIF, ND2) through bioio's readers, which are an extra."""

from __future__ import annotations

import importlib
import logging
import math
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.bioio.plane_array import PlaneArray
from napari_tiles_creator.sources.headers.axes import axes_of_array
from napari_tiles_creator.sources.headers.choice import check_series, series_note

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import Opening

# Module of the reader, and what it is told. "A" is what bioio-czi 3.0 calls S inside: without it colours are wrong.
READERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".czi": ("bioio_czi", {"chunk_dims": ["Y", "X", "S", "A"]}),
    ".lif": ("bioio_lif", {"chunk_dims": ["Y", "X", "S"]}),
    ".nd2": ("bioio_nd2", {}),
}

# What bioio logs about damage would stand between our sentences, where nobody has set up logging.
logging.getLogger("bioio").addHandler(logging.NullHandler())


def open_file(path: Path, opening: Opening) -> ArraySource:
    """Open a microscope's file; see `registry.open_source`."""
    module, options = READERS[path.suffix.lower()]
    package = module.replace("_", "-")
    try:
        importlib.import_module("bioio")
        reader = importlib.import_module(module).Reader
    except ImportError as error:
        raise SourceError(f"{path.name}: needs {package}: pip install bioio {package}") from error
    return open_with(reader, path, opening, **options)


def open_with(reader: type[Any], path: Path, opening: Opening, **options: Any) -> ArraySource:
    """Open a file with one of bioio's readers; mosaics are put together, pixels are read when they are asked for.

    Parameters
    ----------
    reader : type
        The reader's class.
    path : Path
        The file.
    opening : Opening
        How it is to be understood; `series` counts bioio's scenes.
    **options
        What the reader is told besides.

    Raises
    ------
    SourceError
        If the scene does not exist, or its axes cannot be tiled.
    """
    from bioio import BioImage
    from bioio_base.exceptions import UnsupportedFileFormatError

    try:
        image = BioImage(path, reader=reader, **options)
    except UnsupportedFileFormatError as error:
        kind = path.suffix[1:].upper()
        raise SourceError(
            f"{path.name} cannot be read: it is no {kind} file, whatever its name says, or damaged"
        ) from error
    count = len(image.scenes)
    check_series(path.name, opening.series, count)
    image.set_scene(opening.series)
    pixels = image.xarray_dask_data
    # bioio has all axes always: those of length 1 say nothing.
    names = [
        str(name) if n > 1 or name in ("Y", "X") else "" for name, n in zip(pixels.dims, pixels.shape, strict=True)
    ]
    axes = axes_of_array(path.name, pixels.shape, names, opening)
    planes = PlaneArray(path.name, pixels.data, axes)
    size, comes_from = _pixel_size(image, path)
    return source_of(
        path,
        [planes],
        axes,
        pixel_size=size,
        pixel_size_from=comes_from,
        channel_names=tuple(str(name) for name in image.channel_names or ()) if "C" in axes else (),
        notes=series_note(count),
        whole_bytes=planes.kept_bytes,
        release=planes.forget,
    )


def _pixel_size(image: Any, path: Path) -> tuple[PixelSize | None, str]:
    """Return what bioio tells of the pixel size, µm: readers say 0 or nothing where the file does not tell."""
    found = image.physical_pixel_sizes
    values = [float(value or 0.0) for value in (found.Y, found.X)]
    if not all(math.isfinite(value) and value > 0 for value in values):
        return None, NO_PIXEL_SIZE
    if path.suffix.lower() == ".nd2" and values == [1.0, 1.0]:
        return None, f"{NO_PIXEL_SIZE} (1 µm is what readers say of ND2 files that are not calibrated)"
    return PixelSize(*values), f"{path.suffix[1:].upper()} metadata"
