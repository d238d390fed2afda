"""Where a plane is best divided into bands, one a split, so that tiles of different splits share no source pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.split_bands import Band, SplitBands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.source_axis import SourceAxis

# Places for the border between two bands that are tried: all of them in a grid of so many rows, and in larger ones, or
# among scattered tiles, so many evenly distributed and as many around where a border should lie.
MOST_PLACES, NEAR_PLACES = 1000, 250


@dataclass(frozen=True, slots=True)
class Division:
    """A plane divided into bands.

    Parameters
    ----------
    bands : SplitBands
        One a split.
    counts : tuple of int
        Tiles of each band, in the order of the bands.
    missed : float
        Tiles that the splits have too many or too few, together; those in no band are missed, too.
    unevenness : float
        The largest difference between a split's share of the tiles in bands and the share it should have, 0…1.
    """

    bands: SplitBands
    counts: tuple[int, ...]
    missed: float
    unevenness: float


def divide(
    boxes: NDArray[np.int64],
    weights: NDArray[np.int64],
    shares: Sequence[tuple[str, float]],
    rows: SourceAxis,
    columns: SourceAxis,
    gap_px: int = 0,
) -> Division | None:
    """Return the division of a plane that comes nearest to the shares, None where a split would get no tile.

    Of two that come equally near, the one along the longer side is returned.

    Parameters
    ----------
    boxes : array (n, 4)
        ``y, x, y_stop, x_stop`` of all tiles, calibrated px. Along each axis they begin in the order in which they end.
    weights : array (n,)
        How often each counts: in how many planes it is kept.
    shares : sequence of (str, float)
        Two or three splits in the order of their bands, with their shares, which add up to 1.
    rows, columns : SourceAxis
        How y and x of the plane come from the source.
    gap_px : int, default 0
        Source pixels to be free between the pixels that two bands are made from.
    """
    counted = weights > 0
    boxes, weights = boxes[counted], weights[counted]
    sources = (rows, columns)
    found = []
    for axis in (0, 1) if rows.new >= columns.new else (1, 0):
        starts, stops = boxes[:, axis], boxes[:, axis + 2]
        division = _divide_along(axis, starts, stops, weights, shares, sources[axis], gap_px)
        if division:
            found.append(division)
    return min(found, key=lambda division: (division.missed, division.unevenness), default=None)


def _divide_along(
    axis: int,
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
    weights: NDArray[np.int64],
    shares: Sequence[tuple[str, float]],
    source: SourceAxis,
    gap_px: int,
) -> Division | None:
    order = np.argsort(starts, kind="stable")
    starts, stops, before = starts[order], np.sort(stops), np.concatenate([[0], np.cumsum(weights[order])])
    total = int(before[-1])
    if total < len(shares):
        return None
    wanted = np.array([share for _, share in shares]) * total
    ends = _places(stops, before, np.cumsum(wanted)[:-1])
    begins = source.apart(ends, gap_px)
    # Tiles that end before a border, and tiles that begin before the next band does: both come first in order.
    ended, begun = before[np.searchsorted(stops, ends, "right")], before[np.searchsorted(starts, begins, "left")]
    counts = [ended, total - begun]
    if len(shares) == 3:
        counts = list(np.broadcast_arrays(ended[:, None], ended[None, :] - begun[:, None], (total - begun)[None, :]))
    chosen = _best(counts, wanted)
    if chosen is None:
        return None
    at = np.unravel_index(chosen[0], counts[0].shape)
    edges = [0, *(int(edge) for place in at for edge in (ends[place], begins[place])), source.new]
    bands = tuple(Band(name, *edges[2 * i : 2 * i + 2]) for i, (name, _) in enumerate(shares))
    return Division(SplitBands(axis, bands), tuple(int(count[at]) for count in counts), *chosen[1:])


def _places(stops: NDArray[np.int64], before: NDArray[np.int64], ideal: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return where a band may end, ascending: where tiles end, all or enough of these places."""
    places = np.unique(stops)
    if len(places) <= MOST_PLACES:
        return places
    even = np.linspace(0, len(places) - 1, MOST_PLACES - len(ideal) * NEAR_PLACES).astype(np.intp)
    centres = np.searchsorted(places, stops[np.clip(np.searchsorted(before, ideal) - 1, 0, len(stops) - 1)])
    near = (centres[:, None] + np.arange(-NEAR_PLACES // 2, NEAR_PLACES // 2)).ravel()
    chosen: NDArray[np.int64] = places[np.unique(np.clip(np.concatenate([even, near]), 0, len(places) - 1))]
    return chosen


def _best(counts: list[NDArray[np.int64]], wanted: NDArray[np.float64]) -> tuple[int, float, float] | None:
    """Return the flat index of the best choice, with what it misses and how uneven it is."""
    fits = np.flatnonzero(np.logical_and.reduce([count > 0 for count in counts]))
    if not fits.size:
        return None
    chosen = np.stack([np.broadcast_to(count, counts[0].shape).reshape(-1)[fits] for count in counts])
    missed = np.abs(chosen - wanted[:, None]).sum(axis=0)
    near = np.flatnonzero(missed <= missed.min() + 1e-6)
    shares = chosen[:, near] / chosen[:, near].sum(axis=0)
    unevenness = np.abs(shares - (wanted / wanted.sum())[:, None]).max(axis=0)
    best = int(near[np.argmin(unevenness)])
    return int(fits[best]), float(missed[best]), float(unevenness.min())
