"""PNG: 1 to 16 bits, grey, RGB, palette, with or without alpha, interlaced or not."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.whole import WholeSource, file_content, whole_source
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.headers.claim import MOST_PARTS, check_claim
from napari_tiles_creator.sources.headers.resolution import per_unit
from napari_tiles_creator.sources.pictures.exif import parse_exif
from napari_tiles_creator.sources.wording import ALPHA_LEFT_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.pixel_size import PixelSize
    from napari_tiles_creator.sources.base import Opening

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Stored samples per pixel by colour type (PNG specification, 11.2.2); a palette (3) is decoded to RGB.
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
# Deflate makes at most 1032 bytes of one (two bits for 258 bytes).
MOST = 1032
# What libpng decodes.
LONGEST_SIDE = 1_000_000
# Chunks before the pixels that are read; a longer one holds nothing that is wanted here.
WANTED = {b"pHYs": 9, b"eXIf": 65536, b"tRNS": 0, b"acTL": 0}


def open_file(path: Path, opening: Opening) -> WholeSource:
    """Open a PNG file; see `registry.open_source`."""
    with path.open("rb") as file:
        header = _read_header(path, file)
    check_claim(path, header.height, header.width, header.samples * header.depth / 8, MOST)
    if max(header.height, header.width) > LONGEST_SIDE:
        raise SourceError(
            f"{path.name}: PNG of {header.width} × {header.height} px is not read: "
            f"{LONGEST_SIDE:,} a side is the most; save it as a tiled TIFF"
        )
    size, comes_from = header.pixel_size
    coloured = header.colour in (RGB, PALETTE, RGB_ALPHA)
    samples = (4 if header.has_alpha else 3) if coloured else 1

    def decode() -> NDArray[Any]:
        import imagecodecs

        pixels: NDArray[Any] = imagecodecs.png_decode(file_content(path))
        if coloured or pixels.ndim == 2:
            return pixels
        return np.ascontiguousarray(pixels[..., 0])  # grey with alpha or with a colour that is transparent

    shape = (header.height, header.width)
    dtype = np.dtype(np.uint16 if header.depth == 16 else np.uint8)
    return whole_source(
        path,
        opening,
        decode,
        axes="YXS" if coloured else "YX",
        shape=(*shape, samples) if coloured else shape,
        dtype=dtype,
        extra_bytes=0 if coloured or not header.has_alpha else 2 * dtype.itemsize * header.height * header.width,
        pixel_size=size,
        pixel_size_from=comes_from,
        notes=header.notes,
    )


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands before the pixels; `chunks` are those of `WANTED` that are there."""

    width: int
    height: int
    depth: int
    colour: int
    chunks: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def samples(self) -> int:
        return SAMPLES[self.colour]

    @property
    def has_alpha(self) -> bool:
        """Whether alpha is decoded: stored as such, or one colour declared transparent."""
        return self.colour in (GREY_ALPHA, RGB_ALPHA) or b"tRNS" in self.chunks

    @property
    def pixel_size(self) -> tuple[PixelSize | None, str]:
        physical = self.chunks.get(b"pHYs", b"")
        if len(physical) < 9 or physical[8] != 1:  # 1: pixels per metre; 0: only the pixels' form
            return None, NO_PIXEL_SIZE
        x, y = struct.unpack(">II", physical[:8])
        return per_unit(y, x, 1e6, "PNG pHYs")

    @property
    def notes(self) -> tuple[str, ...]:
        notes = []
        if self.has_alpha and self.colour in (GREY, GREY_ALPHA):
            notes.append(ALPHA_LEFT_OUT)
        if b"acTL" in self.chunks:
            notes.append("it is an animation, of which the first picture is taken")
        return (*notes, *parse_exif(self.chunks.get(b"eXIf", b"")).notes)


def _read_header(path: Path, file: BinaryIO) -> _Header:
    """Read the chunks that stand before the pixels."""
    start = file.read(33)
    if len(start) < 33 or not start.startswith(SIGNATURE) or start[12:16] != b"IHDR":
        raise SourceError(f"{path.name} cannot be read: it is no PNG file, whatever its name says")
    width, height, depth, colour = struct.unpack(">IIBB", start[16:26])
    if colour not in SAMPLES or depth not in (1, 2, 4, 8, 16):
        raise SourceError(f"{path.name} is damaged: its header says colour type {colour} with {depth} bits")
    chunks: dict[bytes, bytes] = {}
    for _ in range(MOST_PARTS):
        head = file.read(8)
        if len(head) < 8:
            break
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IDAT":
            return _Header(width, height, depth, colour, chunks)
        wanted = min(length, WANTED[kind]) if kind in WANTED else 0
        if kind in WANTED and kind not in chunks:
            chunks[kind] = file.read(wanted)
            length -= len(chunks[kind])
        file.seek(length + 4, 1)  # the rest and the checksum
    raise SourceError(f"{path.name} is damaged or cut short: it holds no pixels")
