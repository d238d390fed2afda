"""The closed lines that part the pixels of objects from what is around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Low bits of a corner: a run stops there (instead of it starting), and it is a run of the row above.
_STOPS, _ABOVE = 2, 1


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """Rings without a common stretch; none meets itself.

    Parameters
    ----------
    points : array (n, 2), int64
        ``x, y`` of all turns, ring by ring, px, corners of pixels. What is inside lies on the right of each step, seen
        with y pointing down.
    lengths : array (rings,), int64
        How many points each ring has.
    owners : array (rings,), int64
        Which object each belongs to, in ascending order.
    areas : array (rings,), int64
        What each encloses, px; negative for a hole.
    """

    points: NDArray[np.int64]
    lengths: NDArray[np.int64]
    owners: NDArray[np.int64]
    areas: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Corners:
    """The places where outlines turn, by owner, row and column; where pixels touch diagonally there are two.

    Parameters
    ----------
    owners, x, y : array (n,), int64
        Place of each.
    kinds : array (n,), int64
        `_STOPS` and `_ABOVE`.
    below : array (n,), int64
        Which corner is joined with each by a vertical edge; those of an even and the next odd number are joined by a
        horizontal one.
    """

    owners: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    kinds: NDArray[np.int64]
    below: NDArray[np.int64]


def rings_of(
    owners: NDArray[np.int64], rows: NDArray[np.int64], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> Rings:
    """Return all rings of objects that are given as runs; see `outlines`."""
    none = np.zeros(0, np.int64)
    if not len(owners):
        return Rings(np.zeros((0, 2), np.int64), none, none, none)
    corners = _corners(owners, rows, starts, stops)
    rings = list(_traced(corners))
    order = np.array([corner for ring in rings for corner in ring])
    lengths = np.array([len(ring) for ring in rings])
    begins = np.cumsum(lengths) - lengths
    x, y = corners.x[order], corners.y[order]
    after = np.arange(1, len(order) + 1)
    after[begins + lengths - 1] = begins
    # Every other step goes along a row: the area beside those steps is the whole of it.
    areas = -np.add.reduceat((x[after] - x) * y, begins)
    return Rings(np.stack([x, y], axis=1), lengths, corners.owners[order[begins]], areas)


def _corners(
    owners: NDArray[np.int64], rows: NDArray[np.int64], starts: NDArray[np.int64], stops: NDArray[np.int64]
) -> _Corners:
    pitch, lines = int(stops.max()) + 1, int(rows.max()) + 2
    above = (owners * lines + rows) * pitch
    below = above + pitch
    codes = np.concatenate(
        [above + starts << 2, above + stops << 2 | _STOPS, below + starts << 2 | _ABOVE, below + stops << 2 | 3]
    )
    codes.sort()
    # Where runs of both rows start, or both stop, the outline goes straight on.
    straight = codes[1:] >> 1 == codes[:-1] >> 1
    kept = np.ones(len(codes), np.bool_)
    kept[1:] &= ~straight
    kept[:-1] &= ~straight
    codes = codes[kept]
    line, x = np.divmod(codes >> 2, pitch)
    owner, y = np.divmod(line, lines)
    # Of two corners at one place the first is joined to the left, the second to the right. In this order one of them is
    # joined upwards and one downwards so that both pixels, which do not belong together, keep a corner of their own.
    column = np.argsort(((owner * pitch + x) * lines + y << 1) + (codes & _ABOVE))
    joined = np.empty(len(codes), np.int64)
    joined[column[::2]], joined[column[1::2]] = column[1::2], column[::2]
    return _Corners(owner, x, y, codes & 3, joined)


def _traced(corners: _Corners) -> Iterator[list[int]]:
    """Yield the corners of each ring in the order in which they are met, none of them twice at one place."""
    below, kinds, twins = corners.below.tolist(), corners.kinds.tolist(), _twins(corners)
    seen = bytearray(len(below))
    first = seen.find(0)
    while first >= 0:
        ring: list[int] = []
        corner = first
        while True:
            beside = corner ^ 1
            ring += (corner, beside)
            seen[corner] = seen[beside] = 1
            corner = below[beside]
            if corner == first:
                break
        # The first one is the leftmost of the topmost: a hole begins where a run of the row below stops.
        if kinds[first] == _STOPS:
            ring.reverse()
        if twins.keys().isdisjoint(ring):
            yield ring
        else:
            yield from _simple(ring, twins)
        first = seen.find(0, first)


def _twins(corners: _Corners) -> dict[int, int]:
    """Return which corners stand at one place with which."""
    at_one = (corners.y[1:] == corners.y[:-1]) & (corners.x[1:] == corners.x[:-1])
    first = np.flatnonzero(at_one & (corners.owners[1:] == corners.owners[:-1])).tolist()
    return {k: k + 1 for k in first} | {k + 1: k for k in first}


def _simple(ring: list[int], twins: dict[int, int]) -> Iterator[list[int]]:
    """Yield the rings into which one falls at the places that it passes twice."""
    path: list[int] = []
    met: dict[int, int] = {}
    for corner in ring:
        if corner in twins:
            begin = met.get(twins[corner])
            if begin is not None:
                yield path[begin:]
                for passed in path[begin:]:
                    met.pop(passed, None)
                del path[begin:]
            met[corner] = len(path)
        path.append(corner)
    yield path
