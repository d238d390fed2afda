"""From polygons to pixels: a pixel is inside where its centre is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.run_lengths import RunLengths

if TYPE_CHECKING:
    from numpy.typing import NDArray


def rasterized(geometry: Any, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels of a plane lie in a geometry, array (y, x).

    A centre that lies on an edge counts to what is right of the edge, or below it, so polygons that share an edge
    share no pixel and leave none out.

    Parameters
    ----------
    geometry : shapely Polygon or MultiPolygon
        Points (x, y), px, pixel corners on integers; holes are outside. It may reach beyond the plane, be empty, or be
        a collection whose points and lines have no pixels.
    shape : (int, int)
        Height and width of the plane, px.
    """
    plane = np.zeros(shape, np.bool_)
    box, inside = rasterized_box(geometry, shape)
    plane[box.slices] = inside
    return plane


def rasterized_box(geometry: Any, shape: tuple[int, int]) -> tuple[Box, NDArray[np.bool_]]:
    """Return a box that holds all pixels of a geometry, and which of its pixels those are, array (y, x).

    It costs what the box holds, not what the plane does; see `rasterized`.
    """
    lines = _lines(geometry)
    box = _bounds(lines, shape)
    edges = _edges(lines, box)
    lengths = np.diff(edges % (box.width + 1) + edges // (box.width + 1) * box.width, prepend=0, append=box.area)
    inside = np.zeros(len(lengths), np.bool_)
    inside[1::2] = True
    return box, np.repeat(inside, lengths).reshape(box.shape)


def rasterized_runs(geometry: Any, shape: tuple[int, int]) -> RunLengths:
    """Return the pixels of a geometry as runs of the whole plane; see `rasterized`."""
    lines = _lines(geometry)
    box = _bounds(lines, shape)
    rows, columns = np.divmod(_edges(lines, box), box.width + 1)
    counts = np.bincount(rows[::2] + box.y, minlength=shape[0])
    row_starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return RunLengths(shape, row_starts, (columns + box.x).astype(np.uint32).reshape(-1, 2))


def _lines(geometry: Any) -> NDArray[np.float64]:
    """Return the edges of all rings that are not horizontal, array (n, 4): ``x, y`` of the upper and the lower end."""
    import shapely

    polygons = shapely.get_parts(shapely.get_parts(geometry))  # also those of a MultiPolygon in a collection
    points, ring = shapely.get_coordinates(shapely.get_rings(polygons), return_index=True)
    lines = np.concatenate([points[:-1], points[1:]], axis=1)[ring[:-1] == ring[1:]]
    lines = lines[lines[:, 1] != lines[:, 3]]
    # One direction for all: two polygons that share an edge compute the same crossings.
    downward: NDArray[np.float64] = np.where((lines[:, 1] < lines[:, 3])[:, None], lines, lines[:, [2, 3, 0, 1]])
    return downward


def _bounds(lines: NDArray[np.float64], shape: tuple[int, int]) -> Box:
    """Return the box of a plane that holds all pixels whose centres lie between the lines."""
    if not len(lines):
        return Box(0, 0, 0, 0)
    first = _from_centre(np.array([lines[:, 1].min(), lines[:, [0, 2]].min()]), np.array(shape))
    stop = _from_centre(np.array([lines[:, 3].max(), lines[:, [0, 2]].max()]), np.array(shape))
    return Box.between(int(first[0]), int(first[1]), int(stop[0]), int(stop[1]))


def _from_centre(positions: NDArray[np.float64], most: Any) -> NDArray[np.int64]:
    """Return the first pixels whose centres do not lie before the positions, within ``0…most``."""
    return np.clip(np.ceil(positions - 0.5), 0, most).astype(np.int64)


def _edges(lines: NDArray[np.float64], box: Box) -> NDArray[np.int64]:
    """Return where runs start and stop, as ``row * (width + 1) + column`` relative to a box, in order."""
    first, stop = (_from_centre(lines[:, side] - box.y, box.height) for side in (1, 3))
    counts = stop - first
    rows = np.arange(int(counts.sum())) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    x, y, x_stop, y_stop = np.repeat(lines, counts, axis=0).T
    crossings = x + (rows + box.y + 0.5 - y) * ((x_stop - x) / (y_stop - y))
    keys = np.sort(rows * (box.width + 1) + _from_centre(crossings - box.x, box.width))
    # What is crossed an even number of times between two centres is not crossed at all.
    begins = np.flatnonzero(np.diff(keys, prepend=-1))
    odd: NDArray[np.int64] = keys[begins[np.diff(begins, append=len(keys)) % 2 == 1]]
    return odd
