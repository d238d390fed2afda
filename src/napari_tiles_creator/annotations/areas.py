"""Geometries with an area: what of any geometry is polygons, valid ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

POLYGON, MULTIPOLYGON = 3, 6


def areal(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return what of each geometry has an area, array (n,) of valid shapely Polygons and MultiPolygons.

    Points and lines are dropped, so that what has no area becomes an empty Polygon. Of a ring that crosses itself what
    it goes around an odd number of times is inside (`shapely.make_valid`).

    Parameters
    ----------
    geometries : array (n,) of shapely geometries
        With finite coordinates.
    """
    import shapely

    found = geometries.copy()
    wrong = ~shapely.is_valid(found)
    found[wrong] = shapely.make_valid(found[wrong])
    return polygons_of(found)


def polygons_from(rings: Sequence[NDArray[np.float64]]) -> NDArray[np.object_]:
    """Return what each ring encloses, array (n,), as `areal` does.

    Parameters
    ----------
    rings : sequence of array (points, 2)
        Points (x, y), at least 3, finite; closed or not.
    """
    import shapely

    if not len(rings):
        return np.empty(0, object)
    # Closed by hand: a ring of 3 points whose last is its first would be refused.
    closed = [np.concatenate([ring, ring[:1]]) for ring in rings]
    numbers = np.repeat(np.arange(len(closed)), [len(ring) for ring in closed])
    return areal(shapely.polygons(shapely.linearrings(np.concatenate(closed), indices=numbers)))


def polygons_of(geometries: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons in geometries that are valid, such as intersections; see `areal`."""
    import shapely

    found = geometries.copy()
    for at in np.flatnonzero(~np.isin(shapely.get_type_id(found), (POLYGON, MULTIPOLYGON))):
        found[at] = _in_collection(found[at])
    return found


def _in_collection(geometry: Any) -> Any:
    """Return the polygons in a collection, which share no area, as one geometry."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(geometry))
    parts = parts[(shapely.get_type_id(parts) == POLYGON) & (shapely.area(parts) > 0)]
    if len(parts) == 1:
        return parts[0]
    return shapely.multipolygons(parts) if len(parts) else shapely.Polygon()
