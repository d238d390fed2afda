"""PNG: 8 and 16 bit, grey and RGB."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.whole import WholeSource

if TYPE_CHECKING:
    from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Samples per pixel by colour type (PNG specification, 11.2.2); a palette (3) is decoded to RGB.
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6


def open_file(path: Path, series: int = 0, rgb: bool | None = None) -> WholeSource:
    """Open a PNG file; see `registry.open_source`."""
    with path.open("rb") as file:
        header = file.read(33)
    if len(header) < 33 or not header.startswith(SIGNATURE) or header[12:16] != b"IHDR":
        raise SourceError(f"{path.name} cannot be read: it is no PNG file, whatever its name says")
    width, height, depth, colour = struct.unpack(">IIBB", header[16:26])
    coloured = colour in (RGB, PALETTE, RGB_ALPHA)
    info = SourceInfo(
        path=path,
        axes="YXS" if coloured else "YX",
        shape=(height, width, 3) if coloured else (height, width),
        chunk_rows=height,
        dtype=np.dtype(np.uint16 if depth == 16 else np.uint8),
        notes=("its alpha channel is left out",) if colour in (GREY_ALPHA, RGB_ALPHA) else (),
    )

    def decode() -> np.ndarray:
        import imagecodecs

        pixels: np.ndarray = imagecodecs.png_decode(path.read_bytes())
        return pixels if coloured or pixels.ndim == 2 else pixels[..., 0]

    return WholeSource(info, decode)
