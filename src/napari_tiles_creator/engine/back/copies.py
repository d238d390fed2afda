"""Which of the copies of an object, seen by several tiles that overlap, stand for it.

Labels and detections have the same question: what they measure comes in as plain arrays, groups come out.

A copy is *cut* where its tile ends inside the plane, else *whole*. Two copies in different tiles are compared inside
the zone that both tiles show; they *match* by what they share there (`Matching`). Then, in this order:

1. Whole copies that match are one object seen twice: the best stands, those that match it do not. Best is the copy
   whose tile's core holds its centre, then the one of the higher score, the larger, the earlier. A copy that is a mere
   fragment of one it matches (of both they share less than half) comes after all that are none: a speck in one tile
   does not stand for a cell in another.
2. A cut copy gives way where whole copies stand for it: the ones that it matches cover at least half of *all* its
   pixels, each object counted once. What stands for an object that a tile shows in part shows all of that part. A blob
   of several cells that reaches further than the one cell which the neighbour shows whole is no such part, and stays.
   If, though, the two agree on the zone (they share at least half of both), the whole copy has only lost its contact
   to the border, and they are joined by 3.
3. Cut copies that match, and have not given way, are parts of an object that is larger than the overlap: joined.
4. An object that only tiles see which own none of its place is none: those that own it show it far from their borders,
   and see nothing there, or something else. Slivers at borders are such; and so no object has a second chance because
   two tiles look at it. What a tile sees that owns a part of it counts, also when it is a copy that has given way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Match = Literal["containment", "iou"]
MATCHES: tuple[Match, ...] = get_args(Match)
# So much of a cut copy must be covered by what stands for it; and so much of both must two whole copies share that
# neither is a fragment of the other.
MOST = 0.5


@dataclass(frozen=True, eq=False)
class Copies:
    """All objects of all tiles, in canonical order: by tile in the grid's order, then as they are in the tile.

    Parameters
    ----------
    tiles : array (n,), integers
        Number of the tile that shows the copy.
    areas : array (n,)
        Its area in that tile, px².
    is_cut : array (n,), bool
        Whether it touches an inner edge of its tile.
    scores : array (n,)
        How sure its model is; equal ones where there are none.
    centred : array (n,), bool
        Whether its tile's core holds its centre.
    in_core : array (n,), bool, optional
        Whether it reaches into its tile's core, or a tile that owns a part of its place is missing; left out: all do.
    """

    tiles: NDArray[Any]
    areas: NDArray[Any]
    is_cut: NDArray[np.bool_]
    scores: NDArray[Any]
    centred: NDArray[np.bool_]
    in_core: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.tiles)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Copies of different tiles that share something, measured in the zone that both tiles show.

    Parameters
    ----------
    first, second : array (m,), integers
        Indices of copies, each pair once.
    shared, first_inside, second_inside : array (m,)
        Area that both cover, and of each that which lies in the zone, px².
    is_contact : array (m,), bool, optional
        Where tiles only touch: lengths along the border instead of areas, matched by their IoU; left out: nowhere.
    """

    first: NDArray[Any]
    second: NDArray[Any]
    shared: NDArray[Any]
    first_inside: NDArray[Any]
    second_inside: NDArray[Any]
    is_contact: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.first)

    def chosen(self, chosen: NDArray[np.bool_]) -> Pairs:
        """Return some of the pairs; `chosen` is an array (m,)."""
        contact = None if self.is_contact is None else self.is_contact[chosen]
        inside = self.first_inside[chosen], self.second_inside[chosen]
        return Pairs(self.first[chosen], self.second[chosen], self.shared[chosen], *inside, contact)

    @property
    def ious(self) -> NDArray[np.float64]:
        """What is shared / what either covers, array (m,), in 0…1."""
        either = np.asarray(self.first_inside, np.float64) + self.second_inside - self.shared
        return self.shared / np.where(either > 0, either, 1)

    @property
    def containments(self) -> NDArray[np.float64]:
        """What is shared / the smaller of both, array (m,), in 0…1."""
        smaller = np.minimum(self.first_inside, self.second_inside)
        return self.shared / np.where(smaller > 0, smaller, 1)


