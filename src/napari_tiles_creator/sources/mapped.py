"""An array that lies in a file as it would in memory: of it only the pages that a part touches are read."""

from __future__ import annotations

import math
import mmap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.chunks import spans_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.array import Index
    from napari_tiles_creator.sources.npy_header import NpyHeader

# What is mapped at a time: pages that were looked at count as memory until their map is closed.
SPAN_BYTES = 1 << 25
# Read together by any disk.
PAGE_BYTES = 1 << 12


@dataclass(frozen=True, slots=True, eq=False)
class MappedArray:
    """Pixels that lie plain in a file.

    Each read maps the file anew: nothing is held open, and threads do not meet.

    Parameters
    ----------
    path : Path
        The file.
    header : NpyHeader
        What lies in it, and from where on.
    """

    path: Path
    header: NpyHeader

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.header.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels, as they are stored."""
        return self.header.dtype

    @property
    def chunks(self) -> tuple[int, ...]:
        """Pages, as far as they have a shape: reading a few pixels of each costs as much as reading them all."""
        fast = 0 if self.header.fortran else len(self.shape) - 1
        return tuple(PAGE_BYTES // self.dtype.itemsize if axis == fast else 1 for axis in range(len(self.shape)))

    def __getitem__(self, index: Index) -> NDArray[Any]:
        """Return a part, a copy."""
        header = self.header
        if self.path.stat().st_size < header.offset + header.pixel_bytes:
            raise SourceError(f"{self.path.name} is cut short: its pixels end too early")
        spans = list(spans_of(index, header.shape))
        out = np.empty([b - a for a, b in spans], header.dtype)
        # The axis whose neighbours lie furthest apart is read in pieces.
        axes = list(range(len(spans)))[:: -1 if header.fortran else 1]
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
        inner = self.shape[:axis] if self.header.fortran else self.shape[axis + 1 :]
        return math.prod(inner) * self.dtype.itemsize

    def _mapped(self, is_sparse: bool) -> NDArray[Any]:
        """Return the whole array, mapped; the map is closed with the array."""
        header = self.header
        with self.path.open("rb") as file:
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # Or else the system reads far ahead of each page that is looked at.
        if is_sparse and hasattr(mmap, "MADV_RANDOM"):
            pages.madvise(mmap.MADV_RANDOM)
        return np.ndarray(header.shape, header.dtype, pages, header.offset, order="F" if header.fortran else "C")
