"""Microscopes' own files (CZI, LIF, ND2) through bioio's readers, which are an extra."""

from __future__ import annotations

import importlib
import logging
import math
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.array import DROPPED, ArraySource, source_of
from napari_tiles_creator.sources.plane_array import PlaneArray
from napari_tiles_creator.sources.resolution import NONE

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import Opening

EXTRA = 'pip install "napari-tiles-creator[bioio]"'
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
    try:
        importlib.import_module("bioio")
    except ImportError as error:
        raise SourceError(f"{path.name}: needs bioio: {EXTRA}") from error
    try:
        reader = importlib.import_module(module).Reader
    except ImportError as error:
        raise SourceError(f"{path.name}: needs {module.replace('_', '-')}: {EXTRA}") from error
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
    if opening.series >= count:
        raise SourceError(f"{path.name}: has no image {opening.series} (media.series): it holds {count}, from 0")
    image.set_scene(opening.series)
    pixels = image.xarray_dask_data
    axes = _axes(path.name, "".join(map(str, pixels.dims)), pixels.shape, opening)
    planes = PlaneArray(path.name, pixels.data, axes)
    size, comes_from = _pixel_size(image, path)
    return source_of(
        path,
        [planes],
        axes,
        pixel_size=size,
        pixel_size_from=comes_from,
        channel_names=tuple(str(name) for name in image.channel_names or ()) if "C" in axes else (),
        notes=(f"it holds {count} images, of which one is taken (media.series)",) if count > 1 else (),
        whole_bytes=planes.kept_bytes,
        release=planes.forget,
    )


def _axes(name: str, dims: str, shape: tuple[int, ...], opening: Opening) -> str:
    """Return one letter an axis, with those that say nothing passed over, as they are to be understood."""
    told = [axis if n > 1 or axis in "YX" else DROPPED for axis, n in zip(dims, shape, strict=True)]
    kept = [at for at, axis in enumerate(told) if axis != DROPPED]
    if opening.axes and len(opening.axes) == len(kept):
        for at, axis in zip(kept, opening.axes, strict=True):
            told[at] = axis
    if opening.rgb is False and "C" not in told:
        told = ["C" if axis == "S" else axis for axis in told]
    axes = "".join(told)
    if "S" in axes and "C" in axes:
        raise SourceError(f"{name}: several channels, each in colour, are not read; save one channel of it")
    return axes


def _pixel_size(image: Any, path: Path) -> tuple[PixelSize | None, str]:
    """Return what bioio tells of the pixel size, µm: readers say 0 or nothing where the file does not tell."""
    found = image.physical_pixel_sizes
    values = [float(value or 0.0) for value in (found.Y, found.X)]
    if not all(math.isfinite(value) and value > 0 for value in values):
        return None, NONE
    if path.suffix.lower() == ".nd2" and values == [1.0, 1.0]:
        return None, f"{NONE} (1 µm is what readers say of ND2 files that are not calibrated)"
    return PixelSize(*values), f"{path.suffix[1:].upper()} metadata"
