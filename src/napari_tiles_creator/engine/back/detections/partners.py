"""Which of the pairs that share something may be one object at all: the best ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.back.copies import Pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.copies import Matching
    from napari_tiles_creator.engine.back.detections.frame import Frame


def best_partners(pairs: Pairs, tiles: NDArray[np.int64], matching: Matching) -> NDArray[np.bool_]:
    """Return the pairs that match, and in which the other is the best that the smaller of both has in that tile.

    A box holds smaller ones of its neighbours, entirely: without this each of them would be the large one, too. Of the
    parts that were found of an object each is the smaller one, so that all find the whole. The best is that of the
    highest IoU: in the zone that both tiles show an object is as large in either.

    Parameters
    ----------
    pairs : Pairs
        All that share something.
    tiles : array (n,)
        The tile of each detection.
    matching : Matching
        Which of them match.

    Returns
    -------
    chosen : array (m,), bool
    """
    kept = matching.matched(pairs)
    places = np.flatnonzero(kept)
    found = pairs.chosen(kept)
    ious, asks = found.ious, found.first_inside <= found.second_inside
    chosen = asks & _is_best(found.first, tiles[found.second], ious)
    asks = found.second_inside <= found.first_inside
    chosen |= asks & _is_best(found.second, tiles[found.first], ious)
    kept[places] = chosen
    return kept


def _is_best(own: NDArray[np.int64], tiles: NDArray[np.int64], ious: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pairs are the best that one end has with the tile of the other, array (m,)."""
    order = np.lexsort((-ious, tiles, own))
    leads = np.ones(len(own), np.bool_)
    leads[1:] = (own[order][1:] != own[order][:-1]) | (tiles[order][1:] != tiles[order][:-1])
    found = np.zeros(len(own), np.bool_)
    found[order[leads]] = True
    return found


def crossing_boxes(
    frame: Frame, pairs: Pairs, tiles: NDArray[np.int64], cut: NDArray[np.bool_], is_box: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which pairs are the parts of an object that leaves both tiles through their zone, array (m,).

    Of an object that lies aslant each part has a box of its own, which may share little with the other's: where each is
    cut by the edge that ends in the other's tile, and neither shares more with anything else, they are the same object
    whatever the threshold.

    Parameters
    ----------
    frame : Frame
        The tiles.
    pairs : Pairs
        All that share something.
    tiles : array (n,)
        The tile of each detection.
    cut : array (n, 4), bool
        The edges that each touches, as `Frame.cut_sides` returns them.
    is_box : array (n,), bool
        Of which detections the bounds alone are known.
    """
    if not len(pairs) or not is_box.any():
        return np.zeros(len(pairs), np.bool_)
    crosses = is_box[pairs.first] & is_box[pairs.second]
    if pairs.is_contact is not None:
        crosses &= ~pairs.is_contact
    for own, other in ((pairs.first, pairs.second), (pairs.second, pairs.first)):
        crosses &= (cut[own] & _edges_inside(frame, tiles[own], tiles[other])).any(axis=1)
    found = np.zeros(len(pairs), np.bool_)
    places = np.flatnonzero(crosses)
    one, two, ious = pairs.first[places], pairs.second[places], pairs.ious[places]
    found[places] = _is_best(one, tiles[two], ious) & _is_best(two, tiles[one], ious)
    return found


def _edges_inside(frame: Frame, own: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which edges of a tile run through another one, array (m, 4)."""
    edges, around = frame.boxes[own], frame.boxes[other]
    found: NDArray[np.bool_] = (np.tile(around[:, :2], 2) < edges) & (edges < np.tile(around[:, 2:], 2))
    return found


def taken_as_one(pairs: Pairs, chosen: NDArray[np.bool_]) -> Pairs:
    """Return the pairs with some of them sharing all they have; `chosen` is an array (m,)."""
    smaller = np.minimum(pairs.first_inside, pairs.second_inside)
    return replace(
        pairs,
        shared=np.where(chosen, smaller, pairs.shared),
        first_inside=np.where(chosen, smaller, pairs.first_inside),
        second_inside=np.where(chosen, smaller, pairs.second_inside),
    )


def all_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Return the pairs of all parts, in their order."""
    nobody = np.zeros(0, np.int64)
    none = Pairs(nobody, nobody, np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.bool_))
    values = [
        np.concatenate([getattr(part, name) for part in (none, *parts)])
        for name in ("first", "second", "shared", "first_inside", "second_inside", "is_contact")
    ]
    return Pairs(*values)
