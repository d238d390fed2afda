"""An image in an HDF5 file, filled chunk by chunk in any order: the dataset ``data``, as ilastik and Fiji read it."""

from __future__ import annotations

import os
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.image_files.layout import Layout

# Of libdeflate: more takes twice the time for hardly less.
DEFLATE_LEVEL = 4


class Hdf5File:
    """An HDF5 file that is being written.

    Chunks are compressed in the threads that bring them, as the filters shuffle and gzip would, which every HDF5
    library has; the library itself compresses one at a time. Chunks of zeros are left out.

    Parameters
    ----------
    path : Path
        Where it goes.
    layout : Layout
        The image; one level.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        import h5py

        self._layout, self._lock = layout, threading.Lock()
        shape = [length for _, length in layout.outer] + list(layout.shapes[0])
        self._chunk = tuple(min(layout.tile, length) for length in layout.shapes[0])
        chunks = [1] * len(layout.outer) + list(self._chunk)
        if layout.samples == 3:
            shape, chunks = [*shape, 3], [*chunks, 3]
        axes = [axis.lower() for axis, _ in layout.outer] + ["y", "x"] + ["s"] * (layout.samples == 3)
        self._file = h5py.File(path, "w")
        self._data: Any = self._file.create_dataset(
            "data", tuple(shape), layout.dtype, chunks=tuple(chunks), compression="gzip", shuffle=True, fillvalue=0
        )
        for dimension, axis in zip(self._data.dims, axes, strict=True):
            dimension.label = axis
        if layout.pixel_size:
            # Fiji's plugin wants z, y and x, whatever the axes are; how far planes lie apart nobody knows.
            self._data.attrs["element_size_um"] = [1.0, layout.pixel_size.y_um, layout.pixel_size.x_um]

    def at(self, position: dict[str, int]) -> _Chunks:
        """Return what takes the tiles of one position on T and Z."""
        return _Chunks(self, [position.get(axis) for axis, _ in self._layout.outer])

    def put(self, pixels: NDArray[Any], outer: tuple[int, ...], row: int, column: int) -> None:
        """Write a chunk, array (y, x, samples), cut short at the plane's end."""
        spare = [(0, whole - length) for whole, length in zip(self._chunk, pixels.shape[:2], strict=True)]
        if any(after for _, after in spare):
            pixels = np.pad(pixels, (*spare, (0, 0)))
        plain = np.ascontiguousarray(pixels).view(np.uint8).reshape(-1, pixels.dtype.itemsize)
        data = imagecodecs.zlib_encode(np.ascontiguousarray(plain.T), DEFLATE_LEVEL)
        start = (*outer, row * self._layout.tile, column * self._layout.tile)
        if self._layout.samples == 3:
            start = (*start, 0)
        with self._lock, _os_errors():
            self._data.id.write_direct_chunk(start, bytes(data))

    def finish(self) -> None:
        """Bring everything to the disk."""
        with _os_errors():
            self._file.flush()

    def close(self) -> None:
        """Release the file."""
        with _os_errors():
            self._file.close()


@contextmanager
def _os_errors() -> Iterator[None]:
    """Raise what the library says of a full disk as the error that it is: it has RuntimeError for some."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        number = re.search(r"errno = (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1]))) from error


class _Chunks:
    """Takes the tiles of the planes that are read together."""

    def __init__(self, file: Hdf5File, position: list[int | None]) -> None:
        self._file, self._position = file, position

    def take(self, tile: NDArray[Any], uniform: bool, level: int, row: int, column: int) -> None:
        """Write a chunk of each channel; see `TileTaker`."""
        if uniform and not tile[:, 0, 0].any():  # what is not there is zero
            return
        for channel, plane in enumerate(tile):
            outer = tuple(channel if at is None else at for at in self._position)
            self._file.put(plane, outer, row, column)
