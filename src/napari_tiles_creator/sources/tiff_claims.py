"""What a page claims to hold, against what can be: checked before memory is taken for it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import tifffile

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.tiff_segments import SegmentGrid, SegmentTable

if TYPE_CHECKING:
    from collections.abc import Callable

# How much larger than its code a strip or tile can be at most: the formats' own limits.
LARGEST_RATIO = {1: 1, 5: 4096, 8: 1033, 32946: 1033, 50013: 1033, 32773: 64}
# Segments that decode to less are not worth the question.
HARMLESS_BYTES = 64 * 2**20
MOST_SAMPLES = 4096
# Pixels of one bit take a byte when they are decoded.
WIDENED = 8


def check_page(name: str, page: tifffile.TiffPage) -> None:
    """Check that a page's claims can be.

    Raises
    ------
    SourceError
        If it holds no pixels, is of a type that is not read, or is divided in an impossible way.
    """
    if page.dtype is None:
        raise SourceError(f"{name} cannot be read: pixels of {page.bitspersample} bits of that kind are not known")
    if page.dtype.kind not in "uifb":
        raise SourceError(f"{name}: {page.dtype} pixels cannot be tiled; save the real part or magnitude")
    if 0 in page.shaped:
        raise SourceError(f"{name} is damaged: its size is {page.imagelength} × {page.imagewidth} px")
    if page.samplesperpixel > MOST_SAMPLES:
        raise SourceError(f"{name} is damaged: it claims {page.samplesperpixel:,} samples a pixel")
    sizes = (page.tilelength, page.tilewidth, page.tiledepth) if page.is_tiled else (page.rowsperstrip,)
    if min(sizes) < 1:
        raise SourceError(f"{name} is damaged: its strips or tiles hold no pixels")


def checked_table(
    name: str, page: tifffile.TiffPage | tifffile.TiffFrame, frame: tifffile.TiffPage, grid: SegmentGrid
) -> SegmentTable:
    """Return where a page's strips or tiles are, which all lie within the file.

    Raises
    ------
    SourceError
        If some lie behind the file's end, or the file does not say where they are.
    """
    known = min(len(page.dataoffsets), len(page.databytecounts))
    if known < grid.total:
        raise SourceError(f"{name} is damaged: of its {grid.total:,} strips or tiles it tells where {known:,} are")
    table = SegmentTable(page, frame, grid)
    if not table.lies_within(page.parent.filehandle.size):
        raise SourceError(f"{name} is cut short: some of its pixels are missing")
    return table


def check_segment(name: str, table: SegmentTable, number: int, encoded: bytes) -> None:
    """Check before a strip or tile is decoded that it can be what it claims.

    Raises
    ------
    SourceError
        If it is too short for that, or holds an image of another size.
    """
    frame, grid = table.frame, table.grid
    rows = grid.rows_of(number)
    decoded_bytes = grid.pixels // grid.length * rows * table.itemsize
    ratio = LARGEST_RATIO.get(int(frame.compression))
    if ratio is not None and decoded_bytes > HARMLESS_BYTES and len(encoded) * ratio * WIDENED < decoded_bytes:
        raise SourceError(
            f"{name} is damaged: {len(encoded):,} bytes of it claim to be a strip or tile of {decoded_bytes:,}"
        )
    size_in = _SIZE_IN.get(int(frame.compression))
    if size_in is None:
        return
    try:
        height, width = size_in(encoded)
    except (ValueError, struct.error, IndexError):
        return  # the decoder will say what is wrong with it
    if height * width > 2 * (rows + 64) * (grid.across + 64):
        raise SourceError(
            f"{name} is damaged: a strip or tile of {rows} × {grid.across} px holds an image of {height} × {width} px"
        )


def check_length(name: str, table: SegmentTable, stored_bytes: int) -> None:
    """Check before a strip or tile is read from the file that its code is not far too long for it.

    Raises
    ------
    SourceError
        If it is.
    """
    if stored_bytes > 4 * table.decoded_bytes + HARMLESS_BYTES:
        raise SourceError(
            f"{name} is damaged: a strip or tile of {table.decoded_bytes:,} bytes claims {stored_bytes:,}"
        )


def _jpeg_size(encoded: bytes) -> tuple[int, int]:
    return tifffile.tifffile.jpeg_shape(encoded[: 2**16])[1:3]


def _jpeg2000_size(encoded: bytes) -> tuple[int, int]:
    start = encoded.index(b"\xff\x4f\xff\x51", 0, 2**16)
    right, bottom, left, top = struct.unpack_from(">4I", encoded, start + 8)
    return bottom - top, right - left


def _png_size(encoded: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">2I", encoded, 16)
    return height, width


_SIZE_IN: dict[int, Callable[[bytes], tuple[int, int]]] = {
    **dict.fromkeys((6, 7, 34892, 33007), _jpeg_size),
    **dict.fromkeys((33003, 33004, 33005, 34712), _jpeg2000_size),
    34933: _png_size,
}
