"""numpy's own files, one array each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.arrays.mapped import MappedArray, PlainPixels
from napari_tiles_creator.sources.headers.axes import axes_of_array
from napari_tiles_creator.sources.numpy_files.npy_header import read_header
from napari_tiles_creator.sources.wording import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import Opening


def open_file(path: Path, opening: Opening) -> ArraySource:
    """Open an .npy file; see `registry.open_source`."""
    with path.open("rb") as file:
        header = read_header(file, path.name)
    check_length(path, path.name, header)
    axes = axes_of_array(path.name, header.shape, (), opening)
    return source_of(path, [MappedArray(path, header)], axes)


def check_length(path: Path, name: str, header: PlainPixels) -> None:
    """Refuse an array that does not fit into its file.

    Raises
    ------
    SourceError
        If the file ends before the last pixel.
    """
    size = path.stat().st_size
    if size < header.offset + header.pixel_bytes:
        raise SourceError(
            f"{name} is cut short: its header says {header.shape} {header.dtype}, which takes "
            f"{size_text(header.pixel_bytes)}, and the file has {size_text(size)}"
        )
