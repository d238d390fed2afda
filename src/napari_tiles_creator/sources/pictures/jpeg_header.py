"""The header of a JPEG file, up to its first coded pixel."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.headers.claim import MOST_PARTS
from napari_tiles_creator.sources.headers.resolution import per_unit
from napari_tiles_creator.sources.pictures.exif import Exif, parse_exif

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.geometry.pixel_size import PixelSize

# Markers (ITU T.81, table B.1).
START, SCAN, END = 0xD8, 0xDA, 0xD9
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE, LOSSLESS = (0xC2, 0xC6, 0xCA, 0xCE), (0xC3, 0xC7, 0xCB, 0xCF)
APP0, APP1 = 0xE0, 0xE1
# Markers without a length: restarts and fillers.
BARE = {0x01, *range(0xD0, 0xD9)}
UM_PER_UNIT = {1: 25400.0, 2: 10000.0}


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What stands before the pixels of a JPEG file.

    Parameters
    ----------
    frame : int
        Marker of the frame: how the pixels are coded.
    bits : int
        Bits of a sample.
    height, width : int
        Size, px.
    components : int
        1 for grey, 3 for colours, 4 for CMYK.
    density : tuple of int
        JFIF's unit (1 inch, 2 cm) and pixels in it along x and y.
    exif : Exif
        What the EXIF block says.
    pixels_at : int
        Where the first coded pixel stands, bytes.
    """

    frame: int
    bits: int
    height: int
    width: int
    components: int
    density: tuple[int, int, int]
    exif: Exif
    pixels_at: int

    @property
    def is_progressive(self) -> bool:
        """Whether the whole image is coded several times, finer and finer."""
        return self.frame in PROGRESSIVE

    @property
    def is_lossless(self) -> bool:
        """Whether the pixels are coded without loss, which few programs read."""
        return self.frame in LOSSLESS

    @property
    def pixel_size(self) -> tuple[PixelSize | None, str]:
        """The pixel size where JFIF's or else EXIF's resolution can be a microscope's, and where it comes from."""
        unit, x, y = self.density
        if unit in UM_PER_UNIT:
            found = per_unit(y, x, UM_PER_UNIT[unit], "JFIF density")
            if found != (None, NO_PIXEL_SIZE):
                return found
        return self.exif.pixel_size


def read_header(path: Path) -> JpegHeader:
    """Read the markers up to the first pixel.

    Raises
    ------
    SourceError
        If the file is no JPEG file, or ends before its pixels.
    """
    frame: tuple[int, int, int, int, int] | None = None
    density, exif = (0, 0, 0), Exif()
    with path.open("rb") as file:
        if file.read(2) != bytes((0xFF, START)):
            raise SourceError(f"{path.name} cannot be read: it is no JPEG file, whatever its name says")
        for _ in range(MOST_PARTS):
            marker = _next_marker(file)
            if marker in BARE:
                continue
            if marker in (None, END):
                break
            length = int.from_bytes(file.read(2), "big") - 2
            if length < 0:
                break
            block = file.read(length)
            if marker in FRAMES and len(block) >= 6:
                bits, height, width, components = struct.unpack(">BHHB", block[:6])
                frame = (marker, bits, height, width, components)
            elif marker == APP0 and block.startswith(b"JFIF\0") and len(block) >= 12:
                density = struct.unpack(">BHH", block[7:12])
            elif marker == APP1 and block.startswith(b"Exif\0\0"):
                exif = parse_exif(block)
            elif marker == SCAN and frame:
                return JpegHeader(*frame, density, exif, file.tell())
    raise SourceError(f"{path.name} is damaged or cut short: it holds no pixels")


def _next_marker(file: BinaryIO) -> int | None:
    """Return the next marker, None where there is none: fill bytes may precede it, anything else is damage."""
    if file.read(1) != b"\xff":
        return None
    for _ in range(MOST_PARTS):
        byte = file.read(1)
        if byte != b"\xff":
            return byte[0] if byte else None
    return None
