"""The header of a JPEG 2000 file: its boxes and the codestream's size marker."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.headers.claim import MOST_PARTS
from napari_tiles_creator.sources.headers.resolution import per_unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_tiles_creator.geometry.pixel_size import PixelSize

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"  # start, and the size marker that always follows (T.800, A.4.1)
GREY, YCC = 17, 18  # enumerated colour spaces (T.800, I.5.3.3)
# A header box that is longer holds something else.
LONGEST = 2**20


@dataclass(frozen=True, slots=True)
class Jpeg2000Header:
    """What stands before the pixels of a JPEG 2000 file.

    Parameters
    ----------
    height, width : int
        Size, px.
    components : int
        Samples of a decoded pixel.
    bits : int
        Bits of a sample.
    is_signed : bool
        Whether samples may be negative.
    is_even : bool
        Whether all components have the image's size, and the same type.
    colours : int or None
        How many components are colour: 1 for grey, 3 otherwise; None where the file does not say.
    is_ycc : bool
        Whether they are luminance and chrominance.
    resolution : tuple of float
        Pixels a metre along y and x when it was taken, 0 where the file does not say.
    """

    height: int
    width: int
    components: int
    bits: int
    is_signed: bool
    is_even: bool
    colours: int | None = None
    is_ycc: bool = False
    resolution: tuple[float, float] = (0.0, 0.0)

    @property
    def pixel_size(self) -> tuple[PixelSize | None, str]:
        """The pixel size where the resolution can be a microscope's, and where it comes from."""
        return per_unit(*self.resolution, 1e6, "JPEG 2000 capture resolution")


def read_header(path: Path) -> Jpeg2000Header:
    """Read the boxes up to the codestream, and its size marker.

    Raises
    ------
    SourceError
        If the file is no JPEG 2000 file, or ends before its pixels.
    """
    with path.open("rb") as file:
        start = file.read(12)
        file.seek(0)
        if start.startswith(CODESTREAM):
            return _size(path, file, {})
        if start != SIGNATURE:
            raise SourceError(f"{path.name} cannot be read: it is no JPEG 2000 file, whatever its name says")
        told: dict[bytes, bytes] = {}
        for kind, length in _boxes(file, path.stat().st_size):
            if kind == b"jp2c":
                return _size(path, file, told)
            if kind == b"jp2h" and length <= LONGEST:
                told.update(_children(file.read(length)))
    raise SourceError(f"{path.name} is damaged or cut short: it holds no pixels")


def _boxes(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    """Yield the kind and length of each box, with the file at its content."""
    place = 0
    for _ in range(MOST_PARTS):
        if place + 8 > end:
            return
        file.seek(place)
        length, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if length == 1 and place + 16 <= end:
            (length,) = struct.unpack(">Q", file.read(8))
            head = 16
        if length == 0:  # up to the end of the file
            length = end - place
        if length < head:
            return
        yield kind, length - head
        place += length


def _children(block: bytes) -> dict[bytes, bytes]:
    """Return the boxes inside a box, and inside its box of resolutions; the first of each kind."""
    found: dict[bytes, bytes] = {}
    place = 0
    while place + 8 <= len(block):
        length, kind = struct.unpack_from(">I4s", block, place)
        if length < 8:
            break
        content = block[place + 8 : place + length]
        found.setdefault(kind, content)
        if kind == b"res ":
            found.update(_children(content))
        place += length
    return found


def _size(path: Path, file: BinaryIO, told: dict[bytes, bytes]) -> Jpeg2000Header:
    """Read the size marker, and put it together with what the boxes told."""
    start = file.read(42)
    if not start.startswith(CODESTREAM) or len(start) < 42:
        raise SourceError(f"{path.name} is damaged or cut short: it holds no pixels")
    right, bottom, left, top = struct.unpack(">4I", start[8:24])
    (count,) = struct.unpack(">H", start[40:42])
    parts = file.read(3 * min(count, 16384))
    if not count or len(parts) < 3 * count:
        raise SourceError(f"{path.name} is damaged or cut short: it holds no pixels")
    kinds = set(zip(parts[::3], parts[1::3], parts[2::3], strict=True))  # type, step along x, along y
    kind = parts[0]
    even = len(kinds) == 1 and parts[1] == parts[2] == 1
    palette = told.get(b"pclr", b"")
    if len(palette) > 3:  # a palette: the pixels are places in it
        count, kind = palette[2], palette[3]
        even = even and len(set(palette[3 : 3 + count])) == 1
    space = _colour_space(told.get(b"colr", b""))
    return Jpeg2000Header(
        height=bottom - top,
        width=right - left,
        components=count,
        bits=(kind & 0x7F) + 1,
        is_signed=bool(kind & 0x80),
        is_even=even,
        colours=None if space is None else 1 if space == GREY else 3,
        is_ycc=space == YCC,
        resolution=_resolution(told.get(b"resc", b"")),
    )


def _colour_space(block: bytes) -> int | None:
    """Return the enumerated colour space, None where there is none (a profile tells it, or nothing)."""
    return int.from_bytes(block[3:7], "big") if len(block) >= 7 and block[0] == 1 else None


def _resolution(block: bytes) -> tuple[float, float]:
    """Return pixels a metre along y and x from a resolution box (T.800, I.5.3.7): fractions with a power of ten."""
    if len(block) < 10:
        return 0.0, 0.0
    y, y_below, x, x_below, y_power, x_power = struct.unpack(">4H2b", block[:10])
    return (y / y_below * 10.0**y_power if y_below else 0.0), (x / x_below * 10.0**x_power if x_below else 0.0)
