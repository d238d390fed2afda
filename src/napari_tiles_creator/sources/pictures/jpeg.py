"""JPEG: grey and RGB, baseline and progressive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.whole import WholeSource, file_content, whole_source
from napari_tiles_creator.sources.headers.claim import check_claim
from napari_tiles_creator.sources.pictures.jpeg_header import JpegHeader, read_header

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Opening

# Pixels of which one byte tells something: a block of 64 takes a bit at least (progressive, flat), twice for luck.
MOST_PX = 1024
END = b"\xff\xd9"
# What libjpeg holds besides the pixels of a progressive image: coefficients of 2 bytes for each sample.
COEFFICIENT_BYTES = 2


def open_file(path: Path, opening: Opening) -> WholeSource:
    """Open a JPEG file; see `registry.open_source`."""
    header = read_header(path)
    _check(path, header)
    coloured = header.components == 3
    check_claim(path, header.height, header.width, header.components, MOST_PX * header.components)
    size, comes_from = header.pixel_size
    shape = (header.height, header.width)
    return whole_source(
        path,
        opening,
        lambda: _decoded(path, header),
        axes="YXS" if coloured else "YX",
        shape=(*shape, 3) if coloured else shape,
        dtype=np.uint8,
        extra_bytes=header.height * header.width * header.components * COEFFICIENT_BYTES * header.is_progressive,
        pixel_size=size,
        pixel_size_from=comes_from,
        notes=header.exif.notes,
    )


def _check(path: Path, header: JpegHeader) -> None:
    if header.is_lossless:
        raise SourceError(f"{path.name}: lossless JPEG is not read; save it as PNG or TIFF")
    if header.bits != 8:
        raise SourceError(f"{path.name}: JPEG with {header.bits} bits is not read; save it as 16-bit PNG or TIFF")
    if header.components == 4:
        raise SourceError(f"{path.name}: CMYK pixels are not read; save it as grey or RGB")
    if header.components not in (1, 3):
        raise SourceError(f"{path.name}: JPEG with {header.components} components is not read; save it as grey or RGB")


def _decoded(path: Path, header: JpegHeader) -> NDArray[Any]:
    import imagecodecs

    content = file_content(path)
    # The decoder fills what is missing with grey and says nothing.
    if not _has_end(content[header.pixels_at :]):
        raise SourceError(f"{path.name} is cut short: its end is missing")
    pixels: NDArray[Any] = imagecodecs.jpeg8_decode(content)
    return pixels


def _has_end(content: NDArray[np.uint8]) -> bool:
    """Return whether the end marker is there: among coded pixels 0xFF is never followed by its second byte."""
    last = np.flatnonzero(content[-4096:-1] == END[0])  # where it mostly is
    if (content[-4096:][last + 1] == END[1]).any():
        return True
    return END in content.tobytes()
