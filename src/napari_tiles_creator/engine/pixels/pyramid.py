"""An image in all sizes, of which as little is read as shows it.

A viewer slices where it draws, so that a read must be short. Each size is made from the coarsest stored one that is
fine enough, and where that would mean decoding too much, from a coarser one: then the picture is blurred until one
zooms in further. The coarsest is the overview, which is in memory; it is filled once, off the thread that draws.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_tiles_creator.engine.pixels.lazy_image import LazyImage
from napari_tiles_creator.errors import TilesError
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

# Pixels that may be decoded for one rectangle: some tens of milliseconds.
MOST_PIXELS = 1 << 23
# The pyramid ends at this size.
COARSEST_SIDE = 1024
# What is held of a plane, and of all planes of an image together.
OVERVIEW_SIDE, OVERVIEW_BYTES = 3072, 128 << 20


class Stored(Protocol):
    """Planes in one size, as they can be read.

    Attributes
    ----------
    shape : tuple of int
        ``(height, width)`` of a plane, px.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)`` of a plane, px."""
        ...

    def read(self, position: tuple[int, ...], box: Box) -> NDArray[Any]:
        """Return a rectangle of the plane at a position on the axes before it, array (y, x[, s])."""
        ...

    def cost(self, position: tuple[int, ...], box: Box) -> int:
        """Return how many pixels are decoded for a rectangle."""
        ...


class Pyramid(ABC):
    """Planes in all sizes, each half of the one before.

    Parameters
    ----------
    lengths : tuple of int
        Lengths of the axes before the plane: time, depth, channel.
    stored : list of Stored
        What can be read, from fine to coarse, the full size first.
    is_rgb : bool
        Whether red, green and blue are a last axis.
    dtype : numpy dtype
        Type of the pixels.
    overview_shape : tuple of int, optional
        ``(height, width)`` of what is held; the largest that may be where nothing is said.
    """

    def __init__(
        self,
        lengths: tuple[int, ...],
        stored: list[Stored],
        is_rgb: bool,
        dtype: np.dtype[Any],
        overview_shape: tuple[int, int] | None = None,
    ) -> None:
        self.lengths, self.is_rgb, self.dtype = lengths, is_rgb, dtype
        self.plane_shape = stored[0].shape
        self._stored = stored
        pixel_bytes = int(np.prod(lengths)) * (3 if is_rgb else 1) * dtype.itemsize
        side = max(1, min(OVERVIEW_SIDE, int((OVERVIEW_BYTES / pixel_bytes) ** 0.5)))
        if overview_shape is None or max(overview_shape) > side:
            overview_shape = _within(self.plane_shape, side)
        self.overview_shape = overview_shape
        self.overview = np.zeros((*lengths, *overview_shape, *(3,) * is_rgb), dtype)
        self._is_there = np.zeros(lengths, bool)

    @property
    @abstractmethod
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, samples left out."""

    @abstractmethod
    def overview_steps(self, position: tuple[int, ...]) -> Generator[None, None, None]:
        """Fill the overview of a plane, with pauses in which this can be stopped."""

    @abstractmethod
    def typical_values(self) -> Generator[None, None, NDArray[Any]]:
        """Return values of all over the image, array of any shape; to be asked for after `fill`."""

    def fill(self) -> Generator[None, None, None]:
        """Fill the overviews of all planes, those in the middle first: there a viewer begins."""
        middle = np.array(self.lengths) // 2
        for position in sorted(np.ndindex(*self.lengths), key=lambda at: int(np.abs(np.array(at) - middle).sum())):
            yield from self.overview_steps(position)
            self._is_there[position] = True

    def levels(self) -> list[LazyImage]:
        """Return the sizes, full first."""
        shapes = [self.plane_shape]
        while max(shapes[-1]) > COARSEST_SIDE:
            shapes.append((-(-shapes[-1][0] // 2), -(-shapes[-1][1] // 2)))
        return [LazyImage(self, shape) for shape in shapes]

    def cost(self) -> int:
        """Return how many pixels are decoded to fill the overviews, at most."""
        whole = Box(0, 0, *self.plane_shape)
        return sum(self._stored[0].cost(position, whole) for position in np.ndindex(*self.lengths))

    def read(
        self, position: tuple[int, ...], shape: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[Any]:
        """Return some rows and columns of a size; see `lazy_image.Pixels`."""
        stored, is_there = self._stored, bool(self._is_there[position])
        if is_there:
            stored = [one for one in stored if min(one.shape) > min(self.overview_shape)]
        shapes = [one.shape for one in stored] + [self.overview_shape] * is_there
        fine = [all(n >= m for n, m in zip(there, shape, strict=True)) for there in shapes]
        first = max((number for number, is_fine in enumerate(fine) if is_fine), default=0)
        for one in stored[first:]:
            ys, xs, box = _places(shape, one.shape, rows, columns)
            if one.cost(position, box) <= MOST_PIXELS:
                try:
                    return _picked(one.read(position, box), ys, xs)
                except TilesError:  # such as a file that is gone: what was seen before still can be shown
                    break
        ys, xs, box = _places(shape, self.overview_shape, rows, columns)
        return _picked(self.overview[position][box.slices], ys, xs)


def _within(shape: tuple[int, int], side: int) -> tuple[int, int]:
    """Return a shape of the same proportions that is no larger than `side` and than itself."""
    share = min(1.0, side / max(shape))
    return max(1, round(shape[0] * share)), max(1, round(shape[1] * share))


def centres(count: int, length: int) -> NDArray[np.intp]:
    """Return which of `length` pixels lie at the centres of `count` larger or smaller ones."""
    return (2 * np.arange(count) + 1) * length // (2 * count)


def _places(
    shape: tuple[int, int], stored: tuple[int, int], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Box]:
    """Return the box of a stored size that holds the centres of the pixels of another, and where they lie in it."""
    ys = centres(shape[0], stored[0])[rows]
    xs = centres(shape[1], stored[1])[columns]
    box = Box.between(int(ys.min()), int(xs.min()), int(ys.max()) + 1, int(xs.max()) + 1)
    return ys - box.y, xs - box.x, box


def _picked(pixels: NDArray[Any], ys: NDArray[np.intp], xs: NDArray[np.intp]) -> NDArray[Any]:
    """Return some rows and columns; all of them in their order as they are."""
    if all(np.array_equal(at, np.arange(n)) for at, n in zip((ys, xs), pixels.shape, strict=False)):
        return pixels
    return pixels[np.ix_(ys, xs)]
