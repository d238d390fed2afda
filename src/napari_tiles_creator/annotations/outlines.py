"""From pixels to polygons: exact outlines along the edges of pixels, of all objects of a tile at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.rings import Rings, rings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.run_lengths import RunLengths


def outline(runs: RunLengths) -> Any:
    """Return the outline of the pixels inside, a shapely Polygon or MultiPolygon; see `outlines`."""
    rows = np.repeat(np.arange(runs.shape[0], dtype=np.int64), np.diff(runs.row_starts))
    starts, stops = runs.runs.astype(np.int64).T
    return outlines(np.zeros(len(rows), np.int64), rows, starts, stops, 1)[0]


def outlines(
    owners: NDArray[np.int64],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    count: int,
) -> NDArray[np.object_]:
    """Return the outline of each object, array (count,) of shapely Polygon or MultiPolygon.

    An outline follows the edges of pixels, points (x, y) with pixel corners on integers, a point at each turn and no
    other. Its area is the number of pixels, and the pixels whose centres it holds are those of the object. Each
    4-connected piece is a polygon with its holes; pieces that touch at a corner make a valid MultiPolygon.

    Parameters
    ----------
    owners : array (n,)
        Number of the object that each run belongs to, 0…count - 1.
    rows, starts, stops : array (n,)
        Row, first and stop column of each run, px, none negative. Two runs of a row and an object neither share a
        pixel nor touch.
    count : int
        How many objects there are; one without a run has an empty polygon.
    """
    import shapely

    found = np.full(count, shapely.Polygon(), dtype=object)
    rings = rings_of(owners, rows, starts, stops)
    if not len(rings.owners):
        return found
    pieces, shells = _pieces(rings)
    owners = rings.owners[shells]
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    single = np.diff(first, append=len(owners)) == 1
    found[owners[first[single]]] = pieces[first[single]]
    for begin, stop in zip(first[~single], np.append(first, len(owners))[1:][~single], strict=True):
        found[owners[begin]] = shapely.multipolygons(pieces[begin:stop])
    return found


def _pieces(rings: Rings) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return a polygon for each outer ring, and which of the rings it is, array (pieces,) each."""
    import shapely

    lines = shapely.linearrings(rings.points, indices=np.repeat(np.arange(len(rings.owners)), rings.lengths))
    is_hole = rings.areas < 0
    shells = np.flatnonzero(~is_hole)
    if not is_hole.any():
        return shapely.polygons(lines), shells
    piece = np.empty(len(lines), np.int64)
    piece[shells] = np.arange(len(shells))
    piece[is_hole] = _around(rings, _Shells(shells, shapely.polygons(lines[shells])))
    order = np.lexsort((is_hole, piece))
    return shapely.polygons(lines[order], indices=piece[order]), shells


@dataclass(frozen=True, slots=True, eq=False)
class _Shells:
    """The outer rings: which of all they are, and each as a polygon without holes."""

    rings: NDArray[np.int64]
    polygons: NDArray[np.object_]


def _around(rings: Rings, shells: _Shells) -> NDArray[np.int64]:
    """Return which of the outer rings each hole lies in, array (holes,)."""
    owners, of_shells = rings.owners[rings.areas < 0], rings.owners[shells.rings]
    first = np.searchsorted(of_shells, owners)
    found = first.astype(np.int64)
    doubtful = np.flatnonzero(np.searchsorted(of_shells, owners, side="right") - first > 1)
    if len(doubtful):
        found[doubtful] = _smallest_around(rings, shells, np.flatnonzero(rings.areas < 0)[doubtful])
    return found


def _smallest_around(rings: Rings, shells: _Shells, holes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the smallest outer ring of its owner around each of these holes, array (holes,)."""
    import shapely

    # The pixel above the topmost left corner of a hole belongs to the piece whose hole it is. Its centre lies in the
    # outer ring of that piece, and in those of larger pieces around it.
    begins = np.cumsum(rings.lengths) - rings.lengths
    tops = np.array([_topmost(rings.points[begins[k] : begins[k] + rings.lengths[k]]) for k in holes])
    points = shapely.points(tops[:, 0] + 0.5, tops[:, 1] - 0.5)
    hole, shell = shapely.STRtree(shells.polygons).query(points, predicate="within")
    same = rings.owners[shells.rings[shell]] == rings.owners[holes[hole]]
    hole, shell = hole[same], shell[same]
    order = np.lexsort((-rings.areas[shells.rings[shell]], hole))
    found = np.empty(len(holes), np.int64)
    found[hole[order]] = shell[order]  # of several for one hole the last stays, which is the smallest
    return found


def _topmost(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the leftmost of the topmost points of a ring, array (2,)."""
    best: NDArray[np.int64] = points[np.lexsort((points[:, 0], points[:, 1]))[0]]
    return best
