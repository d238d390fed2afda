"""Stretches of rows that objects take in a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Pixels that are filled at once: each takes 24 bytes.
FILLED_PX = 1 << 21


@dataclass(frozen=True, eq=False)
class RowEnds:
    """A stretch of a row for each object and row, sorted by both.

    Parameters
    ----------
    ids : array (n,)
        The object.
    rows : array (n,), int64
        Row of the band.
    starts, stops : array (n,), int64
        First column and one past the last.
    """

    ids: NDArray[Any]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    @classmethod
    def of(cls, band: NDArray[Any]) -> RowEnds:
        """Return from where to where each object reaches in each row of a band, array (y, x)."""
        width = band.shape[1]
        flat = band.reshape(-1)
        borders = np.ones(flat.size + 1, np.bool_)
        borders[1:-1] = flat[1:] != flat[:-1]
        borders[::width] = True
        starts = np.flatnonzero(borders)
        starts, stops = starts[:-1], starts[1:]
        ids = flat[starts]
        shown = ids > 0
        ids, starts, stops = ids[shown], starts[shown], stops[shown]
        rows = starts // width
        order = np.lexsort((rows, ids))
        ids, rows, starts, stops = ids[order], rows[order], starts[order], stops[order]
        first = np.ones(len(ids), np.bool_)
        first[1:] = (ids[1:] != ids[:-1]) | (rows[1:] != rows[:-1])
        groups = np.flatnonzero(first)
        if not groups.size:
            return cls(ids, rows, starts, stops)
        rows, offsets = rows[groups], rows[groups] * width
        starts, stops = np.minimum.reduceat(starts, groups), np.maximum.reduceat(stops, groups)
        return cls(ids[groups], rows, starts - offsets, stops - offsets)

    def chosen(self, chosen: NDArray[np.bool_]) -> RowEnds:
        """Return some of them; `chosen` is an array (n,)."""
        return RowEnds(self.ids[chosen], self.rows[chosen], self.starts[chosen], self.stops[chosen])

    def parts(self, most_px: int) -> Iterator[RowEnds]:
        """Yield them from the last to the first, so many pixels at a time and at least one stretch."""
        ends = np.cumsum(self.stops - self.starts)
        stop = len(self.ids)
        while stop:
            first = min(int(np.searchsorted(ends, ends[stop - 1] - most_px)), stop - 1)
            yield RowEnds(*(values[first:stop] for values in (self.ids, self.rows, self.starts, self.stops)))
            stop = first


def filled(ends: RowEnds, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a band with the stretches filled, array (y, x); where they overlap, the first of them wins."""
    out = np.zeros(shape, dtype)
    flat = out.reshape(-1)
    for part in ends.parts(FILLED_PX):
        lengths = part.stops - part.starts
        begins = part.rows * shape[1] + part.starts
        shifts = begins - (np.cumsum(lengths) - lengths)
        # Of several values for one place the last stays: the first stretch is set last.
        places = (np.repeat(shifts, lengths) + np.arange(lengths.sum()))[::-1]
        flat[places] = np.repeat(part.ids, lengths)[::-1]
    return out
