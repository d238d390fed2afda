"""An array that lies in a file as it would in memory: of it only the pages that a part touches are read."""

from __future__ import annotations

import math
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.chunks import spans_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.arrays.chunks import Index

# What is mapped at a time: pages that were looked at count as memory until their map is closed.
SPAN_BYTES = 1 << 25
# Read together by any disk.
PAGE_BYTES = 1 << 12


@dataclass(frozen=True, slots=True)
class PlainPixels:
    """Form of an array that lies plain in a file, and where.

    Parameters
    ----------
    shape : tuple of int
        Lengths of the axes.
    dtype : numpy dtype
        As it is stored.
    offset : int
        Where the pixels begin, bytes.
    fortran : bool, default False
        Whether the first axis is the one that lies together.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int
    fortran: bool = False

    @property
    def pixel_bytes(self) -> int:
        """Size of all pixels."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True, slots=True, eq=False)
class MappedArray:
    """Pixels that lie plain in a file.

    Each read maps the file anew: nothing is held open, and threads do not meet.

    Parameters
    ----------
    path : Path
        The file.
    plain : PlainPixels
        What lies in it, and from where on.
    """

    path: Path
    plain: PlainPixels

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.plain.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels, as they are stored."""
        return self.plain.dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Pages, as far as they have a shape: reading a few pixels of each costs as much as reading them all."""
        fast = 0 if self.plain.fortran else len(self.shape) - 1
        return tuple(PAGE_BYTES // self.dtype.itemsize if axis == fast else 1 for axis in range(len(self.shape)))

    def __getitem__(self, index: Index) -> NDArray[Any]:
        """Return a part, a copy."""
        plain = self.plain
        if self.path.stat().st_size < plain.offset + plain.pixel_bytes:
            raise SourceError(f"{self.path.name} is cut short: its pixels end too early")
        spans = list(spans_of(index, plain.shape))
        out = np.empty([b - a for a, b in spans], plain.dtype)
        # The axis whose neighbours lie furthest apart is read in pieces.
        axes = list(range(len(spans)))[:: -1 if plain.fortran else 1]
        axis = next((axis for axis in axes if spans[axis][1] - spans[axis][0] > 1), axes[0])
        (start, stop), stride = spans[axis], self._stride(axis)
        is_sparse = out.nbytes * 2 < (stop - start) * stride
        step = max(1, SPAN_BYTES // max(1, stride))
        for at in range(start, stop, step):
            to = min(at + step, stop)
            where = tuple(slice(a, b) for a, b in [*spans[:axis], (at, to), *spans[axis + 1 :]])
            target = [slice(None)] * len(spans)
            target[axis] = slice(at - start, to - start)
            out[tuple(target)] = self._mapped(is_sparse)[where]
        return out[tuple(slice(None) if isinstance(at, slice) else 0 for at in index)]

    def _stride(self, axis: int) -> int:
        """Return how far apart neighbours along an axis lie, bytes."""
        inner = self.shape[:axis] if self.plain.fortran else self.shape[axis + 1 :]
        return math.prod(inner) * self.dtype.itemsize

    def _mapped(self, is_sparse: bool) -> NDArray[Any]:
        """Return the whole array, mapped; the map is closed with the array."""
        plain = self.plain
        with self.path.open("rb") as file:
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # Or else the system reads far ahead of each page that is looked at.
        if is_sparse and hasattr(mmap, "MADV_RANDOM"):
            pages.madvise(mmap.MADV_RANDOM)
        return np.ndarray(plain.shape, plain.dtype, pages, plain.offset, order="F" if plain.fortran else "C")
