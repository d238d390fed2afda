"""Chunks of an HDF5 dataset: read as they are stored, decoded by several threads at once.

The HDF5 library does one thing at a time; what it is asked for here is stored bytes alone, which takes microseconds.
"""

from __future__ import annotations

import math
import threading
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.sources.arrays.chunks import Place, assembled, spans_at
from napari_tiles_creator.sources.arrays.kept_chunks import KEPT
from napari_tiles_creator.sources.arrays.uniform_chunks import Stored, is_small
from napari_tiles_creator.sources.hdf5.filters import can_decode, filters_of, undone

if TYPE_CHECKING:
    from collections.abc import Sequence

    import h5py
    from numpy.typing import NDArray

    from napari_tiles_creator.sources.arrays.chunks import Index

# Chunks of which the sizes are held: it takes a second to look up so many.
MOST_CHUNKS = 1 << 20


class ChunkedDataset:
    """A chunked dataset, read chunk by chunk.

    Parameters
    ----------
    dataset : h5py.Dataset
        What `hdf5_filters.can_decode` refuses, the library decodes.
    plane_axes : tuple of int
        Which axes are rows and columns.
    most_chunks : int
        Of more chunks than this the library itself finds those that are asked for.
    """

    def __init__(self, dataset: h5py.Dataset, plane_axes: tuple[int, ...], most_chunks: int = MOST_CHUNKS) -> None:
        self._dataset = dataset
        self._most_chunks = most_chunks
        self._plane_axes = plane_axes
        self._filters = filters_of(dataset)
        self._decodes = can_decode(dataset)
        self.shape: tuple[int, ...] = dataset.shape
        self.chunks: tuple[int, ...] = dataset.chunks
        self.dtype = np.dtype(dataset.dtype.str)
        self._chunk_bytes = math.prod(self.chunks) * self.dtype.itemsize
        self._fill = np.full((), dataset.fillvalue, self.dtype)
        self._lock = threading.Lock()
        self._is_looked_up = False
        self._sizes_found: ChunkSizes | None = None

    def __getitem__(self, index: Index) -> NDArray[Any]:
        """Return a part; decodes the chunks that it touches."""
        return assembled(index, self, self._chunk_at, self._plane_axes)

    def stored(self, place: Place) -> bytes | Stored:
        """Return the bytes of a chunk where they are few; see `chunks.UniformChunks`."""
        sizes = self._sizes()
        if sizes is None:
            return Stored.LARGE
        size = sizes.get(place)
        if not size:
            return Stored.NEVER
        if not is_small(size, self._chunk_bytes):
            return Stored.LARGE
        skipped, stored = self._dataset.id.read_direct_chunk(self._corner(place))
        return int(skipped).to_bytes(4, "little") + bytes(stored)

    def decoded(self, place: Place) -> NDArray[Any]:
        """Return the pixels of a chunk that lie inside the array; those that differ will be read, too."""
        inside = tuple(slice(b - a) for a, b in spans_at(place, self.chunks, self.shape))
        return self._chunk_at(place, True)[inside]

    def release(self) -> None:
        """Forget the chunks that are kept."""
        KEPT.forget(self)

    def _chunk_at(self, place: Place, again: bool) -> NDArray[Any]:
        return KEPT.get((self, place), lambda: self._decoded(place), again)

    def _decoded(self, place: Place) -> NDArray[Any]:
        sizes = self._sizes()
        if sizes is not None and not sizes.get(place):
            return np.broadcast_to(self._fill, self.chunks)
        if sizes is None or not self._decodes:
            part: NDArray[Any] = self._dataset[tuple(slice(*span) for span in spans_at(place, self.chunks, self.shape))]
            return part
        corner = self._corner(place)
        skipped, stored = self._dataset.id.read_direct_chunk(corner)
        pixels: bytes | NDArray[np.uint8] = stored
        for number in reversed(range(len(self._filters))):
            if not skipped & (1 << number):
                pixels = undone(self._filters[number], pixels, self._chunk_bytes, self.dtype.itemsize)
        size = len(pixels)
        if size != self._chunk_bytes:
            raise ValueError(f"its chunk at {corner} holds {size} bytes where {self._chunk_bytes} are due")
        if self.dtype.kind == "b":
            return np.not_equal(np.frombuffer(pixels, np.uint8), 0).reshape(self.chunks)
        return np.frombuffer(pixels, self.dtype).reshape(self.chunks)

    def _sizes(self) -> ChunkSizes | None:
        """Return what each chunk takes in the file, looked up once; None where there are too many."""
        with self._lock:
            if not self._is_looked_up:
                self._is_looked_up = True
                self._sizes_found = chunk_sizes(self._dataset, self._most_chunks)
        return self._sizes_found

    def _corner(self, place: Place) -> Place:
        return tuple(k * c for k, c in zip(place, self.chunks, strict=True))


class ChunkSizes:
    """Bytes that chunks take in the file, by their place; 12 bytes of memory a chunk.

    Parameters
    ----------
    grid : tuple of int
        Number of chunks along each axis.
    numbers, sizes : sequence of int
        Position of each chunk in the grid, in C order, and its size.
    """

    def __init__(self, grid: tuple[int, ...], numbers: Sequence[int], sizes: Sequence[int]) -> None:
        self._grid = grid
        unsorted = np.asarray(numbers, np.int64)
        order = np.argsort(unsorted)
        self._numbers, self._sizes = unsorted[order], np.asarray(sizes, np.uint32)[order]

    def get(self, place: Place) -> int:
        """Return the size of a chunk, 0 where it was never written."""
        number = _number(place, self._grid)
        at = int(self._numbers.searchsorted(number))
        return int(self._sizes[at]) if at < self._numbers.size and self._numbers[at] == number else 0


def chunk_sizes(dataset: h5py.Dataset, most: int) -> ChunkSizes | None:
    """Return what each chunk takes in the file, None where they are too many to hold.

    The library tells it of one chunk by going through all of them: they are asked for at one go.
    """
    grid = tuple(-(-n // c) for n, c in zip(dataset.shape, dataset.chunks, strict=True))
    numbers, sizes = array("q"), array("I")

    def note(chunk: Any) -> bool | None:
        place = tuple(at // c for at, c in zip(chunk.chunk_offset, dataset.chunks, strict=True))
        numbers.append(_number(place, grid))
        sizes.append(min(chunk.size, 0xFFFFFFFF))
        return True if len(numbers) > most else None

    if not hasattr(dataset.id, "chunk_iter"):  # HDF5 before 1.12.3
        return None
    dataset.id.chunk_iter(note)
    return ChunkSizes(grid, numbers, sizes) if len(numbers) <= most else None


def _number(place: Place, grid: tuple[int, ...]) -> int:
    number = 0
    for at, length in zip(place, grid, strict=True):
        number = number * length + at
    return number
