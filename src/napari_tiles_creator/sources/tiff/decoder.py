"""Strips and tiles decoded: each that is stored once for many places, or larger than a band, only once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.memory import check_memory
from napari_tiles_creator.sources.tiff.claims import check_length, check_segment
from napari_tiles_creator.sources.tiff.coded_size import JPEG
from napari_tiles_creator.sources.wording import size_text, undecoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import tifffile
    from numpy.typing import NDArray

    from napari_tiles_creator.sources.tiff.segments import SegmentTable

# Decoded repeated segments that are kept, and how many of their values.
KEPT_BYTES = 32 * 2**20
KEPT_VALUES = 4096
# Encoded bytes that are fetched from the file at once.
FETCHED_BYTES = 16 * 2**20

Number = int | float
# The one value that each sample has all over a segment, None where it has several.
Values = tuple[Number | None, ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """A decoded segment.

    Parameters
    ----------
    y, x, z, plane : int
        Where it begins in the page: px, plane in depth, plane of samples.
    height, width : int
        Its size, px; it may reach beyond the page.
    pixels : array (z, y, x, samples) or tuple of number
        The page's dtype; one value a sample where all its pixels have it.
    """

    y: int
    x: int
    z: int
    plane: int
    height: int
    width: int
    pixels: NDArray[Any] | tuple[Number, ...]


class SegmentDecoder:
    """Decodes the segments of a file and remembers what is worth it.

    Parameters
    ----------
    name : str
        The file's name, for what goes wrong.
    huge_segments : int
        How many segments larger than a band are kept: those that one row of the image needs.

    Attributes
    ----------
    decoded_segments : int
        Strips or tiles decoded so far.
    """

    def __init__(self, name: str, huge_segments: int) -> None:
        self.name = name
        self.decoded_segments = 0
        self.huge_segments = huge_segments
        self.lock = threading.RLock()
        self._values: OrderedDict[tuple[int, ...], Values] = OrderedDict()
        self._repeated: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._huge: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._huge_lock = threading.Lock()

    def decoded(self, table: SegmentTable, numbers: Sequence[int], handle: tifffile.FileHandle) -> Iterator[Decoded]:
        """Decode segments of a page.

        Yields
        ------
        Decoded
            In any order.

        Raises
        ------
        SourceError
            If the file ends before a segment does, or a segment is damaged.
        """
        if table.grid.is_huge(table.itemsize):
            for number in numbers:
                yield self._placed(table, number, self._huge_segment(table, number, handle))
            return
        fresh = []
        for number in numbers:
            if not table.written[number]:
                yield self._placed(table, number, None)
            elif table.repeated[number]:
                yield self._placed(table, number, self._repeated_segment(table, number, handle))
            else:
                fresh.append(number)
        for number, encoded in self._fetched(table, fresh, handle):
            yield self._placed(table, number, self._decode(table, number, encoded))

    def values(self, table: SegmentTable, number: int, handle: tifffile.FileHandle) -> Values | None:
        """Return the one value that each sample has in a segment, None where that is not known.

        Only a segment that stands for several places is decoded for it, and only once.
        """
        if not table.written[number]:
            return (_plain(table.frame.nodata),) * table.grid.samples
        if not table.repeated[number]:
            return None
        known = self._values.get(self._key(table, number))
        if known is None:
            self._repeated_segment(table, number, handle)
            known = self._values.get(self._key(table, number))
        return known

    def _repeated_segment(self, table: SegmentTable, number: int, handle: tifffile.FileHandle) -> Any:
        """Return a segment that stands for several places: values, or pixels."""
        key = self._key(table, number)
        with self.lock:
            values = self._values.get(key)
            if values is not None and None not in values:
                return values
            if key in self._repeated:
                self._repeated.move_to_end(key)
                return self._repeated[key]
        ((_, encoded),) = self._fetched(table, [number], handle)
        pixels = self._decode(table, number, encoded)
        values = _values_of(pixels)
        with self.lock:
            self._values[key] = values
            while len(self._values) > KEPT_VALUES:
                self._values.popitem(last=False)
            if None not in values:
                return values
            self._repeated[key] = pixels
            while len(self._repeated) * pixels.nbytes > KEPT_BYTES and len(self._repeated) > 1:
                self._repeated.popitem(last=False)
        return pixels

    def _huge_segment(self, table: SegmentTable, number: int, handle: tifffile.FileHandle) -> Any:
        """Return a segment that is larger than a band; decoded by one thread while the others wait for it."""
        if not table.written[number]:
            return None
        key = self._key(table, number)
        with self._huge_lock:
            if key not in self._huge:
                while len(self._huge) >= self.huge_segments:  # room first: two at once may be too much
                    self._huge.popitem(last=False)
                check_memory(self.name, table.decoded_bytes)
                ((_, encoded),) = self._fetched(table, [number], handle)
                self._huge[key] = self._decode(table, number, encoded)
            self._huge.move_to_end(key)
            return self._huge[key]

    def _key(self, table: SegmentTable, number: int) -> tuple[int, ...]:
        """Return what tells a stored segment; the last strip of a page has fewer rows than its equals."""
        return (id(table.page.parent), *table.key(number), table.grid.rows_of(number))

    def _fetched(
        self, table: SegmentTable, numbers: Sequence[int], handle: tifffile.FileHandle
    ) -> Iterator[tuple[int, bytes]]:
        """Read encoded segments from the file."""
        if not numbers:
            return
        offsets, counts = table.offsets[numbers].tolist(), table.counts[numbers].tolist()
        if any(offset + count > handle.size for offset, count in zip(offsets, counts, strict=True)):
            raise SourceError(f"{self.name} is cut short: some of its pixels are missing")
        check_length(self.name, table, max(counts))
        segments: Any = handle.read_segments(offsets, counts, lock=self.lock, buffersize=FETCHED_BYTES)
        for encoded, position in segments:
            yield numbers[position], encoded

    def _decode(self, table: SegmentTable, number: int, encoded: bytes) -> NDArray[Any]:
        """Return the pixels of a segment, array (z, y, x, samples)."""
        page, frame = table.page, table.frame
        extra: dict[str, Any] = {}
        if frame.compression in JPEG:
            extra = {"jpegtables": page.jpegtables, "jpegheader": frame.jpegheader}
        check_segment(self.name, table, number, encoded)
        with self.lock:
            decode = frame.decode  # made at its first use, which two threads must not share
            self.decoded_segments += 1
        try:
            pixels = self._tried(decode, table, number, encoded, extra)
        except MemoryError as error:
            raise SourceError(
                f"{self.name} cannot be decoded: a strip or tile takes {size_text(table.decoded_bytes)} of memory"
            ) from error
        return np.asarray(pixels)

    def _tried(self, decode: Any, table: SegmentTable, number: int, encoded: bytes, extra: dict[str, Any]) -> Any:
        """Decode a segment; the last strip may hold as many rows as the others, of which some lie outside."""
        rows = table.grid.rows_of(number)
        try:
            return decode(encoded, number, **extra)[0]
        except MemoryError:
            raise
        except Exception:
            if rows == table.grid.length:
                raise
            with suppress(Exception):
                return decode(encoded, 0, **extra)[0][:, :rows]
            raise

    def _placed(self, table: SegmentTable, number: int, pixels: Any) -> Decoded:
        """Return a segment with its place."""
        grid = table.grid
        plane, depth, row, column = np.unravel_index(number, grid.shape)
        if pixels is None:
            pixels = (_plain(table.frame.nodata),) * grid.samples
        is_array = isinstance(pixels, np.ndarray)
        return Decoded(
            y=int(row) * grid.length,
            x=int(column) * grid.across,
            z=int(depth) * grid.thickness,
            plane=int(plane),
            height=pixels.shape[1] if is_array else grid.length,
            width=pixels.shape[2] if is_array else grid.across,
            pixels=pixels,
        )


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turn whatever codecs and libraries raise inside into one sentence about the file.

    Raises
    ------
    SourceError
        Instead of any other exception but one of memory.
    """
    try:
        yield
    except (SourceError, MemoryError):
        raise
    except Exception as error:
        raise SourceError(undecoded(path.name, error, path)) from error


def _values_of(pixels: NDArray[Any]) -> Values:
    """Return the one value of each sample, None where a sample has several; NaN is never one value."""
    flat = pixels.reshape(-1, pixels.shape[-1])
    return tuple(_plain(flat[0, k]) if (flat[:, k] == flat[0, k]).all() else None for k in range(flat.shape[1]))


def _plain(value: Any) -> Number:
    """Return a value as a plain number."""
    plain: Number = value.item() if isinstance(value, np.generic) else value
    return plain
