"""An image that is read when it is looked at: as much of an array's manners as a viewer asks for."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Pixels(Protocol):
    """Where the pixels of an image come from, in whatever size they are asked for.

    Attributes
    ----------
    lengths : tuple of int
        Lengths of the axes before the plane: time, depth, channel.
    is_rgb : bool
        Whether red, green and blue are a last axis.
    dtype : numpy dtype
        Type of the pixels.
    """

    lengths: tuple[int, ...]
    is_rgb: bool
    dtype: np.dtype[Any]

    def read(
        self, position: tuple[int, ...], shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[Any]:
        """Return some rows and columns of a plane as it is in this shape, array (rows, columns[, s])."""
        ...


class LazyImage:
    """An image in one size: ``shape``, ``dtype``, ``ndim`` and indexing by numbers and slices.

    Parameters
    ----------
    pixels : Pixels
        Where they come from.
    plane_shape : tuple of int
        ``(height, width)`` of a plane in this size, px.
    """

    def __init__(self, pixels: Pixels, plane_shape: tuple[int, int]) -> None:
        self.pixels, self.plane_shape = pixels, plane_shape
        self.shape = (*pixels.lengths, *plane_shape, *(3,) * pixels.is_rgb)
        self.dtype, self.ndim = pixels.dtype, len(self.shape)

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

    def __deepcopy__(self, memo: object) -> LazyImage:
        """Return the image with the same reader: a copy of a layer shows the same file, which is open but once."""
        return LazyImage(self.pixels, self.plane_shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[...], dtype)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        keys = self._keys(key)
        places = [_places(k, length) for k, length in zip(keys, self.shape, strict=True)]
        front = len(self.pixels.lengths)
        rows, columns = places[front : front + 2]
        lengths = [len(chosen) for chosen in places[: front + 2]]
        out = np.empty((*lengths, *self.shape[front + 2 :]), self.dtype)
        if rows.size and columns.size:
            for number in np.ndindex(*lengths[:front]):
                position = tuple(int(chosen[i]) for chosen, i in zip(places, number, strict=False))
                out[number] = self.pixels.read(position, self.plane_shape, rows, columns)
        if self.pixels.is_rgb:
            out = out[..., places[-1]]
        return out[tuple(slice(None) if isinstance(k, slice) else 0 for k in keys)]

    def _keys(self, key: Any) -> list[Any]:
        """Return a number or slice for each axis."""
        keys = list(key) if isinstance(key, tuple) else [key]
        at = next((i for i, k in enumerate(keys) if k is Ellipsis), len(keys))
        after = keys[at + 1 :]
        if len(keys[:at]) + len(after) > self.ndim:
            raise IndexError(f"{len(keys[:at]) + len(after)} indices for {self.ndim} axes")
        return [*keys[:at], *[slice(None)] * (self.ndim - at - len(after)), *after]


def _places(key: Any, length: int) -> NDArray[np.intp]:
    """Return the places that a number or slice means along an axis."""
    if isinstance(key, slice):
        return np.arange(length)[key]
    place = operator.index(key)
    if not -length <= place < length:
        raise IndexError(f"index {place} of {length}")
    return np.array([place % length])
