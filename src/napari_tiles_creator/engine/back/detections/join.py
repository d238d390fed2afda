"""Detections of overlapping tiles, each object once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.areas import areal
from napari_tiles_creator.engine.back.copies import Copies, Matching, groups_of
from napari_tiles_creator.engine.back.detections.detections import Detections
from napari_tiles_creator.engine.back.detections.pairs import meeting_pairs
from napari_tiles_creator.engine.back.detections.partners import all_pairs, best_partners, crossing_boxes, taken_as_one
from napari_tiles_creator.engine.back.detections.rule import JoinRule
from napari_tiles_creator.engine.back.detections.shares import measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.copies import Groups, Pairs
    from napari_tiles_creator.engine.back.detections.frame import Frame


@dataclass(frozen=True, slots=True, eq=False)
class JoinedPlane:
    """The objects of a plane, and how many are none as only tiles show them which own none of their place."""

    detections: Detections
    left_out: int


def joined(frame: Frame, of_tiles: Sequence[Detections], rule: JoinRule | None = None) -> Detections:
    """Return the objects of a plane alone; see `joined_plane`."""
    return joined_plane(frame, of_tiles, rule).detections


def joined_plane(frame: Frame, of_tiles: Sequence[Detections], rule: JoinRule | None = None) -> JoinedPlane:
    """Return the objects of a plane.

    Objects of different classes never join, nor do those of one tile unless another tile shows that they are parts of
    one. Parts that tiles cut make one object: of boxes the box around all, else the union of their outlines. Its score
    is the highest of its copies'.

    Parameters
    ----------
    frame : Frame
        The tiles of the plane.
    of_tiles : sequence of Detections
        Of each tile, as it was numbered when the frame was made, px of the tile.
    rule : JoinRule, optional
        What is the same object; the defaults where left out.

    Returns
    -------
    joined : JoinedPlane
        px of the plane, in the order of the tiles from top to bottom and of the objects in them.
    """
    rule = rule or JoinRule()
    parts = [_placed(frame, at, of_tiles[number], rule) for at, number in enumerate(frame.order.tolist())]
    every = Detections.together(parts)
    tiles = np.repeat(np.arange(len(frame)), [len(part) for part in parts])
    if not len(every):
        return JoinedPlane(every, 0)
    cut = frame.cut_sides(tiles, every.bounds)
    matching = Matching("containment" if rule.match == "ios" else "iou", rule.threshold)
    pairs = _partners(frame, every, tiles, cut, matching)
    copies = Copies(
        tiles=tiles,
        areas=_areas(every),
        is_cut=np.asarray(cut.any(axis=1)),
        scores=np.where(np.isnan(every.scores), 1.0, every.scores),
        centred=frame.centred(tiles, every.bounds),
        in_core=frame.in_core(tiles, every.bounds),
    )
    groups = groups_of(copies, pairs, matching)
    return JoinedPlane(_made_of(every, groups), groups.left_out(copies.areas))


def _placed(frame: Frame, at: int, found: Detections, rule: JoinRule) -> Detections:
    """Return what of a tile's objects lies in it, px of the plane."""
    x, y, x_stop, y_stop = (float(edge) for edge in frame.boxes[at])
    return found.at_least(rule.min_score).within(y_stop - y, x_stop - x).moved(y, x)


def _areas(detections: Detections) -> NDArray[np.float64]:
    import shapely

    sides = detections.bounds[:, 2:] - detections.bounds[:, :2]
    found: NDArray[np.float64] = np.where(
        detections.is_box, sides[:, 0] * sides[:, 1], shapely.area(detections.outlines)
    )
    return found


def _partners(
    frame: Frame, every: Detections, tiles: NDArray[np.int64], cut: NDArray[np.bool_], matching: Matching
) -> Pairs:
    """Return the pairs that may be one object, with what they share."""
    found = []
    for first, second in meeting_pairs(frame, every, tiles):
        pairs = measured(frame, every, tiles, first, second)
        crossing = crossing_boxes(frame, pairs, tiles, cut, every.is_box)
        kept = best_partners(pairs, tiles, matching) | crossing
        found.append(taken_as_one(pairs, crossing).chosen(kept))
    return all_pairs(found)


def _made_of(every: Detections, groups: Groups) -> Detections:
    """Return an object of each group."""
    members = np.flatnonzero(groups.leaders >= 0)
    leaders, number = np.unique(groups.leaders[members], return_inverse=True)
    scores = np.full(len(leaders), np.nan)
    np.fmax.at(scores, number, every.scores[members])
    drawn = groups.drawn[members]
    bounds = _around(every.bounds[members[drawn]], number[drawn], len(leaders))
    outlines = every.outlines[leaders].copy()
    parts = np.bincount(number[drawn], minlength=len(leaders))
    several = np.flatnonzero(parts > 1)
    if len(several):
        order = members[drawn][np.argsort(number[drawn], kind="stable")]
        stops = np.cumsum(parts)
        for at in several.tolist():
            outlines[at] = _union(every.chosen(order[stops[at] - parts[at] : stops[at]]))
    return replace(every.chosen(leaders), scores=scores, bounds=bounds, outlines=outlines)


def _around(bounds: NDArray[np.float64], number: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the bounds of each group, array (count, 4)."""
    found = np.empty((count, 4))
    found[:, :2], found[:, 2:] = np.inf, -np.inf
    np.minimum.at(found[:, :2], number, bounds[:, :2])
    np.maximum.at(found[:, 2:], number, bounds[:, 2:])
    return found


def _union(parts: Detections) -> Any:
    """Return the outline of an object that tiles have cut; None where nothing but boxes is known."""
    import shapely

    if parts.is_box.all():
        return None
    return areal(np.array([shapely.union_all(parts.geometries)], object))[0]
