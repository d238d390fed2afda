"""A plane too large to hold, as a pyramid that napari reads by rectangle: what is on the canvas and no more.

napari slices in the main thread, so that a read must be short. Each level is made from the coarsest stored one that
is fine enough, and where that would mean decoding too much, from a coarser one: then the picture is blurred until one
zooms in further.
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import TilesError
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Pixels that may be decoded for one rectangle: some tens of milliseconds.
MOST_PIXELS = 1 << 23
# The pyramid ends at this size.
COARSEST_SIDE = 1024


@dataclass(frozen=True)
class Stored:
    """Pixels of a plane at one size, as they can be read.

    Parameters
    ----------
    shape : tuple of int
        ``(height, width)``, px.
    read : callable
        Returns a rectangle, array (y, x) or (y, x, 3).
    chunk : tuple of int
        Rows and columns that are decoded together; ``(0, 0)`` where the pixels are in memory.
    """

    shape: tuple[int, int]
    read: Callable[[Box], NDArray[Any]]
    chunk: tuple[int, int] = (0, 0)

    def cost(self, box: Box) -> int:
        """Return how many pixels are decoded for a rectangle."""
        if not all(self.chunk):
            return 0
        rows, columns = self.chunk
        down = -(-box.y_stop // rows) - box.y // rows
        across = -(-box.x_stop // columns) - box.x // columns
        return down * rows * across * columns


class PlanePyramid:
    """A plane in all sizes, each half of the one before.

    Parameters
    ----------
    stored : list of Stored
        From fine to coarse; the last is in memory.
    dtype : numpy dtype
        Type of the pixels.
    is_rgb : bool
        Whether they are colours.
    close : callable
        Called when nobody shows the plane any more.
    """

    def __init__(self, stored: list[Stored], dtype: np.dtype[Any], is_rgb: bool, close: Callable[[], None]) -> None:
        self.dtype, self.is_rgb = dtype, is_rgb
        self._stored = stored
        weakref.finalize(self, close)

    def levels(self) -> list[LazyPlane]:
        """Return the levels, full first."""
        height, width = self._stored[0].shape
        shapes = [(height, width)]
        while max(shapes[-1]) > COARSEST_SIDE:
            shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
        return [LazyPlane(self, shape) for shape in shapes]

    def read(self, shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[Any]:
        """Return some rows and columns of a level of this shape, array (rows, columns) or (rows, columns, 3)."""
        if not rows.size or not columns.size:
            return np.empty((rows.size, columns.size, *(3,) * self.is_rgb), self.dtype)
        fine = [all(n >= m for n, m in zip(stored.shape, shape, strict=True)) for stored in self._stored]
        first = max((number for number, is_fine in enumerate(fine) if is_fine), default=0)
        for stored in self._stored[first:-1]:
            ys, xs, box = _places(shape, stored.shape, rows, columns)
            if stored.cost(box) <= MOST_PIXELS:
                try:
                    return stored.read(box)[np.ix_(ys, xs)]
                except TilesError:  # such as a file that is gone: what was seen before still can be shown
                    break
        ys, xs, box = _places(shape, self._stored[-1].shape, rows, columns)
        return self._stored[-1].read(box)[np.ix_(ys, xs)]


def _places(
    shape: tuple[int, int], stored: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Box]:
    """Return the box of a stored size that holds the centres of the pixels of another, and where they lie in it."""
    ys = (2 * rows + 1) * stored[0] // (2 * shape[0])
    xs = (2 * columns + 1) * stored[1] // (2 * shape[1])
    box = Box.between(int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1)
    return ys - box.y, xs - box.x, box


class LazyPlane:
    """One level of a pyramid, with as much of an array's manners as napari asks for.

    Parameters
    ----------
    pyramid : PlanePyramid
        Where pixels come from.
    plane_shape : tuple of int
        ``(height, width)`` of the level, px.
    """

    def __init__(self, pyramid: PlanePyramid, plane_shape: tuple[int, int]) -> None:
        self._pyramid, self._plane_shape = pyramid, plane_shape
        self.shape = (*plane_shape, 3) if pyramid.is_rgb else plane_shape
        self.dtype, self.ndim = pyramid.dtype, len(self.shape)
        self.size = int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in keys:
            at = keys.index(Ellipsis)
            keys[at : at + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        keys += [slice(None)] * (self.ndim - len(keys))
        rows, columns = (np.arange(n)[k] for n, k in zip(self._plane_shape, keys[:2], strict=True))
        pixels = self._pyramid.read(self._plane_shape, np.atleast_1d(rows), np.atleast_1d(columns))
        squeezed = pixels[tuple(0 if np.ndim(places) == 0 else slice(None) for places in (rows, columns))]
        part: NDArray[Any] = squeezed[(..., *keys[2:])] if keys[2:] else squeezed
        return part

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)
