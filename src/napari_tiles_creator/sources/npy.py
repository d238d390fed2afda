"""numpy's own files, one array each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.array import ArraySource, source_of
from napari_tiles_creator.sources.axis_names import axes_of_array
from napari_tiles_creator.sources.claim import size_text
from napari_tiles_creator.sources.mapped import MappedArray
from napari_tiles_creator.sources.npy_header import NpyHeader, read_header

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


def check_length(path: Path, name: str, header: NpyHeader) -> None:
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
