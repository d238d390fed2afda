"""TIFF tiles that Fiji and napari open calibrated and in place.

Plain tiles are put together by hand, header before pixels, because creating a tile is mostly creating a file:
the header costs a fifth of what a general writer needs. Channels, single bits and compression go through tifffile.
"""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.sinks.base import Buffers, TileFacts

# TIFF 6.0 field types
ASCII, SHORT, LONG, RATIONAL = 2, 3, 4, 5
SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
# ImageJ shows these types; others are written as plain TIFF with resolution tags in centimetres.
IMAGEJ_TYPES = ("uint8", "uint16", "float32")
# From here on files are BigTIFF: classic offsets have 32 bits, and metadata needs some room.
LARGEST_CLASSIC = 2**32 - 2**25


def make_sink(compression: str, quality: int) -> TiffSink:
    """Return the sink; see `registry.make_sink`."""
    return TiffSink(compression)


class TiffSink:
    """Writes TIFF, uncompressed or with a lossless compression (``zlib``, ``zstd``, ``lzw``)."""

    extension = ".tif"

    def __init__(self, compression: str = "none") -> None:
        self.compression = compression

    def refusal(self, axes: str, channels: int, dtype: str) -> str | None:
        """Return None: TIFF holds every tile."""
        return None

    def encode(self, tile: NDArray[Any], facts: TileFacts) -> Buffers:
        """Return the bytes of the file."""
        tile = np.ascontiguousarray(tile)
        if self.compression != "none" or facts.axes == "CYX" or tile.dtype.kind not in SAMPLE_FORMAT:
            out = io.BytesIO()
            write_tiff(out, tile, facts, self.compression)
            return [out.getvalue()]
        header = _header(tile.shape, tile.dtype.str, facts.pixel_size, _description(tile, facts))
        return [header, tile.data.cast("B")]


def _description(tile: NDArray[Any], facts: TileFacts) -> str:
    """Return ImageJ's image description: unit and origin, empty for types that ImageJ does not know."""
    if tile.dtype.name not in IMAGEJ_TYPES:
        return ""
    lines = ["ImageJ=1.11a", "images=1"]
    if facts.pixel_size:
        lines.append("unit=micron")
    # ImageJ's origin is the pixel at coordinate 0, seen from this tile: to its upper left.
    lines += [f"xorigin={-facts.x}", f"yorigin={-facts.y}"] if facts.y or facts.x else []
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=4096)
def _header(shape: tuple[int, ...], dtype: str, pixel_size: PixelSize | None, description: str) -> bytes:
    """Return everything before the pixels of a one-page, one-strip TIFF (TIFF 6.0, sections 2 and 8)."""
    order = ">" if dtype.startswith(">") else "<"
    kind, itemsize = np.dtype(dtype).kind, np.dtype(dtype).itemsize
    height, width = shape[:2]
    samples = shape[2] if len(shape) == 3 else 1
    y_res, x_res, unit = _resolution(pixel_size, imagej=bool(description))
    text = description.encode("ascii") + b"\0"
    entries: list[tuple[int, int, int, bytes]] = []

    def entry(tag: int, kind: int, count: int, value: bytes) -> None:
        entries.append((tag, kind, count, value))

    entry(256, LONG, 1, struct.pack(order + "I", width))
    entry(257, LONG, 1, struct.pack(order + "I", height))
    entry(258, SHORT, samples, struct.pack(f"{order}{samples}H", *[itemsize * 8] * samples))
    entry(259, SHORT, 1, struct.pack(order + "H", 1))  # no compression
    entry(262, SHORT, 1, struct.pack(order + "H", 2 if samples == 3 else 1))  # RGB or black is zero
    if description:
        entry(270, ASCII, len(text), text)
    entry(273, LONG, 1, b"\0\0\0\0")  # where the pixels begin, filled in below
    entry(277, SHORT, 1, struct.pack(order + "H", samples))
    entry(278, LONG, 1, struct.pack(order + "I", height))
    entry(279, LONG, 1, struct.pack(order + "I", height * width * samples * itemsize))
    entry(282, RATIONAL, 1, struct.pack(order + "2I", *x_res))
    entry(283, RATIONAL, 1, struct.pack(order + "2I", *y_res))
    entry(296, SHORT, 1, struct.pack(order + "H", unit))
    entry(339, SHORT, samples, struct.pack(f"{order}{samples}H", *[SAMPLE_FORMAT[kind]] * samples))

    directory_at = 8
    values_at = directory_at + 2 + 12 * len(entries) + 4
    values = b""
    directory = struct.pack(order + "H", len(entries))
    pixels_field = 0
    for tag, field_type, count, value in entries:
        if tag == 273:
            pixels_field = directory_at + len(directory) + 8
        if len(value) > 4:
            directory += struct.pack(order + "HHII", tag, field_type, count, values_at + len(values))
            values += value + b"\0" * (len(value) % 2)
        else:
            directory += struct.pack(order + "HHI", tag, field_type, count) + value.ljust(4, b"\0")
    directory += b"\0\0\0\0"  # no further page
    start = b"II" if order == "<" else b"MM"
    header = bytearray(start + struct.pack(order + "HI", 42, directory_at) + directory + values)
    header += b"\0" * (-len(header) % 16)  # aligned pixels can be mapped into memory
    struct.pack_into(order + "I", header, pixels_field, len(header))
    return bytes(header)