@dataclass(frozen=True)
class Matching:
    """When two copies are one object.

    Parameters
    ----------
    match : {"containment", "iou"}
        Shared area over the smaller one, or over the union, within the zone.
    threshold : float
        Least of it, in 0…1, 0 itself excluded.
    clean_borders : bool, default True
        Whether the rules 2 and 4 hold; otherwise copies that match are joined, be they whole or cut.

    Raises
    ------
    ValueError
        If the match is unknown or the threshold out of range.
    """

    match: Match = "containment"
    threshold: float = 0.5
    clean_borders: bool = True

    def __post_init__(self) -> None:
        if self.match not in MATCHES:
            raise ValueError(f"match must be one of {', '.join(MATCHES)}, not {self.match!r}")
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold must be above 0 and at most 1, not {self.threshold}")

    def matched(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Return which pairs match, array (m,), each by itself."""
        values = pairs.ious
        if self.match == "containment":
            contact = False if pairs.is_contact is None else pairs.is_contact
            values = np.where(contact, values, pairs.containments)
        return (values >= self.threshold) & (np.asarray(pairs.shared) > 0)


@dataclass(frozen=True, eq=False)
class Groups:
    """Which object each copy belongs to.

    Parameters
    ----------
    leaders : array (n,), int64
        The copy that stands for the group: the lowest index of joined parts, the chosen one of whole duplicates; -1
        for a copy that gave way or is no object.
    drawn : array (n,), bool
        Whether the copy makes up its object: all joined parts, of whole duplicates only the chosen one.
    unseen : array (n,), int64
        The leader that a copy had which is no object by rule 4; -1 for all others.
    """

    leaders: NDArray[np.int64]
    drawn: NDArray[np.bool_]
    unseen: NDArray[np.int64]

    def left_out(self, areas: NDArray[Any], least: float = 0) -> int:
        """Return how many objects rule 4 left out, of those with an area of at least so much.

        Parameters
        ----------
        areas : array (n,)
            Of the copies.
        least : float
            In the same unit.
        """
        copies = np.flatnonzero(self.unseen >= 0)
        _, objects = np.unique(self.unseen[copies], return_inverse=True)
        largest = np.zeros(int(objects.max(initial=-1)) + 1)
        np.maximum.at(largest, objects.reshape(-1), np.asarray(areas, np.float64)[copies])
        return int(np.count_nonzero(largest >= least))


def groups_of(copies: Copies, pairs: Pairs, matching: Matching) -> Groups:
    """Return which copies are one object, by the rules at this module's top.

    The result depends on the order of the copies alone, not on that of the pairs.

    Parameters
    ----------
    copies : Copies
        The copies, in canonical order.
    pairs : Pairs
        Those that share something; each two copies once.
    matching : Matching
        When two are one.

    Returns
    -------
    groups : Groups
    """
    if not len(copies):
        return Groups(np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.int64))
    found = pairs.chosen(matching.matched(pairs))
    cut_ends = copies.is_cut[found.first].astype(np.int8) + copies.is_cut[found.second]
    stands_in = _chosen_duplicates(copies, found.chosen(cut_ends == 0))
    mixed = _cut_first(copies, found.chosen(cut_ends == 1))
    gives_way = np.zeros(len(copies), np.bool_)
    links = np.ones(len(mixed), np.bool_)
    if matching.clean_borders:
        gives_way = _covered(copies, mixed, stands_in)
        links = mixed.ious >= max(MOST, matching.threshold)
    both_cut = found.chosen(cut_ends == 2)
    first = np.concatenate([both_cut.first, mixed.first[links]])
    second = np.concatenate([both_cut.second, stands_in[mixed.second[links]]])
    free = ~gives_way[first] & ~gives_way[second]
    drawn = ~gives_way & (stands_in == np.arange(len(copies)))
    leaders = _leaders(first[free], second[free], drawn)[stands_in]
    unseen = np.full(len(copies), -1, np.int64)
    if matching.clean_borders and copies.in_core is not None:
        are_unseen = _unseen(copies.in_core, gives_way, leaders, mixed)
        unseen[are_unseen] = leaders[are_unseen]
        gives_way |= are_unseen
    leaders[gives_way] = -1
    return Groups(leaders, drawn & ~gives_way, unseen)


def _chosen_duplicates(copies: Copies, pairs: Pairs) -> NDArray[np.int64]:
    """Return for each copy the one that stands in for it, array (n,): by rule 1, itself for all others."""
    stands_in = np.arange(len(copies))
    if not len(pairs):
        return stands_in
    rank = _ranks(copies, pairs)
    swapped = rank[pairs.first] > rank[pairs.second]
    better, worse = np.where(swapped, (pairs.second, pairs.first), (pairs.first, pairs.second))
    order = np.argsort(-rank[better], kind="stable")  # of several that beat a copy, the best is set last
    better, worse = better[order], worse[order]
    while better.size:
        beaten, gone = np.zeros(len(copies), np.bool_), np.zeros(len(copies), np.bool_)
        beaten[worse] = True
        wins = ~beaten[better]
        stands_in[worse[wins]] = better[wins]
        gone[worse[wins]] = True
        left = ~gone[better] & ~gone[worse]
        better, worse = better[left], worse[left]
    return stands_in


def _ranks(copies: Copies, pairs: Pairs) -> NDArray[np.int64]:
    """Return the place of each copy among those that may stand, array (n,), best first."""
    unlike = pairs.ious < MOST
    # Of the whole area: of a cell that stands at the zone's border only a corner may lie in the zone.
    areas = np.asarray(copies.areas, np.float64)
    fragment = np.zeros(len(copies), np.bool_)
    first, second = areas[pairs.first], areas[pairs.second]
    first_is_smaller = (first < second) | ((first == second) & (pairs.first > pairs.second))
    fragment[np.where(first_is_smaller, pairs.first, pairs.second)[unlike]] = True
    keys = (-areas, -np.asarray(copies.scores, np.float64), ~copies.centred, np.where(fragment, -areas, 0), fragment)
    rank = np.empty(len(copies), np.int64)
    rank[np.lexsort(keys)] = np.arange(len(copies))  # it keeps the canonical order of equals
    return rank


def _cut_first(copies: Copies, pairs: Pairs) -> Pairs:
    """Return pairs of one cut and one whole copy with the cut one first."""
    swap = ~copies.is_cut[pairs.first]
    (first, second), (inside, other) = (
        np.where(swap, (two, one), (one, two))
        for one, two in ((pairs.first, pairs.second), (pairs.first_inside, pairs.second_inside))
    )
    return Pairs(first, second, pairs.shared, inside, other)


def _covered(copies: Copies, mixed: Pairs, stands_in: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which cut copies whole ones stand for, array (n,), by rule 2."""
    objects, numbers = np.unique(
        np.asarray(mixed.first, np.int64) * len(copies) + stands_in[mixed.second], return_inverse=True
    )
    most = np.zeros(len(objects))
    np.maximum.at(most, numbers.reshape(-1), np.asarray(mixed.shared, np.float64))
    covered = np.bincount(objects // max(1, len(copies)), most, minlength=len(copies))
    return (covered > 0) & (covered >= MOST * np.asarray(copies.areas, np.float64))


def _unseen(
    in_core: NDArray[np.bool_], gives_way: NDArray[np.bool_], leaders: NDArray[np.int64], mixed: Pairs
) -> NDArray[np.bool_]:
    """Return which copies are of an object that no tile sees which owns a part of it, array (n,), by rule 4."""
    seen = np.zeros(len(in_core), np.bool_)
    seen[leaders[in_core & ~gives_way]] = True
    seen[leaders[mixed.second[gives_way[mixed.first] & in_core[mixed.first]]]] = True
    unseen = np.zeros(len(in_core), np.bool_)
    unseen[~gives_way] = ~seen[leaders[~gives_way]]
    return unseen


def _leaders(first: NDArray[Any], second: NDArray[Any], drawn: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each copy the first one that is drawn of those that links join it to, array (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(drawn)
    links = coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(count, count))
    number, component = connected_components(links, directed=False)
    lowest = np.full(number, count, np.int64)
    np.minimum.at(lowest, component[drawn], np.flatnonzero(drawn))
    return lowest[component]
