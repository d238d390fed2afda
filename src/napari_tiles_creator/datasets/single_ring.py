"""An outline with holes and further pieces as one ring, for formats that have no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def single_ring(outline: Any) -> NDArray[np.float64]:
    """Return the ring, array (points, 2) of x and y, not closed.

    Outer rings run one way and holes the other; each is joined by a bridge that the ring goes along there and back.
    The ring so encloses exactly the outline's area, by the shoelace formula, the even-odd and the non-zero rule.

    Parameters
    ----------
    outline : shapely Polygon or MultiPolygon
        Not empty.
    """
    import shapely
    from shapely.geometry.polygon import orient

    pieces = [orient(piece) for piece in shapely.get_parts(outline) if piece.area > 0]
    pieces.sort(key=lambda piece: -piece.area)
    first, *others = [_bridged(_open(piece.exterior), [_open(hole) for hole in piece.interiors]) for piece in pieces]
    return _bridged(first, others)


def _open(ring: Any) -> NDArray[np.float64]:
    return np.asarray(ring.coords, np.float64)[:-1, :2]


def _bridged(ring: NDArray[np.float64], others: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return a ring with detours to others, each from the point of it that is nearest."""
    if not others:
        return ring
    from scipy.spatial import cKDTree

    tree = cKDTree(ring)
    detours = []
    for other in others:
        distances, nearest = (np.asarray(found) for found in tree.query(other))
        start = int(np.argmin(distances))
        detours.append((int(nearest[start]), np.roll(other, -start, axis=0)))
    detours.sort(key=lambda detour: detour[0])
    parts, done = [], 0
    for at, other in detours:
        # Up to the bridge, along it, around the other ring, and back.
        parts += [ring[done : at + 1], other, other[:1], ring[at : at + 1]]
        done = at + 1
    return np.concatenate([*parts, ring[done:]])
