"""The objects of a tile as pixels: maps of all, and runs of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_tiles_creator.annotations.rasterize import rasterized_runs
from napari_tiles_creator.geometry.run_lengths import RunLengths

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Painting:
    """Which pixels lie in which object: those whose centres do.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the tile, px.
    count : int
        How many objects there are.
    owners, rows, starts, stops : array (runs,), int64
        Object, row, first and stop column of each run of pixels; by object, then row, then column.
    """

    shape: tuple[int, int]
    count: int
    owners: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @classmethod
    def of(cls, geometries: NDArray[np.object_], shape: tuple[int, int]) -> Painting:
        """Return the pixels of shapely geometries, array (n,), that lie in a tile of this height and width."""
        import shapely

        none = np.zeros(0, np.int64)
        if not len(geometries):
            return cls(shape, 0, none, none, none, none)
        # All at once, each in rows of its own: one below the other.
        bounds = shapely.bounds(geometries)
        tops = np.floor(bounds[:, 1]).astype(np.int64)
        stops = np.cumsum(np.ceil(bounds[:, 3]).astype(np.int64) - tops)
        moves = np.concatenate([[0], stops[:-1]]) - tops
        points, owner = shapely.get_coordinates(geometries, return_index=True)
        points[:, 1] += moves[owner]
        below_each_other = shapely.set_coordinates(geometries.copy(), points)
        polygons = shapely.geometrycollections(shapely.get_parts(below_each_other))
        found = rasterized_runs(polygons, (int(stops[-1]), shape[1]))
        rows = np.repeat(np.arange(found.shape[0], dtype=np.int64), np.diff(found.row_starts))
        owners = np.searchsorted(stops, rows, side="right")
        columns = found.runs.astype(np.int64)
        return cls(shape, len(geometries), owners, rows - moves[owners], columns[:, 0], columns[:, 1])

    def map(self, values: NDArray[Number], ranks: NDArray[np.int64]) -> NDArray[Number]:
        """Return the value of each pixel's object, array (y, x); 0 where there is none.

        Parameters
        ----------
        values : array (objects,)
            0 for an object that is not painted.
        ranks : array (objects,)
            Of several objects in a pixel, that of the highest rank is on top.
        """
        pixels = np.zeros(self.shape, values.dtype)
        painted = np.flatnonzero(values[self.owners])
        # Where a place is named several times, the last value stays.
        order = painted[np.argsort(ranks[self.owners[painted]], kind="stable")]
        lengths = self.stops[order] - self.starts[order]
        first = self.rows[order] * self.shape[1] + self.starts[order]
        places = np.arange(int(lengths.sum())) + np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
        pixels.reshape(-1)[places] = np.repeat(values[self.owners[order]], lengths)
        return pixels

    def runs(self, padding: tuple[int, int]) -> list[RunLengths]:
        """Return the pixels of each object as runs of the padded tile; none of them lies in the padding."""
        shape = self.shape[0] + padding[0], self.shape[1] + padding[1]
        ends = np.searchsorted(self.owners, np.arange(self.count + 1))
        both = np.stack([self.starts, self.stops], axis=1).astype(np.uint32)
        found = []
        for begin, stop in pairwise(ends):
            rows = np.searchsorted(self.rows[begin:stop], np.arange(shape[0] + 1))
            found.append(RunLengths(shape, rows, both[begin:stop]))
        return found


def padded(pixels: NDArray[Any], padding: tuple[int, int], pad_mode: str) -> NDArray[Any]:
    """Return a map with rows added at the bottom and columns at the right; see `DrawnPlane.cut`."""
    if padding == (0, 0):
        return pixels
    width = ((0, padding[0]), (0, padding[1]))
    if pad_mode == "constant":
        return np.pad(pixels, width)
    return np.pad(pixels, width, mode="reflect" if pad_mode == "reflect" else "edge")
