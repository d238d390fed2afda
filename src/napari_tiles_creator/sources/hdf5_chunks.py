"""Chunks of an HDF5 dataset: read as they are stored, decoded by several threads at once.

The HDF5 library does one thing at a time; what it is asked for here is stored bytes alone, which takes microseconds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.chunks import KEPT, Place, Stored, assembled, is_small, spans_at

if TYPE_CHECKING:
    from collections.abc import Callable

    import h5py
    from numpy.typing import NDArray

    from napari_tiles_creator.sources.array import Index

    Decoder = Callable[[bytes | NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.uint8]]

# Numbers under which filters are registered with the HDF Group.
NAMES = {
    4: "szip",
    305: "lzo",
    307: "bzip2",
    32000: "lzf",
    32001: "blosc",
    32004: "lz4",
    32008: "bitshuffle",
    32013: "zfp",
    32015: "zstd",
    32017: "sz",
    32024: "sz3",
    32026: "blosc2",
}
DEFLATE, SHUFFLE, BLOSC, LZ4, ZSTD = 1, 2, 32001, 32004, 32015


class ChunkedDataset:
    """A chunked dataset, read chunk by chunk.

    Parameters
    ----------
    dataset : h5py.Dataset
        Its filters are known here (see `can_decode`).
    plane_axes : tuple of int
        Which axes are rows and columns.
    """

    def __init__(self, dataset: h5py.Dataset, plane_axes: tuple[int, ...]) -> None:
        self._dataset = dataset
        self._plane_axes = plane_axes
        self._filters = filters_of(dataset)
        self.shape: tuple[int, ...] = dataset.shape
        self.chunks: tuple[int, ...] = dataset.chunks
        self.dtype = np.dtype(dataset.dtype.str)
        self._chunk_bytes = math.prod(self.chunks) * self.dtype.itemsize
        value = dataset.fillvalue
        self._fill = np.full((), 0 if value is None else value, self.dtype)

    def __getitem__(self, index: Index) -> NDArray[Any]:
        """Return a part; decodes the chunks that it touches."""
        return assembled(index, self, self._chunk_at, self._plane_axes)

    def stored(self, place: Place) -> bytes | Stored:
        """Return the bytes of a chunk where they are few; see `chunks.UniformChunks`."""
        corner = self._corner(place)
        info = self._dataset.id.get_chunk_info_by_coord(corner)
        if info.byte_offset is None:
            return Stored.NEVER
        if not is_small(info.size, self._chunk_bytes):
            return Stored.LARGE
        skipped, stored = self._dataset.id.read_direct_chunk(corner)
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
        corner = self._corner(place)
        if self._dataset.id.get_chunk_info_by_coord(corner).byte_offset is None:
            return np.broadcast_to(self._fill, self.chunks)
        skipped, stored = self._dataset.id.read_direct_chunk(corner)
        pixels: bytes | NDArray[np.uint8] = stored
        for number in reversed(range(len(self._filters))):
            if not skipped & (1 << number):
                pixels = self._undone(self._filters[number], pixels)
        size = len(pixels)
        if size != self._chunk_bytes:
            raise ValueError(f"its chunk at {corner} holds {size} bytes where {self._chunk_bytes} are due")
        if self.dtype.kind == "b":
            return np.not_equal(np.frombuffer(pixels, np.uint8), 0).reshape(self.chunks)
        return np.frombuffer(pixels, self.dtype).reshape(self.chunks)

    def _undone(self, code: int, encoded: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return what a filter made its bytes from; never more than a chunk holds."""
        if code == SHUFFLE:
            size = self.dtype.itemsize
            planes = np.frombuffer(encoded, np.uint8)
            return np.ascontiguousarray(planes.reshape(size, -1).T).reshape(-1)
        return DECODERS[code](encoded, np.empty(self._chunk_bytes, np.uint8))

    def _corner(self, place: Place) -> Place:
        return tuple(k * c for k, c in zip(place, self.chunks, strict=True))


def filters_of(dataset: h5py.Dataset) -> list[int]:
    """Return the numbers of a dataset's filters, in the order of writing."""
    made = dataset.id.get_create_plist()
    return [made.get_filter(number)[0] for number in range(made.get_nfilters())]


def can_decode(dataset: h5py.Dataset) -> bool:
    """Tell whether the chunks of a dataset are decoded here: known filters, values as numpy has them."""
    import h5py

    if dataset.chunks is None or dataset.is_virtual or dataset.dtype.kind not in "uifb":
        return False
    stored = dataset.id.get_type()
    if dataset.dtype.kind == "b":  # FALSE and TRUE by name
        as_numpy_has_it = stored.get_class() == h5py.h5t.ENUM and stored.get_size() == 1
    else:
        as_numpy_has_it = h5py.h5t.py_create(np.dtype(dataset.dtype.str)).equal(stored)
    return bool(as_numpy_has_it) and all(code == SHUFFLE or code in DECODERS for code in filters_of(dataset))


def check_filters(name: str, dataset: h5py.Dataset) -> None:
    """Refuse a dataset that neither this module nor the HDF5 library can decode.

    Raises
    ------
    SourceError
        If a filter is missing: which.
    """
    import h5py

    if can_decode(dataset):
        return
    for code in filters_of(dataset):
        if not h5py.h5z.filter_avail(code):
            called = f"{NAMES[code]} (filter {code})" if code in NAMES else f"filter {code}"
            raise SourceError(
                f"{name}: compressed with {called}, which the HDF5 library here has not: "
                f"install hdf5plugin, or save it with gzip"
            )


def _inflated(encoded: bytes | NDArray[np.uint8], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.deflate_decode(encoded, out=out)
    return pixels


def _blosc(encoded: bytes | NDArray[np.uint8], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.blosc_decode(encoded, out=out, numthreads=1)
    return pixels


def _lz4(encoded: bytes | NDArray[np.uint8], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.lz4h5_decode(encoded, out=out)
    return pixels


def _zstd(encoded: bytes | NDArray[np.uint8], out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.zstd_decode(encoded, out=out)
    return pixels


DECODERS: dict[int, Decoder] = {DEFLATE: _inflated, BLOSC: _blosc, LZ4: _lz4, ZSTD: _zstd}
