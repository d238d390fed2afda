"""How large the image in a coded strip or tile says it is: codecs take memory for that before they look further."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import tifffile

if TYPE_CHECKING:
    from collections.abc import Callable

# Numbers of compressions that are JPEG.
JPEG = (6, 7, 34892, 33007)
# Of a coded image only the beginning is looked at.
HEAD_BYTES = 2**16


def coded_size(compression: int, encoded: bytes) -> tuple[int, int] | None:
    """Return ``(height, width)`` of the image in a strip or tile, px, None where its code does not say or is not known.

    Parameters
    ----------
    compression : int
        The tag's value.
    encoded : bytes
        The strip or tile.
    """
    read = _SIZE_IN.get(compression)
    if read is None:
        return None
    try:
        return read(encoded[:HEAD_BYTES])
    except (ValueError, struct.error, IndexError):
        return None  # the decoder will say what is wrong with it


def _jpeg(encoded: bytes) -> tuple[int, int]:
    _, height, width, _ = tifffile.tifffile.jpeg_shape(encoded)
    return height, width


def _jpeg2000(encoded: bytes) -> tuple[int, int]:
    start = encoded.index(b"\xff\x4f\xff\x51")
    right, bottom, left, top = struct.unpack_from(">4I", encoded, start + 8)
    return bottom - top, right - left


def _png(encoded: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">2I", encoded, 16)
    return height, width


def _webp(encoded: bytes) -> tuple[int, int] | None:
    kind = encoded[12:16]
    if kind == b"VP8X":
        return int.from_bytes(encoded[27:30], "little") + 1, int.from_bytes(encoded[24:27], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(encoded[21:25], "little")
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<2H", encoded, 26)
        return height & 0x3FFF, width & 0x3FFF
    return None


def _jpeg_xl(encoded: bytes) -> tuple[int, int] | None:
    """Return the size in a JPEG XL codestream, ISO/IEC 18181-1, SizeHeader."""
    start = 0 if encoded[:2] == b"\xff\x0a" else encoded.index(b"\xff\x0a")
    bits = int.from_bytes(encoded[start + 2 : start + 14], "little")

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & ((1 << count) - 1), bits >> count
        return value

    is_small = take(1)

    def length() -> int:
        return (take(5) + 1) * 8 if is_small else take((9, 13, 18, 30)[take(2)]) + 1

    height, ratio = length(), take(3)
    if ratio == 0:
        return height, length()
    up, down = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))[ratio - 1]
    return height, height * up // down


_SIZE_IN: dict[int, Callable[[bytes], tuple[int, int] | None]] = {
    **dict.fromkeys(JPEG, _jpeg),
    **dict.fromkeys((33003, 33004, 33005, 34712), _jpeg2000),
    **dict.fromkeys((34927, 50001), _webp),
    **dict.fromkeys((50002, 52546), _jpeg_xl),
    34933: _png,
}
