"""Which runs of a plane hang together: its 4-connected pieces, without an array of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.label_runs import LabelRuns

# Runs whose neighbours are looked for together: bounds what finding pieces takes.
_AT_ONCE = 1 << 18


def pieces_of(runs: LabelRuns) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the pieces of a plane: pixels of one owner that hang together by their sides.

    Returns
    -------
    pieces : array (runs,), uint32
        Which piece each run belongs to, from 0 in the order of their first pixels, row by row.
    first : array (pieces,), int64
        The first run of each piece.
    """
    pieces = np.zeros(len(runs.starts), np.uint32)
    found = 0
    across: list[NDArray[np.int64]] = []
    parts = list(_parts(runs))
    for begin, end in parts:
        above, below = _neighbours(runs, begin, end)
        inside = above >= begin
        labels, count = _connected(np.stack([above, below])[:, inside] - begin, end - begin)
        pieces[begin:end] = labels + found
        found += count
        # Neighbours of which the upper one belongs to the part before.
        across.append(np.stack([pieces[above[~inside]], pieces[below[~inside]]]).astype(np.int64))
    if len(across) > 1:
        joined, found = _connected(np.concatenate(across, axis=1), found)
        for begin, end in parts:
            pieces[begin:end] = joined[pieces[begin:end]]
    first = np.zeros(found, np.int64)
    for begin, end in reversed(parts):
        first[pieces[begin:end][::-1]] = np.arange(end - 1, begin - 1, -1)  # of several the last to be set stays
    order = np.argsort(first)
    rank = np.empty(found, np.uint32)
    rank[order] = np.arange(found, dtype=np.uint32)
    for begin, end in parts:
        pieces[begin:end] = rank[pieces[begin:end]]
    return pieces, first[order]


def _parts(runs: LabelRuns) -> Iterator[tuple[int, int]]:
    """Yield runs ``begin…end - 1`` of whole rows."""
    width, begin = max(1, runs.shape[1]), 0
    while begin < len(runs.starts):
        last = min(begin + _AT_ONCE, len(runs.starts)) - 1
        end = int(np.searchsorted(runs.starts, (runs.starts[last] // width + 1) * width))
        yield begin, end
        begin = end


def _neighbours(runs: LabelRuns, begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of runs of one owner that share a side, of which the lower one is one of ``begin…end - 1``."""
    width = runs.shape[1]
    # The row above the first one belongs to the part before.
    top = int(np.searchsorted(runs.starts, (runs.starts[begin] // width - 1) * width))
    starts = runs.starts[top:end]
    ends = starts // width * width + runs.stops[top:end]
    # In the row above: the first run that stops behind the start, and the first that does not start before the stop.
    first = np.searchsorted(ends, starts[begin - top :] - width, side="right")
    counts = np.searchsorted(starts, ends[begin - top :] - width) - first
    above = np.arange(int(counts.sum())) + np.repeat(first - (np.cumsum(counts) - counts), counts) + top
    below = np.repeat(np.arange(begin, end), counts)
    same = runs.owners[above] == runs.owners[below]
    return above[same], below[same]


def _connected(pairs: NDArray[np.int64], count: int) -> tuple[NDArray[np.int64], int]:
    """Return to which of the groups that pairs make each of ``count`` belongs, and how many groups there are."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(pairs.shape[1], np.bool_), (pairs[0], pairs[1])), shape=(count, count))
    groups, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64), int(groups)
