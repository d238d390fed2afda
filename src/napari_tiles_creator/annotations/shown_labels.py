"""What a tile shows of a label image, object by object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_tiles_creator.annotations.painting import runs_of_objects
from napari_tiles_creator.geometry.objects import Bounds, SeenObject

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.label_runs import BoxRuns
    from napari_tiles_creator.geometry.objects import Wanted

_Value = TypeVar("_Value", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class ShownLabels:
    """The runs of a tile, sorted by the objects that they belong to.

    Parameters
    ----------
    owners : array (objects,), uint32
        Which of the plane's objects are shown, in ascending order.
    first : array (objects + 1,), int64
        Where the runs of each begin among those that follow; the last one is their number.
    rows, starts, stops : array (n,), int64
        Row, first and stop column of each run, px of the tile; of an object from top to bottom, left to right.
    order : array (n,), int64
        Where each of these runs stands from top to bottom, left to right.
    """

    owners: NDArray[np.uint32]
    first: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, runs: BoxRuns) -> ShownLabels:
        """Return the runs of one box by object."""
        order = np.argsort(runs.owners, kind="stable")
        owners = runs.owners[order]
        first = np.flatnonzero(np.append(True, owners[1:] != owners[:-1])[: len(owners)])
        bounds = np.append(first, len(owners))
        return cls(owners[first], bounds, runs.rows[order], runs.starts[order], runs.stops[order], order)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many runs each object has, array (objects,)."""
        return np.diff(self.first)

    @property
    def areas(self) -> NDArray[np.int64]:
        """How many pixels of each object are visible, array (objects,)."""
        return np.diff(np.append(0, np.cumsum(self.stops - self.starts))[self.first])

    def only(self, kept: NDArray[np.bool_]) -> ShownLabels:
        """Return some of the objects."""
        if kept.all():
            return self
        runs = np.repeat(kept, self.counts)
        first = np.append(0, np.cumsum(self.counts[kept]))
        rows, starts, stops = self.rows[runs], self.starts[runs], self.stops[runs]
        return ShownLabels(self.owners[kept], first, rows, starts, stops, self.order[runs])

    def painted(self, values: NDArray[_Value], shape: tuple[int, int]) -> NDArray[_Value]:
        """Return the map of a value for each object, array (y, x), 0 where none is; needs all objects of the tile."""
        height, width = shape
        count = len(self.order)
        edges = np.empty((count, 2), np.int64)
        edges[self.order, 0] = self.rows * width + self.starts
        edges[self.order, 1] = self.rows * width + self.stops
        painted = np.zeros(2 * count + 1, values.dtype)
        painted[1::2][self.order] = np.repeat(values, self.counts)
        return np.repeat(painted, np.diff(edges.ravel(), prepend=0, append=height * width)).reshape(shape)

    def objects(
        self,
        numbers: NDArray[Any],
        classes: NDArray[Any],
        share: NDArray[np.float64],
        is_cut: NDArray[np.bool_],
        shape: tuple[int, int],
        wanted: Wanted,
    ) -> tuple[SeenObject, ...]:
        """Return all objects, numbered from 1.

        Parameters
        ----------
        numbers, classes, share, is_cut : array (objects,)
            What each is called in its image, its class, how much of it is visible, and whether it is cut.
        shape : (int, int)
            Height and width of the tile with its padding, px.
        wanted : Wanted
            Whether outlines and runs are.
        """
        if not len(self.owners):
            return ()
        begins = self.first[:-1]
        bounds = (
            self.rows[begins],
            np.minimum.reduceat(self.starts, begins),
            self.rows[self.first[1:] - 1] + 1,
            np.maximum.reduceat(self.stops, begins),
        )
        outlines = self._outlines() if wanted.outlines else [None] * len(numbers)
        runs: list[Any] = [None] * len(numbers)
        if wanted.runs:
            runs = list(runs_of_objects(shape, self.first, self.rows, self.starts, self.stops))
        return tuple(
            SeenObject(k, number, kind, Bounds(y, x, y_stop, x_stop), area, seen, cut, outline, pixels)
            for k, (number, kind, y, x, y_stop, x_stop, area, seen, cut, outline, pixels) in enumerate(
                zip(
                    numbers.tolist(),
                    classes.tolist(),
                    *(side.tolist() for side in bounds),
                    self.areas.tolist(),
                    share.tolist(),
                    is_cut.tolist(),
                    outlines,
                    runs,
                    strict=True,
                ),
                1,
            )
        )

    def _outlines(self) -> list[Any]:
        from napari_tiles_creator.annotations.outlines import outlines

        count = len(self.owners)
        owners = np.repeat(np.arange(count), self.counts)
        return list(outlines(owners, self.rows, self.starts, self.stops, count))
