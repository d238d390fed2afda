"""One partner a tile: of the copies of another tile a copy matches only the best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def best_partners(
    tiles: NDArray[Any], first: NDArray[Any], second: NDArray[Any], values: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the pairs that remain, best first, when each copy takes one partner in any other tile.

    Parameters
    ----------
    tiles : array (n,), integers
        Tile of each copy.
    first, second : array (m,), integers
        The copies of each pair.
    values : array (m,)
        How good each pair is; of equal ones that of the earlier copies is the better.

    Returns
    -------
    kept : array (m,), bool
    """
    tiles = np.asarray(tiles, np.int64)
    number_of_tiles = int(tiles.max(initial=0)) + 1
    order = np.lexsort((np.maximum(first, second), np.minimum(first, second), -values))
    rank = np.empty(len(first), np.int64)
    rank[order] = np.arange(len(first))
    # A copy may be the first of one pair and the second of another: one numbering for both ends.
    ways = ((first, second), (second, first))
    keys = np.concatenate([own.astype(np.int64) * number_of_tiles + tiles[other] for own, other in ways])
    ends = np.unique(keys, return_inverse=True)[1].reshape(2, -1)
    count = int(ends.max(initial=-1)) + 1
    kept, open_pairs = np.zeros(len(first), np.bool_), np.arange(len(first))
    while open_pairs.size:
        best = np.full(count, len(first), np.int64)
        for end in ends:
            np.minimum.at(best, end[open_pairs], rank[open_pairs])
        wins = (best[ends[0][open_pairs]] == rank[open_pairs]) & (best[ends[1][open_pairs]] == rank[open_pairs])
        kept[open_pairs[wins]] = True
        taken = np.zeros(count, np.bool_)
        taken[ends[:, open_pairs[wins]]] = True
        open_pairs = open_pairs[~taken[ends[0][open_pairs]] & ~taken[ends[1][open_pairs]]]
    return kept
