"""PNG tiles: 8 and 16 bit, grey and RGB, lossless.

The file is put together by hand from one filter and libdeflate, which on microscopy noise is about forty times
as fast as the usual writer's search for a filter per row, at nearly the same size.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.sinks.base import Buffers, TileFacts

SIGNATURE = b"\x89PNG\r\n\x1a\n"
SUB = 1  # filter type: each byte minus the one a pixel to its left (PNG specification, 9.2)
LEVEL = 1  # of libdeflate: match searching buys nothing on noise


def make_sink(compression: str, quality: int) -> PngSink:
    """Return the sink; see `registry.make_sink`."""
    return PngSink()


class PngSink:
    """Writes PNG."""

    extension = ".png"

    def refusal(self, axes: str, channels: int, dtype: str) -> str | None:
        """Return why PNG cannot hold such tiles, or None."""
        if dtype not in ("uint8", "uint16"):
            return f"png cannot hold {dtype} tiles: use tif, or normalization.dtype uint8 or uint16"
        if axes == "CYX":
            return f"png cannot hold {channels} channels: use tif, or pick one with media.channel"
        return None

    def encode(self, tile: NDArray[Any], facts: TileFacts) -> Buffers:
        """Return the bytes of the file."""
        height, width = tile.shape[:2]
        samples = tile.shape[2] if tile.ndim == 3 else 1
        depth = 8 * tile.dtype.itemsize
        header = struct.pack(">IIBBBBB", width, height, depth, 2 if samples == 3 else 0, 0, 0, 0)
        data = imagecodecs.deflate_encode(filtered(tile, samples), LEVEL)
        chunks = [SIGNATURE, *chunk(b"IHDR", header)]
        if facts.pixel_size:
            chunks += chunk(b"pHYs", per_metre(facts.pixel_size))
        return [*chunks, *chunk(b"IDAT", data), *chunk(b"IEND", b"")]


def filtered(tile: NDArray[Any], samples: int) -> NDArray[np.uint8]:
    """Return the rows after the Sub filter, each behind its filter type: array (y, 1 + bytes), uint8."""
    height = tile.shape[0]
    big_endian = np.ascontiguousarray(tile, tile.dtype.newbyteorder(">"))
    rows = big_endian.view(np.uint8).reshape(height, -1)
    pixel = samples * tile.dtype.itemsize
    out = np.empty((height, 1 + rows.shape[1]), np.uint8)
    out[:, 0] = SUB
    out[:, 1 : 1 + pixel] = rows[:, :pixel]
    np.subtract(rows[:, pixel:], rows[:, :-pixel], out=out[:, 1 + pixel :])
    return out


def chunk(name: bytes, data: bytes) -> list[bytes]:
    """Return a chunk: length, name, data, checksum."""
    crc = imagecodecs.deflate_crc32(data, imagecodecs.deflate_crc32(name))
    return [struct.pack(">I", len(data)) + name, data, struct.pack(">I", crc)]


def per_metre(size: PixelSize) -> bytes:
    """Return the content of a pHYs chunk: pixels per metre along x and y."""
    most = 2**31 - 1
    x, y = (min(most, max(1, round(1e6 / um))) for um in (size.x_um, size.y_um))
    return struct.pack(">IIB", x, y, 1)
