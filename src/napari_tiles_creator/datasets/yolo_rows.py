"""Objects as rows of YOLO texts: boxes or rings, in shares of the tile's width and height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.datasets.single_ring import single_ring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.objects import Bounds, SeenObject

# Six decimals: a thousandth of a pixel in tiles of 1000 px.
_SMALLEST = 1e-6


def box_rows(objects: Iterable[SeenObject], shape: tuple[int, int]) -> str:
    """Return a row a box: class, centre x and y, width and height; boxes that read alike make one row.

    Parameters
    ----------
    objects : iterable of SeenObject
        Of a tile.
    shape : (int, int)
        Height and width of the tile, px.
    """
    return _text(f"{seen.class_number} {_numbers(_box(seen.bounds, shape))}" for seen in objects)


def ring_rows(objects: Iterable[SeenObject], shape: tuple[int, int]) -> str:
    """Return a row an object: class, then x and y of each point of its ring; see `single_ring`.

    Objects whose outline is unknown, or no larger than a pixel's thousandth, get the ring of their box. Ultralytics
    drops an object whose class and box are another one's: it is made narrower by the last decimal.
    """
    rings: dict[str, None] = {}
    boxes: set[tuple[float, ...]] = set()
    for seen in objects:
        ring = _ring(seen, shape)
        row = _ring_row(seen, ring)
        if row in rings:
            continue
        while (box := (seen.class_number, *ring.min(axis=0), *ring.max(axis=0))) in boxes:
            ring[:, 0] = np.minimum(ring[:, 0], np.round(ring[:, 0].max() - _SMALLEST, 6))
        boxes.add(box)
        rings[_ring_row(seen, ring)] = None
    return _text(rings)


def _ring_row(seen: SeenObject, ring: NDArray[np.float64]) -> str:
    return f"{seen.class_number} {_numbers(ring.ravel())}"


def _box(bounds: Bounds, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return centre x and y, width and height in shares of the tile, array (4,)."""
    sides = np.array([shape[1], shape[0]], np.float64)
    start = np.clip(np.array([bounds.x, bounds.y]) / sides, 0, 1)
    stop = np.clip(np.array([bounds.x_stop, bounds.y_stop]) / sides, 0, 1)
    return np.concatenate([(start + stop) / 2, np.maximum(stop - start, _SMALLEST)])


def _ring(seen: SeenObject, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the points of an object's ring in shares of the tile, array (points, 2), three or more."""
    sides = np.array([shape[1], shape[0]], np.float64)
    if seen.outline is not None and seen.outline.area > 0:
        points = np.asarray(np.round(np.clip(single_ring(seen.outline) / sides, 0, 1), 6), np.float64)
        ring: NDArray[np.float64] = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
        if len(np.unique(ring, axis=0)) > 2:
            return ring
    centre_x, centre_y, width, height = _box(seen.bounds, shape)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2 * (width, height) + (centre_x, centre_y)
    return np.asarray(np.round(np.clip(corners, 0, 1), 6), np.float64)


def _numbers(values: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.6f}" for value in values)


def _text(rows: Iterable[str]) -> str:
    """Return each row once: readers take equal ones for a mistake."""
    return "".join(row + "\n" for row in dict.fromkeys(rows))
