"""The pages of one TIFF image at all levels: rectangles of them, and what is known of rectangles without decoding."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.tiff.claims import checked_table
from napari_tiles_creator.sources.tiff.decoder import SegmentDecoder, errors_of
from napari_tiles_creator.sources.tiff.segments import HUGE_BYTES, SegmentGrid, SegmentTable

if TYPE_CHECKING:
    from pathlib import Path

    import tifffile
    from numpy.typing import NDArray

# Pages whose tables of segments are kept, and how many segments they may have together.
KEPT_TABLES = 64
KEPT_SEGMENTS = 2**20


class TiffImage:
    """The pages of an image, read by rectangle.

    Parameters
    ----------
    path : Path
        The file.
    levels : tuple of TiffPageSeries
        The pyramid, full level first.

    Raises
    ------
    SourceError
        If the file ends before its pixels do.
    """

    def __init__(self, path: Path, levels: tuple[tifffile.TiffPageSeries, ...]) -> None:
        self._path, self._levels = path, levels
        self._grids = [SegmentGrid.of(level.keyframe) for level in levels]
        self._contiguous_at = [_contiguous_at(level) for level in levels]
        self._tables: OrderedDict[tuple[int, int], SegmentTable] = OrderedDict()
        self._others: list[tifffile.FileHandle] = []  # files beside this one that hold some of an OME image's planes
        self._decoder = SegmentDecoder(path.name, 1)
        self._itemsize = levels[0].dtype.itemsize
        self._check_size()

    def _check_size(self) -> None:
        """Check that the pixels of the full level lie within the file, as far as its pages are known already."""
        series, grid, at = self._levels[0], self._grids[0], self._contiguous_at[0]
        size = series.keyframe.parent.filehandle.size
        if at is not None:
            if at + math.prod(series.shape) * self._itemsize > size:
                raise SourceError(f"{self._path.name} is cut short: some of its pixels are missing")
            return
        claimed = math.prod(series.shape) // math.prod(series.keyframe.shape)
        try:
            last = series[claimed - 1]
        except IndexError as error:
            raise SourceError(
                f"{self._path.name} is cut short: by its metadata it holds {claimed:,} planes, not all are there"
            ) from error
        for page in series if series.is_multifile else {0: series.keyframe, claimed - 1: last}.values():
            if page is not None:
                checked_table(self._path.name, page, page.keyframe or series.keyframe, grid)

    @property
    def decoded_segments(self) -> int:
        """Strips or tiles decoded so far."""
        return self._decoder.decoded_segments

    @property
    def level_shapes(self) -> tuple[tuple[int, int], ...]:
        """``(height, width)`` of each level, px."""
        return tuple((grid.height, grid.width) for grid in self._grids)

    @property
    def chunk_rows(self) -> int:
        """Rows that are decoded together; of a segment that is kept any number of rows may be read at a time."""
        grid = self._grids[0]
        if self._contiguous_at[0] is not None:
            return 1
        rows = min(grid.length, grid.height)
        if not self._is_huge:
            return rows
        row_bytes = grid.width * grid.samples * grid.planes * self._itemsize
        return max(1, min(rows, HUGE_BYTES // row_bytes))

    @property
    def chunk_columns(self) -> int:
        """Columns that are decoded together, 0 for whole rows."""
        if self._contiguous_at[0] is not None:
            return 1
        grid = self._grids[0]
        return grid.across if grid.is_tiled else 0

    @property
    def _is_huge(self) -> bool:
        grid = self._grids[0]
        return self._contiguous_at[0] is None and grid.is_huge(self._itemsize)

    def keep_huge_segments(self, channels: int) -> int:
        """Keep segments that are larger than a band, as many as it takes to decode each once a pass.

        These are those of one row of the image, of two rows of strips: a band may lie in both.

        Parameters
        ----------
        channels : int
            Channels in pages of their own, which are read together.

        Returns
        -------
        whole_bytes : int
            Memory that they take, 0 where there are none.
        """
        if not self._is_huge:
            return 0
        grid = self._grids[0]
        planes, _, down, across = grid.shape
        kept_rows = 1 if grid.is_tiled else min(down, 2)
        self._decoder.huge_segments = planes * across * kept_rows * channels
        rows = grid.length * kept_rows if grid.is_tiled else min(grid.length * kept_rows, grid.height)
        return rows * grid.across * across * grid.thickness * grid.samples * planes * channels * self._itemsize

    def read(self, box: Box, number: int, z: int, level: int) -> NDArray[Any]:
        """Return a rectangle of a page, array (y, x, samples)."""
        offset = self._contiguous_at[level]
        with errors_of(self._path):
            if offset is not None:
                return self._read_contiguous(box, number, z, level, offset)
            return self._read_segments(box, number, z, level)

    def uniform_value(self, box: Box, number: int, z: int, level: int, samples: slice) -> int | float | None:
        """Return the one value that all pixels of a rectangle have; see `Source.uniform_value`.

        Parameters
        ----------
        samples : slice
            Which samples of the pixels count.
        """
        if self._contiguous_at[level] is not None:
            return None
        with errors_of(self._path):
            return self._known_value(box, number, z, level, samples)

    def _known_value(self, box: Box, number: int, z: int, level: int, samples: slice) -> int | float | None:
        table = self._table(number, level)
        if not table.has_known:
            return None
        grid, found = self._grids[level], None
        numbers = table.numbers[grid.touched(box, z)]
        if grid.planes > 1:
            numbers, samples = numbers[samples], slice(None)
        handle = self._handle(table)
        for segment in _distinct(table, numbers):
            values = self._decoder.values(table, segment, handle)
            for value in [None] if values is None else values[samples]:
                if value is None or value != value or (found is not None and value != found):
                    return None
                found = value
        return found

    def close(self) -> None:
        """Release the files that were opened beside the first one."""
        for handle in self._others:
            handle.close()

    def _read_contiguous(self, box: Box, number: int, z: int, level: int, offset: int) -> NDArray[Any]:
        """Read rows of an uncompressed image that lies in one piece (an ImageJ stack may have one page only)."""
        grid, series = self._grids[level], self._levels[level]
        stored = series.dtype.newbyteorder(series.keyframe.parent.byteorder)
        parts = []
        for plane in range(grid.planes):
            place = (number * grid.planes + plane) * grid.depth + z
            first = offset + (place * grid.height + box.y) * grid.width * grid.samples * stored.itemsize
            shape = (box.height, grid.width, grid.samples)
            if self._path.stat().st_size < first + math.prod(shape) * stored.itemsize:
                raise SourceError(f"{self._path.name} is cut short: its pixels end before row {box.y_stop}")
            if box.width * 2 > grid.width:
                with self._path.open("rb") as file:
                    rows = np.fromfile(file, stored, math.prod(shape), offset=first).reshape(shape)
                part = rows.astype(series.dtype, copy=False)[:, box.x : box.x_stop]
            else:  # of wide rows only the pages of the disk that hold the columns are read
                mapped = np.memmap(self._path, stored, "r", first, shape)
                part = np.array(mapped[:, box.x : box.x_stop], series.dtype)
            parts.append(part)
        return np.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]

    def _read_segments(self, box: Box, number: int, z: int, level: int) -> NDArray[Any]:
        """Decode the strips or tiles of a page that touch the box."""
        grid, table = self._grids[level], self._table(number, level)
        wanted = table.numbers[grid.touched(box, z)].ravel().tolist()
        out = np.zeros((*box.shape, grid.planes * grid.samples), self._levels[level].dtype)
        for segment in self._decoder.decoded(table, wanted, self._handle(table)):
            part = Box(segment.y, segment.x, segment.height, segment.width).intersection(box)
            target = (*part.moved(-box.y, -box.x).slices, slice(segment.plane, segment.plane + grid.samples))
            if isinstance(segment.pixels, tuple):
                out[target] = segment.pixels
            else:
                out[target] = segment.pixels[z - segment.z][part.moved(-segment.y, -segment.x).slices]
        return out

    def _table(self, number: int, level: int) -> SegmentTable:
        """Return where the segments of a page are."""
        with self._decoder.lock:
            table = self._tables.get((level, number))
            if table is None:
                page = self._levels[level][number]
                if page is None:
                    raise SourceError(f"{self._path.name}: plane {number} is missing: is a file that belongs to it?")
                frame = page.keyframe or self._levels[level].keyframe
                table = self._tables[level, number] = checked_table(self._path.name, page, frame, self._grids[level])
                kept = min(KEPT_TABLES, max(1, KEPT_SEGMENTS // self._grids[0].total))
                while len(self._tables) > kept:
                    self._tables.popitem(last=False)
            return table

    def _handle(self, table: SegmentTable) -> tifffile.FileHandle:
        """Return the open file that holds a page: an OME image may lie in several files."""
        handle = table.page.parent.filehandle
        with self._decoder.lock:
            if handle.closed:
                handle.open()
                self._others.append(handle)
        return handle


def _contiguous_at(series: tifffile.TiffPageSeries) -> int | None:
    """Return where the pixels begin if they lie uncompressed and in one piece in the file."""
    return None if series.is_multifile else series.dataoffset or None


def _distinct(table: SegmentTable, numbers: NDArray[np.int64]) -> list[int]:
    """Return one segment for each that is stored by itself."""
    flat = numbers.ravel()
    where = np.where(table.written[flat], table.offsets[flat], 0)
    return flat[np.unique(where, return_index=True)[1]].tolist()  # type: ignore[no-any-return]
