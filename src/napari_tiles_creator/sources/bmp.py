"""BMP, grey and RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL.BmpImagePlugin import BmpImageFile

from napari_tiles_creator.sources.pillow import open_with

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.whole import WholeSource


def open_file(path: Path, series: int = 0, rgb: bool | None = None) -> WholeSource:
    """Open a BMP file; see `registry.open_source`."""
    return open_with(BmpImageFile, path)
