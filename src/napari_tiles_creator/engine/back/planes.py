"""Planes that are read when they are looked at: what a viewer needs of an array, over any reader of rectangles."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

# Each level of a pyramid is so many times smaller than the one before.
FACTOR = 4
# A level of at most this side is held in memory.
HELD_SIDE = 4096


class LazyPlanes(ABC):
    """An image that is read by rectangle: ``shape``, ``dtype``, ``ndim`` and indexing, like an array.

    Parameters
    ----------
    lengths : tuple of int
        Lengths of the axes before the plane: time, depth, channel.
    plane_shape : tuple of int
        ``(height, width)``, px.
    samples : int
        3 for colours as the last axis, 0 for none.
    dtype : numpy dtype
        Type of the pixels.
    step : int, default 1
        Only every so many-th pixel along y and x is there; `plane_shape` stays that of all pixels.
    """

    def __init__(
        self,
        lengths: tuple[int, ...],
        plane_shape: tuple[int, int],
        samples: int,
        dtype: np.dtype[Any],
        step: int = 1,
    ) -> None:
        self.step = step
        self.dtype = dtype
        thinned = tuple(-(-max(0, length - step // 2) // step) for length in plane_shape)
        self.shape = (*lengths, *thinned, *([samples] if samples else []))
        self.ndim = len(self.shape)
        self.lengths, self.plane_shape = lengths, plane_shape

    @abstractmethod
    def read_plane(self, position: tuple[int, ...], box: Box, step: int) -> NDArray[Any]:
        """Return every `step`-th pixel of a rectangle of one plane, array (y, x[, s]).

        Parameters
        ----------
        position : tuple of int
            Index along each axis before the plane.
        box : Box
            In pixels of the full plane; its first pixel is the first that is returned.
        step : int
            Distance of the pixels that are returned.
        """

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape))

    @property
    def nbytes(self) -> int:
        """Bytes of all values, were they in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        pixels = self[...]
        return pixels if dtype is None else pixels.astype(dtype)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = list(key) if isinstance(key, tuple) else [key]
        if Ellipsis in [k for k in keys if not isinstance(k, np.ndarray)]:
            at = next(i for i, k in enumerate(keys) if k is Ellipsis)
            keys[at : at + 1] = [slice(None)] * (self.ndim - len(keys) + 1)
        keys += [slice(None)] * (self.ndim - len(keys))
        if len(keys) > self.ndim:
            raise IndexError(f"{len(keys)} indices for {self.ndim} axes")
        wanted = [_places(k, length) for k, length in zip(keys, self.shape, strict=True)]
        front, (rows, columns) = wanted[: len(self.lengths)], wanted[len(self.lengths) :][:2]
        out = np.empty(
            [len(places) for places in wanted[: len(front) + 2]] + list(self.shape[len(front) + 2 :]), self.dtype
        )
        for position in np.ndindex(*[len(places) for places in front]):
            plane = tuple(int(places[i]) for places, i in zip(front, position, strict=True))
            out[position] = self._region(plane, rows, columns)
        samples = wanted[len(front) + 2 :]
        if samples:
            out = out[..., samples[0]]
        return out[tuple(0 if _is_integer(k) else slice(None) for k in keys)]

    def _region(self, plane: tuple[int, ...], rows: range, columns: range) -> NDArray[Any]:
        """Return these rows and columns of a plane; what lies between them is read, too, and dropped."""
        if not len(rows) or not len(columns):
            return np.empty((len(rows), len(columns), *self.shape[len(self.lengths) + 2 :]), self.dtype)
        spans = [(min(places[0], places[-1]), max(places[0], places[-1]) + 1) for places in (rows, columns)]
        (y, y_stop), (x, x_stop) = (
            (a * self.step + self.step // 2, (b - 1) * self.step + self.step // 2 + 1) for a, b in spans
        )
        pixels = self.read_plane(plane, Box.between(y, x, y_stop, x_stop), self.step)
        chosen = [[place - span[0] for place in places] for places, span in zip((rows, columns), spans, strict=True)]
        if all(list(range(len(c))) == c for c in chosen):
            return pixels
        return pixels[np.ix_(*chosen)]

    def held(self) -> Generator[None, None, NDArray[Any]]:
        """Read everything in bands, so that it can be stopped; return the array."""
        out = np.zeros(self.shape, self.dtype)
        yield from self.fill(out)
        return out

    def fill(self, out: NDArray[Any]) -> Generator[None, None, None]:
        """Read everything in bands into an array of this shape."""
        rows = max(1, 1024 // self.step)
        front = len(self.lengths)
        for position in np.ndindex(*self.lengths):
            for y in range(0, self.shape[front], rows):
                band = range(y, min(y + rows, self.shape[front]))
                out[position][y : band.stop] = self._region(tuple(position), band, range(self.shape[front + 1]))
                yield


def steps_of(plane_shape: tuple[int, int]) -> list[int]:
    """Return the steps of a pyramid's levels: ``[1]`` where the plane is small enough to be shown at once."""
    steps = [1]
    while -(-max(plane_shape) // steps[-1]) > HELD_SIDE:
        steps.append(steps[-1] * FACTOR)
    return steps


def _is_integer(key: Any) -> bool:
    return hasattr(key, "__index__") and not isinstance(key, np.ndarray)


def _places(key: Any, length: int) -> range:
    """Return the places that an index or slice means along an axis."""
    if isinstance(key, slice):
        return range(length)[key]
    place = operator.index(key)
    if not -length <= place < length:
        raise IndexError(f"index {place} of {length}")
    return range(place % length, place % length + 1)
