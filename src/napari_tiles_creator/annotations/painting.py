"""The objects of a tile as pixels: maps of all, and runs of each."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

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
        """Return the pixels of shapely geometries, array (n,), that lie in a tile of this height and width.

        All at once, by the rule of `rasterize.rasterized`.
        """
        height, width = shape
        owner, (x, y, x_stop, y_stop) = _downward_lines(geometries)
        first, stop = _from_centre(y, height), _from_centre(y_stop, height)
        counts = stop - first
        line = np.repeat(np.arange(len(counts)), counts)
        # Of lines that pass no centre the slope may be too steep for a number.
        slopes = np.divide(x_stop - x, y_stop - y, out=np.zeros(len(x)), where=counts > 0)
        rows = np.arange(len(line)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        crossings = x[line] + (rows + 0.5 - y[line]) * slopes[line]
        keys = np.sort((owner[line] * height + rows) * (width + 1) + _from_centre(crossings, width))
        # What is crossed an even number of times between two centres is not crossed at all.
        begins = np.flatnonzero(np.diff(keys, prepend=-1))
        edges = keys[begins[np.diff(begins, append=len(keys)) % 2 == 1]]
        place, columns = np.divmod(edges, width + 1)
        owners, rows = np.divmod(place[::2], height)
        return cls(shape, len(geometries), owners, rows, columns[::2], columns[1::2])

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
        return runs_of_objects(shape, ends, self.rows, self.starts, self.stops)


def runs_of_objects(
    shape: tuple[int, int],
    ends: NDArray[np.int64],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
) -> list[RunLengths]:
    """Return the pixels of each object of a tile.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the tile, px.
    ends : array (objects + 1,)
        Where the runs of each begin; the last one is their number.
    rows, starts, stops : array (runs,)
        Row, first and stop column of each run; of an object from top to bottom, left to right.
    """
    columns = np.stack([starts, stops], axis=1).astype(np.uint32)
    heads = np.arange(shape[0] + 1)
    return [
        RunLengths(shape, np.searchsorted(rows[begin:end], heads).astype(np.int64), columns[begin:end])
        for begin, end in pairwise(ends)
    ]


def _downward_lines(geometries: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return all sides that are not horizontal: which geometry each belongs to, and ``x, y`` of upper and lower end.

    One direction for all: two polygons that share a side compute the same crossings.
    """
    import shapely

    parts, of_part = shapely.get_parts(geometries, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    points, of_point = shapely.get_coordinates(rings, return_index=True)
    lines = np.concatenate([points[:-1], points[1:]], axis=1)
    kept = (of_point[:-1] == of_point[1:]) & (lines[:, 1] != lines[:, 3])
    lines = lines[kept]
    upwards = lines[:, 1] > lines[:, 3]
    lines[upwards] = lines[upwards][:, [2, 3, 0, 1]]
    return of_part[of_ring[of_point[:-1][kept]]].astype(np.int64), lines.T


def _from_centre(positions: NDArray[np.float64], most: int) -> NDArray[np.int64]:
    """Return the first pixels whose centres do not lie before the positions, within ``0…most``."""
    return np.clip(np.ceil(positions - 0.5), 0, most).astype(np.int64)


def padded(pixels: NDArray[Any], padding: tuple[int, int], pad_mode: str) -> NDArray[Any]:
    """Return a map with rows added at the bottom and columns at the right; see `DrawnPlane.cut`."""
    if padding == (0, 0):
        return pixels
    width = ((0, padding[0]), (0, padding[1]))
    if pad_mode == "constant":
        return np.pad(pixels, width)
    return np.pad(pixels, width, mode="reflect" if pad_mode == "reflect" else "edge")
