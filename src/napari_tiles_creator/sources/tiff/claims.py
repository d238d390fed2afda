"""What a page claims to hold, against what can be: checked before memory is taken for it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.headers.values import check_values
from napari_tiles_creator.sources.tiff.coded_size import JPEG, coded_size
from napari_tiles_creator.sources.tiff.segments import SegmentGrid, SegmentTable

if TYPE_CHECKING:
    import tifffile

# How much larger than its code a strip or tile can be at most: the formats' own limits. Of JPEG a block of 64 pixels
# takes a bit at least, of zstd 128 KiB take four bytes. Others store what is of one value in next to nothing.
LARGEST_RATIO = {
    1: 1,
    5: 4096,
    **dict.fromkeys((8, 32946, 50013, 34933), 1033),
    32773: 64,
    **dict.fromkeys(JPEG, 4096),
    **dict.fromkeys((34925, 50000, 34926), 2**16),
}
UNCOMPRESSED = 1
# Segments that decode to less are not worth the question: when they are decoded, and when the file is opened. Byte
# counts of what is not compressed are often wrong in harmless ways.
HARMLESS_BYTES, HARMLESS_TO_OPEN_BYTES = 64 * 2**20, 2**20
MOST_SAMPLES = 4096
# Pixels of less than a byte take one when they are decoded.
WIDENED = 8

# Planes that metadata may claim: libraries keep a place for each of them.
MOST_PLANES = 10**6
OME_PLANES = re.compile(r"\b(?:Size|First)([ZCT])\s*=\s*[\"'](\d+)|\b(PlaneCount|NumPlanes|IFD)\s*=\s*[\"'](\d+)")


def check_metadata(name: str, page: tifffile.TiffPage) -> None:
    """Check that the first page's metadata claims no more planes than a file may have.

    Raises
    ------
    SourceError
        If it does.
    """
    if not page.is_ome:
        return
    for axis, length, what, count in OME_PLANES.findall(page.description):
        if int(length or count) > MOST_PLANES:
            raise SourceError(
                f"{name} is damaged: its metadata claims {axis or what} = {int(length or count):,} planes"
            )
    for pixels in re.findall(r"<[^>]*\bPixels\b[^>]*>", page.description):
        planes = math.prod(int(n) for n in re.findall(r"\bSize[ZCT]\s*=\s*[\"'](\d+)", pixels))
        if planes > MOST_PLANES:
            raise SourceError(f"{name} is damaged: its metadata claims {planes:,} planes")


def check_page(name: str, page: tifffile.TiffPage) -> None:
    """Check that a page's claims can be.

    Raises
    ------
    SourceError
        If it holds no pixels, is of a type that is not read, or is divided in an impossible way.
    """
    if page.dtype is None:
        raise SourceError(f"{name} cannot be read: pixels of {page.bitspersample} bits of that kind are not known")
    check_values(name, page.dtype)
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
    _check_counts(name, table)
    return table


def _check_counts(name: str, table: SegmentTable) -> None:
    """Check of all strips or tiles together that none is too short for what it claims."""
    frame, grid = table.frame, table.grid
    harmless = HARMLESS_BYTES if int(frame.compression) == UNCOMPRESSED else HARMLESS_TO_OPEN_BYTES
    ratio, row_bytes = _largest_ratio(frame), table.decoded_bytes // grid.length
    if ratio is None or grid.rows_of(0) * row_bytes <= harmless:
        return
    decoded = np.full(grid.shape, float(grid.rows_of(0) * row_bytes))
    decoded[:, :, -1] = grid.rows_of(grid.shape[2] - 1) * row_bytes  # of strips the last one may be shorter
    short = np.flatnonzero(table.written & (decoded.ravel() > harmless) & (table.counts < decoded.ravel() / ratio))
    if len(short):
        raise _too_short(name, int(table.counts[short[0]]), int(decoded.ravel()[short[0]]))


def _largest_ratio(frame: tifffile.TiffPage) -> int | None:
    ratio = LARGEST_RATIO.get(int(frame.compression))
    return ratio if ratio is None or frame.bitspersample % 8 == 0 else ratio * WIDENED


def _too_short(name: str, stored_bytes: int, decoded_bytes: int) -> SourceError:
    return SourceError(
        f"{name} is damaged or cut short: {stored_bytes:,} bytes of it claim to be a strip or tile of "
        f"{decoded_bytes:,} bytes"
    )


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
    ratio = _largest_ratio(frame)
    if ratio is not None and decoded_bytes > HARMLESS_BYTES and len(encoded) * ratio < decoded_bytes:
        raise _too_short(name, len(encoded), decoded_bytes)
    height, width = coded_size(int(frame.compression), encoded) or (0, 0)
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
