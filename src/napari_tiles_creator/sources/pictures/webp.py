"""WebP: lossy and lossless, RGB with or without alpha."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.whole import WholeSource, file_content, whole_source
from napari_tiles_creator.sources.headers.claim import MOST_PARTS, check_claim
from napari_tiles_creator.sources.pictures.exif import Exif, parse_exif

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Opening

# Bytes that one of the file may become: a flat picture takes next to none, so this is no rule but a suspicion.
MOST = 100_000
# What the lossless decoder holds besides the pixels, bytes a pixel (measured with libwebp 1.6).
WORK_BYTES = 6
# Flags of the extended header (RFC 9649, 2.7).
ALPHA, ANIMATION = 0x10, 0x02


def open_file(path: Path, opening: Opening) -> WholeSource:
    """Open a WebP file; see `registry.open_source`."""
    header = _read_header(path)
    if header.is_animated:
        raise SourceError(f"{path.name}: animated WebP is not read; save its pictures one by one")
    samples = 4 if header.has_alpha else 3
    check_claim(path, header.height, header.width, samples, MOST)
    size, comes_from = header.exif.pixel_size

    def decode() -> NDArray[Any]:
        import imagecodecs

        pixels: NDArray[Any] = imagecodecs.webp_decode(file_content(path), hasalpha=header.has_alpha)
        return pixels

    return whole_source(
        path,
        opening,
        decode,
        axes="YXS",
        shape=(header.height, header.width, samples),
        dtype=np.uint8,
        extra_bytes=WORK_BYTES * header.height * header.width * header.is_lossless,
        pixel_size=size,
        pixel_size_from=comes_from,
        notes=header.exif.notes,
    )


@dataclass(slots=True)
class _Header:
    """What the chunks of the container say."""

    width: int = 0
    height: int = 0
    has_alpha: bool = False
    is_animated: bool = False
    is_lossless: bool = False
    exif: Exif = field(default_factory=Exif)


def _read_header(path: Path) -> _Header:
    """Walk the chunks: there are few, and EXIF may stand behind the pixels."""
    header = _Header()
    with path.open("rb") as file:
        start = file.read(12)
        if start[:4] != b"RIFF" or start[8:] != b"WEBP":
            raise SourceError(f"{path.name} cannot be read: it is no WebP file, whatever its name says")
        for _ in range(MOST_PARTS):
            head = file.read(8)
            if len(head) < 8 or header.is_animated:
                break
            kind, length = struct.unpack("<4sI", head)
            block = file.read(min(length, 65536 if kind == b"EXIF" else 16))
            _take(header, kind, block)
            file.seek(length + length % 2 - len(block), 1)
    if not header.width:
        raise SourceError(f"{path.name} is damaged or cut short: it holds no pixels")
    return header


def _take(header: _Header, kind: bytes, block: bytes) -> None:
    """Note what one chunk says (RFC 9649; RFC 6386, 9.1 for lossy pictures)."""
    if kind == b"VP8X" and len(block) >= 10:
        header.has_alpha, header.is_animated = bool(block[0] & ALPHA), bool(block[0] & ANIMATION)
        header.width = int.from_bytes(block[4:7], "little") + 1
        header.height = int.from_bytes(block[7:10], "little") + 1
    elif kind == b"VP8 " and len(block) >= 10 and not header.width:
        width, height = struct.unpack("<HH", block[6:10])
        header.width, header.height = width & 0x3FFF, height & 0x3FFF
    elif kind == b"VP8L" and len(block) >= 5:
        header.is_lossless = True
        (bits,) = struct.unpack("<I", block[1:5])
        if not header.width:
            header.width, header.height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
            header.has_alpha = bool(bits >> 28 & 1)
    elif kind == b"EXIF":
        header.exif = parse_exif(block)
