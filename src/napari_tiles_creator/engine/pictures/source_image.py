"""A source file as an image that is read when it is looked at."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pictures.reduction import reduction_steps
from napari_tiles_creator.engine.pixels.pyramid import Pyramid
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.projected import ProjectedOpener

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Source, SourceInfo

ROWS_AT_ONCE = 1024
# Of a plane that is not held: so many places down and across, each a square of so many pixels.
SAMPLED_PLACES, SAMPLED_SIDE = 8, 64


class SourceImage(Pyramid):
    """The planes of a source: time, depth and channel first, as far as it has them.

    Parameters
    ----------
    source : Source
        The opened file; closed when nobody shows it any more.
    at : dict of int, optional
        Position on some of the axes T, Z and C, which the image then has not.
    """

    def __init__(self, source: Source, at: Mapping[str, int] | None = None) -> None:
        weakref.finalize(self, source.close)  # a viewer's layer tells nobody when it is done
        self._source, self.info = source, source.info
        info, fixed = source.info, dict(at or {})
        self.front = "".join(axis for axis in "TZC" if axis in info.axes and axis not in fixed)
        self._levels = [SourceLevel(source, self.front, fixed, number) for number in range(len(info.levels))]
        lengths = tuple(info.length(axis) for axis in self.front)
        # A file's own small level shows what it looks like at no cost.
        super().__init__(lengths, [*self._levels], info.is_rgb, info.dtype, info.levels[-1])

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, samples left out."""
        return (*self.front.lower(), "y", "x")

    def overview_steps(self, position: tuple[int, ...]) -> Generator[None, None, None]:
        """Fill the overview of a plane: a level of the file as it is, else means of what can be read soon."""
        out = self.overview[position]
        if self.overview_shape in self.info.levels:
            level = self._levels[self.info.levels.index(self.overview_shape)]
            for y in range(0, len(out), ROWS_AT_ONCE):
                box = Box.between(y, 0, min(y + ROWS_AT_ONCE, len(out)), out.shape[1])
                out[box.slices] = level.read(position, box)
                yield
            return
        means = yield from reduction_steps(self._source, self.overview_shape, **self._levels[0].where(position))
        self._levels[0].held.add(position)
        pixels = np.moveaxis(means, 0, -1) if self.is_rgb else means[0]
        out[...] = np.rint(pixels) if self.dtype.kind in "ui" else pixels

    def typical_values(self) -> Generator[None, None, NDArray[Any]]:
        """Return the overview if it is all there is, else some pixels: means have not the range of the pixels."""
        if self.overview_shape == self.plane_shape:
            return self.overview
        height, width = self.plane_shape
        middle = tuple(length // 2 for length in self.lengths)
        parts = []
        for row, column in np.ndindex(SAMPLED_PLACES, SAMPLED_PLACES):
            y, x = (
                (2 * n + 1) * (length - 1) // (2 * SAMPLED_PLACES) for n, length in ((row, height), (column, width))
            )
            box = Box.between(y, x, min(y + SAMPLED_SIDE, height), min(x + SAMPLED_SIDE, width))
            parts.append(np.ravel(self._levels[0].read(middle, box)))
            yield
        return np.concatenate(parts)


@dataclass(eq=False)
class SourceLevel:
    """One level of a source's pyramid.

    Parameters
    ----------
    source : Source
        The opened file.
    front : str
        Axes before the plane, in their order.
    at : dict of int
        Position on the other axes.
    number : int
        Which of ``info.levels``.
    held : set of tuple of int
        Positions that were read already: what is decoded as a whole is in memory since.
    """

    source: Source
    front: str
    at: dict[str, int]
    number: int
    held: set[tuple[int, ...]] = field(default_factory=set)

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)``, px."""
        return self.source.info.levels[self.number]

    def where(self, position: tuple[int, ...]) -> dict[str, Any]:
        """Return a position on the axes before the plane as `Source.read` takes it."""
        at = self.at | dict(zip(self.front, position, strict=True))
        return {"z": at.get("Z", 0), "t": at.get("T", 0), "channel": at.get("C")}

    def read(self, position: tuple[int, ...], box: Box) -> NDArray[Any]:
        """Read a rectangle; see `pyramid.Stored`."""
        pixels = self.source.read(box, **self.where(position), level=self.number)
        self.held.add(position)
        return pixels

    def cost(self, position: tuple[int, ...], box: Box) -> int:
        """Return how many pixels are decoded; see `pyramid.Stored`."""
        info, (height, width) = self.source.info, self.shape
        planes = _planes_read(info)
        if info.whole_bytes >= height * width * info.dtype.itemsize:
            return 0 if planes == 1 and position in self.held else height * width * planes
        rows, columns = info.chunk_rows, info.chunk_columns or width
        down = -(-box.y_stop // rows) - box.y // rows
        across = -(-box.x_stop // columns) - box.x // columns
        return down * rows * across * columns * planes


def _planes_read(info: SourceInfo) -> int:
    """Return how many planes of the file are read for one of a source: more than 1 where it is projected."""
    count, opener = 1, info.opener
    while isinstance(opener, ProjectedOpener):
        count *= opener.info.length(opener.axis)
        opener = opener.opener
    return count
