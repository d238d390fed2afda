"""What two detections share in the zone that both of their tiles show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.back.copies import Pairs
from napari_tiles_creator.engine.back.detections.frame import NEAR_PX
from napari_tiles_creator.engine.back.detections.partners import all_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.detections.detections import Detections
    from napari_tiles_creator.engine.back.detections.frame import Frame

# Shapely's numbers of types.
LINE, LINES = 1, 5


def measured(
    frame: Frame, detections: Detections, tiles: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> Pairs:
    """Return the pairs that share something, with how much.

    Areas in px²; where tiles have no overlap, lengths along their border, of those that touch it on both sides.

    Parameters
    ----------
    frame : Frame
        The tiles.
    detections : Detections
        Of all tiles.
    tiles : array (n,)
        The tile of each.
    first, second : array (m,)
        Pairs of detections in different tiles.
    """
    zones = _common(frame.boxes[tiles[first]], frame.boxes[tiles[second]])
    sides = zones[:, 2:] - zones[:, :2]
    overlap = (sides > 0).all(axis=1)
    # Tiles that meet in a corner alone have no border in common.
    contact = (sides == 0).any(axis=1) & (sides > 0).any(axis=1)
    areas = _areas(detections, first[overlap], second[overlap], zones[overlap])
    lengths = _lengths(detections, first[contact], second[contact], zones[contact])
    found = all_pairs([areas, lengths])
    return found.chosen(found.shared > 0)


def _common(one: NDArray[np.float64], two: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the common part of rectangles ``x, y, x_stop, y_stop``; its sides are negative where there is none."""
    return np.concatenate([np.maximum(one[:, :2], two[:, :2]), np.minimum(one[:, 2:], two[:, 2:])], axis=1)


def _rectangle_areas(rectangles: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.maximum(rectangles[:, 2:] - rectangles[:, :2], 0)
    found: NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return found


def _areas(
    detections: Detections, first: NDArray[np.int64], second: NDArray[np.int64], zones: NDArray[np.float64]
) -> Pairs:
    """Return pairs with areas: what both cover lies in the zone anyway."""
    bounds, has_outline = detections.bounds, ~detections.is_box
    one, two = _common(bounds[first], zones), _common(bounds[second], zones)
    shared = _rectangle_areas(_common(one, two))
    insides = [_rectangle_areas(one), _rectangle_areas(two)]
    for inside, which in zip(insides, (first, second), strict=True):
        drawn = has_outline[which] & (shared > 0)
        inside[drawn] = _outline_areas(detections, which[drawn], zones[drawn])
    drawn = (has_outline[first] | has_outline[second]) & (shared > 0)
    shared[drawn] = _shared_areas(detections, first[drawn], second[drawn])
    return Pairs(first, second, shared, insides[0], insides[1], np.zeros(len(first), np.bool_))


def _outline_areas(detections: Detections, which: NDArray[np.int64], zones: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area of each outline in a zone."""
    import shapely

    # An object has several partners in a zone, and several zones: each is cut once.
    _, chosen, back = np.unique(np.column_stack([which, zones]), axis=0, return_index=True, return_inverse=True)
    outlines, zones = detections.outlines[which[chosen]], zones[chosen]
    bounds = detections.bounds[which[chosen]]
    sticks_out = ((bounds[:, :2] < zones[:, :2]) | (bounds[:, 2:] > zones[:, 2:])).any(axis=1)
    outlines[sticks_out] = shapely.intersection(outlines[sticks_out], shapely.box(*zones[sticks_out].T))
    found: NDArray[np.float64] = shapely.area(outlines)[back.reshape(-1)]
    return found


def _shared_areas(detections: Detections, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    import shapely

    one, two = detections.chosen(first).geometries, detections.chosen(second).geometries
    found: NDArray[np.float64] = shapely.area(shapely.intersection(one, two))
    return found


def _lengths(
    detections: Detections, first: NDArray[np.int64], second: NDArray[np.int64], zones: NDArray[np.float64]
) -> Pairs:
    """Return pairs with lengths along the border of their tiles, a zone without a width."""
    import shapely

    across = (zones[:, 2] > zones[:, 0]).astype(np.int64)  # the axis that the border cuts: 0 for x, 1 for y
    at = np.arange(len(first))
    border = zones[at, across]
    begin, end = zones[at, 1 - across], zones[at, 3 - across]
    # Along a line half a pixel from the border, in either tile, so that what ends near it is met.
    lines = []
    for which in (first, second):
        bounds = detections.bounds[which]
        before = bounds[at, across] + bounds[at, 2 + across] < 2 * border
        near = np.where(before, border - NEAR_PX, border + NEAR_PX)
        reaches = (bounds[at, across] <= near) & (bounds[at, 2 + across] >= near)
        cut = shapely.intersection(detections.chosen(which).geometries, _line(near, begin, end, across))
        cut[~reaches] = shapely.LineString()
        lines.append(_along(cut, across))
    shared = shapely.length(shapely.intersection(*lines))
    one, two = (shapely.length(line) for line in lines)
    return Pairs(first, second, shared, one, two, np.ones(len(first), np.bool_))


def _line(
    at: NDArray[np.float64], begin: NDArray[np.float64], end: NDArray[np.float64], across: NDArray[np.int64]
) -> NDArray[np.object_]:
    """Return lines that have one coordinate, that of the axis `across`, everywhere."""
    import shapely

    points = np.empty((len(at), 2, 2))
    rows = np.arange(len(at))
    points[rows, :, across] = at[:, None]
    points[rows, :, 1 - across] = np.stack([begin, end], axis=1)
    found: NDArray[np.object_] = shapely.linestrings(points)
    return found


def _along(lines: NDArray[np.object_], across: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return what of the lines has a length, moved to where the coordinate of the axis `across` is 0."""
    import shapely

    found = lines.copy()
    for at in np.flatnonzero(~np.isin(shapely.get_type_id(found), (LINE, LINES))):  # with points where a corner is met
        parts = shapely.get_parts(found[at])
        found[at] = shapely.multilinestrings(parts[shapely.get_type_id(parts) == LINE])
    points, numbers = shapely.get_coordinates(found, return_index=True)
    points[np.arange(len(points)), across[numbers]] = 0
    moved: NDArray[np.object_] = shapely.set_coordinates(found, points)
    return moved
