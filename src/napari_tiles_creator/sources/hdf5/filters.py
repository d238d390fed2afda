"""Filters that the chunks of an HDF5 dataset have gone through, and how they are undone."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    import h5py
    from numpy.typing import NDArray

    Encoded = bytes | NDArray[np.uint8]
    Decoder = Callable[[Encoded, NDArray[np.uint8]], NDArray[np.uint8]]

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


def undone(code: int, encoded: Encoded, chunk_bytes: int, itemsize: int) -> NDArray[np.uint8]:
    """Return what a filter made its bytes from; never more than a chunk holds."""
    if code == SHUFFLE:
        planes = np.frombuffer(encoded, np.uint8)
        return np.ascontiguousarray(planes.reshape(itemsize, -1).T).reshape(-1)
    return DECODERS[code](encoded, np.empty(chunk_bytes, np.uint8))


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
    with suppress(ImportError):  # it tells the HDF5 library of more filters
        importlib.import_module("hdf5plugin")
    for code in filters_of(dataset):
        if not h5py.h5z.filter_avail(code):
            called = f"{NAMES[code]} (filter {code})" if code in NAMES else f"filter {code}"
            raise SourceError(
                f"{name}: compressed with {called}, which the HDF5 library here has not: "
                f"install hdf5plugin, or save it with gzip"
            )


def _inflated(encoded: Encoded, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.deflate_decode(encoded, out=out)
    return pixels


def _blosc(encoded: Encoded, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.blosc_decode(encoded, out=out, numthreads=1)
    return pixels


def _lz4(encoded: Encoded, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.lz4h5_decode(encoded, out=out)
    return pixels


def _zstd(encoded: Encoded, out: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import imagecodecs

    pixels: NDArray[np.uint8] = imagecodecs.zstd_decode(encoded, out=out)
    return pixels


DECODERS: dict[int, Decoder] = {DEFLATE: _inflated, BLOSC: _blosc, LZ4: _lz4, ZSTD: _zstd}