def _resolution(size: PixelSize | None, imagej: bool) -> tuple[tuple[int, int], tuple[int, int], int]:
    """Return the rationals for y and x and the ResolutionUnit tag: ImageJ counts in its own unit, others in cm."""
    if size is None:
        return (1, 1), (1, 1), 1
    scale = Fraction(1) if imagej else Fraction(10000)
    return _rational(size.y_um, scale), _rational(size.x_um, scale), 1 if imagej else 3


def _rational(um: float, scale: Fraction) -> tuple[int, int]:
    """Return pixels per unit as a TIFF rational, correct to about nine digits."""
    limit = 2**32 - 1
    per_unit = scale / Fraction(um).limit_denominator(10**12)
    for largest in (10**9, 10**6, 10**3, 1):
        found = per_unit.limit_denominator(largest)
        if 0 < found.numerator <= limit:
            return found.numerator, found.denominator
    return (1, limit) if per_unit < 1 else (limit, 1)


def write_tiff(target: BinaryIO | Path, pixels: NDArray[Any], facts: TileFacts, compression: str = "none") -> None:
    """Write an image through tifffile: several channels or planes, compressed, or larger than 4 GB.

    Parameters
    ----------
    target : file or Path
        Where it goes.
    pixels : array of ``facts.axes``
        The image.
    facts : TileFacts
        Axes (``TZCYX`` or fewer, or with S last), pixel size and origin.
    compression : str, default "none"
        ``none``, ``zlib``, ``zstd`` or ``lzw``.
    """
    import tifffile

    imagej = (
        pixels.dtype.name in IMAGEJ_TYPES
        and (not facts.axes.endswith("S") or pixels.dtype == np.uint8)
        and pixels.nbytes < LARGEST_CLASSIC
    )
    axes = facts.axes
    if imagej and pixels.shape[-1] == 1:  # tifffile 2026 would take a width of 1 for the samples of a pixel
        axes, pixels = axes + "S", pixels[..., None]
    metadata: dict[str, Any] = {"axes": axes}
    if imagej and facts.pixel_size:
        metadata["unit"] = "micron"
    if imagej and (facts.y or facts.x):
        metadata |= {"xorigin": -facts.x, "yorigin": -facts.y}
    if imagej and "C" in facts.axes:
        metadata["mode"] = "grayscale"
    y_res, x_res, unit = _resolution(facts.pixel_size, imagej)
    tifffile.imwrite(
        target,
        pixels,
        imagej=imagej,
        bigtiff=pixels.nbytes >= LARGEST_CLASSIC,
        metadata=metadata,
        compression=None if compression == "none" else compression,
        photometric="rgb" if facts.axes.endswith("S") else "minisblack",
        resolution=(x_res, y_res),
        resolutionunit=unit,
        software=False,
    )
