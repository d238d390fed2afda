"""BMP: 1 to 32 bits, grey, palette and RGB, plain and run-length coded."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.whole import WholeSource, whole_source
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.headers.claim import check_claim
from napari_tiles_creator.sources.headers.resolution import per_unit
from napari_tiles_creator.sources.wording import ALPHA_LEFT_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.sources.base import Opening

COLOURED = ("P", "RGB", "RGBA")
RUN_LENGTHS = (1, 2)
# Pixels of which one byte tells something: run lengths say 255 in two bytes, and may leave out whole rows.
MOST_PX = 1024
BAND_BYTES = 2**22


def open_file(path: Path, opening: Opening) -> WholeSource:
    """Open a BMP file; see `registry.open_source`."""
    from PIL.BmpImagePlugin import BmpImageFile

    with path.open("rb") as file:
        start = file.read(54)
    if not start.startswith(b"BM"):
        raise SourceError(f"{path.name} cannot be read: it is no BMP file, whatever its name says")
    # `Image.open` refuses large images, which here are no attack.
    with BmpImageFile(path) as image:
        (width, height), mode = image.size, image.mode
    coloured = mode in COLOURED
    _check(path, start, height, width)
    size, comes_from = _pixel_size(start)

    def decode() -> NDArray[Any]:
        pixels = np.empty(shape, np.uint8)
        rows = max(1, BAND_BYTES // (width * 4))
        with BmpImageFile(path) as image:
            for y in range(0, height, rows):
                band = image.crop((0, y, width, min(y + rows, height)))
                pixels[y : y + rows] = np.asarray(band.convert("RGB" if coloured else "L"))
        return pixels

    shape = (height, width, 3) if coloured else (height, width)
    return whole_source(
        path,
        opening,
        decode,
        axes="YXS" if coloured else "YX",
        shape=shape,
        dtype=np.uint8,
        extra_bytes=height * width * (4 if mode in ("RGB", "RGBA") else 1) + 4 * BAND_BYTES,
        pixel_size=size,
        pixel_size_from=comes_from,
        notes=(ALPHA_LEFT_OUT,) if mode == "RGBA" else (),
    )


def _check(path: Path, start: bytes, height: int, width: int) -> None:
    """Refuse a header whose pixels cannot be in the file: rows are padded to 4 bytes where they are stored plainly."""
    bits, compression = struct.unpack("<HI", start[28:34]) if len(start) >= 34 and start[14] >= 40 else (1, 0)
    if compression in RUN_LENGTHS:
        check_claim(path, height, width, 1, MOST_PX)
        return
    check_claim(path, height, width, bits / 8, 1)
    if path.stat().st_size < math.ceil(width * bits / 8) * height:
        raise SourceError(f"{path.name} is cut short: its header claims {width} × {height} px, which are not all there")


def _pixel_size(start: bytes) -> tuple[PixelSize | None, str]:
    if len(start) < 54 or start[14] < 40:  # an old header, which has no resolution
        return None, NO_PIXEL_SIZE
    x, y = struct.unpack("<ii", start[38:46])
    return per_unit(y, x, 1e6, "BMP pixels per metre")
