"""One side of many convex hulls at once: corners from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


# So many objects are joined together: each corner takes about 100 bytes meanwhile.
AT_ONCE = 1 << 13


@dataclass(frozen=True, eq=False)
class Chains:
    """Corners of hulls on the left side, in doubled coordinates, sorted by id and line.

    Parameters
    ----------
    ids : array (n,), uint32
        The object of each corner.
    lines, positions : array (n,), int32
        Twice its y and x, px from the middle of the plane's first pixel.
    """

    ids: NDArray[np.uint32]
    lines: NDArray[np.int32]
    positions: NDArray[np.int32]

    @classmethod
    def around(cls, ids: NDArray[Any], rows: NDArray[Any], firsts: NDArray[Any]) -> Chains:
        """Return the chains of pixels, each the first of its object's in a row; all arrays (n,)."""
        steps = ((-1, 0), (0, -1), (1, 0))
        return cls._of(
            np.concatenate([ids] * 3),
            np.concatenate([2 * rows.astype(np.int64) + dy for dy, _ in steps]),
            np.concatenate([2 * firsts.astype(np.int64) + dx for _, dx in steps]),
        )

    @classmethod
    def joined(cls, parts: Sequence[Chains]) -> Chains:
        """Return the chains of objects whose parts have such chains."""
        last = max((int(part.ids[-1]) for part in parts if part.ids.size), default=0)
        joined = [cls._of(*_between(parts, first, first + AT_ONCE)) for first in range(1, last + 1, AT_ONCE)]
        if not joined:
            return cls(np.empty(0, np.uint32), np.empty(0, np.int32), np.empty(0, np.int32))
        return cls(
            np.concatenate([part.ids for part in joined]),
            np.concatenate([part.lines for part in joined]),
            np.concatenate([part.positions for part in joined]),
        )

    @classmethod
    def _of(cls, ids: NDArray[Any], lines: NDArray[Any], positions: NDArray[Any]) -> Chains:
        """Return the chains of points in any order."""
        order = np.lexsort((positions, lines, ids))
        ids, lines, positions = ids[order], lines[order].astype(np.int64), positions[order].astype(np.int64)
        first = np.ones(len(ids), np.bool_)  # of the points on a line that which lies outermost
        first[1:] = (ids[1:] != ids[:-1]) | (lines[1:] != lines[:-1])
        ids, lines, positions = ids[first], lines[first], positions[first]
        done = []
        while ids.size:
            inner = _inner(ids, lines, positions)
            changed = np.isin(ids, ids[inner])
            done.append((ids[~changed], lines[~changed], positions[~changed]))
            kept = changed & ~inner
            ids, lines, positions = ids[kept], lines[kept], positions[kept]
        if not done:
            return cls(np.empty(0, np.uint32), np.empty(0, np.int32), np.empty(0, np.int32))
        ids, lines, positions = (np.concatenate(column) for column in zip(*done, strict=True))
        order = np.lexsort((lines, ids))
        lines, positions = lines[order].astype(np.int32), positions[order].astype(np.int32)
        return cls(ids[order].astype(np.uint32), lines, positions)

    def at(self, y: int, y_stop: int) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
        """Return where the chains cross rows of pixels.

        Returns
        -------
        ids, rows : array (m,)
            Object and row, sorted; each row from `y` to before `y_stop` in which the object's hull has pixels.
        positions : array (m,), int64
            Twice the x of the chain there, rounded inwards to whole numbers.
        """
        begins = np.flatnonzero(
            (self.ids[1:] == self.ids[:-1]) & (self.lines[1:] > 2 * y) & (self.lines[:-1] < 2 * y_stop)
        )
        top, bottom = self.lines[begins].astype(np.int64), self.lines[begins + 1].astype(np.int64)
        # Rows lie on even lines; a chain begins and ends on odd ones, and a row at a corner counts below it.
        first, stop = np.maximum(-(-top // 2), y), np.minimum(-(-bottom // 2), y_stop)
        counts = np.maximum(stop - first, 0)
        edge = np.repeat(np.arange(len(begins)), counts)
        rows = first[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
        start = self.positions[begins].astype(np.int64)
        rise = self.positions[begins + 1] - start
        run = (bottom - top)[edge]
        positions = -((start[edge] * run + rise[edge] * (2 * rows - top[edge])) // -run)
        return self.ids[begins][edge], rows, positions


def _between(parts: Sequence[Chains], first: int, stop: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return ids, lines and positions of some objects in all parts."""
    chosen = [(part, slice(*np.searchsorted(part.ids, (first, stop)))) for part in parts]
    return (
        np.concatenate([part.ids[some] for part, some in chosen]),
        np.concatenate([part.lines[some] for part, some in chosen]),
        np.concatenate([part.positions[some] for part, some in chosen]),
    )


def _inner(ids: NDArray[Any], lines: NDArray[Any], positions: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which points lie on or inside the line between their neighbours, array (n,).

    None of them is a corner of the hull of all points, so that they can go all at once.
    """
    inner = np.zeros(len(ids), np.bool_)
    if len(ids) > 2:
        between = ids[2:] == ids[:-2]
        whole = lines[2:] - lines[:-2]
        chord = (positions[2:] - positions[:-2]) * (lines[1:-1] - lines[:-2])
        inner[1:-1] = between & ((positions[1:-1] - positions[:-2]) * whole >= chord)
    return inner
