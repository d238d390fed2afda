"""Arrays that give whole planes only: those that were read last are kept."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.sources.arrays.memory import check_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.sources.arrays.chunks import Index

# Planes are kept up to this: a projection of a stack comes back to each of them for each tile.
KEPT_BYTES = 2**27


@dataclass(eq=False)
class PlaneArray:
    """A lazy array of which the planes that were read last are kept, where planes can only be read whole.

    Parameters
    ----------
    name : str
        The file's name, for errors.
    array : dask array
        The image.
    axes : str
        One letter an axis.
    """

    name: str
    array: Any
    axes: str
    # By position on the other axes, those read last at the end.
    _kept: dict[tuple[int | None, ...], NDArray[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the pixels."""
        dtype: np.dtype[Any] = np.dtype(self.array.dtype)
        return dtype

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of the pieces along each axis."""
        return tuple(self.array.chunks)

    @property
    def plane_bytes(self) -> int:
        """Memory of a plane with all its channels; 0 where it is read tile by tile."""
        whole = all(len(self.chunks[self.axes.index(axis)]) == 1 for axis in "YX")
        lengths = [n for axis, n in zip(self.axes, self.shape, strict=True) if axis in "CYXS"]
        return math.prod(lengths) * self.dtype.itemsize if whole else 0

    @property
    def kept_bytes(self) -> int:
        """Memory that is taken after some reads: one plane at least, or as many as there are, or as fit."""
        if not self.plane_bytes:
            return 0
        return max(self.plane_bytes, min(math.prod(self.shape) * self.dtype.itemsize, KEPT_BYTES))

    def __getitem__(self, index: Index) -> NDArray[Any]:
        if not self.plane_bytes:
            return self._computed(index)
        pixels = self._plane(index)
        here = [(axis, at) for axis, at in zip(self.axes, index, strict=True) if isinstance(at, slice)]
        # Slices of other axes than rows and columns have been applied.
        return pixels[tuple(at if axis in "YX" else slice(None) for axis, at in here)]

    def forget(self) -> None:
        """Let go of the planes."""
        with self._lock:
            self._kept.clear()

    def _plane(self, index: Index) -> NDArray[Any]:
        place = tuple(at if isinstance(at, int) else None for at in index)
        with self._lock:
            pixels = self._kept.pop(place, None)
            if pixels is None:
                while self._kept and (len(self._kept) + 1) * self.plane_bytes > KEPT_BYTES:
                    del self._kept[next(iter(self._kept))]
                check_memory(self.name, self.plane_bytes)
                whole = tuple(slice(None) if axis in "YX" else at for axis, at in zip(self.axes, index, strict=True))
                pixels = self._computed(whole)
            self._kept[place] = pixels
        return pixels

    def _computed(self, index: Index) -> NDArray[Any]:
        return np.asarray(self.array[index].compute(scheduler="synchronous"))
