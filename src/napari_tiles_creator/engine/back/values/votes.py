"""Class maps of overlapping tiles: in each pixel the class that the most weight of tiles speaks for."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.values.combining import like
from napari_tiles_creator.engine.back.values.gaps import Gaps
from napari_tiles_creator.engine.back.values.reading import tiles_shown
from napari_tiles_creator.engine.back.values.weights import axis_weights
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
    from napari_tiles_creator.geometry.grid import TileGrid

# Weights are counted in these units, so that sums are exact and equal ones are told as equal.
_UNITS = 1 << 24
# Numbers that are sorted at a time where tiles differ.
_CHUNK = 1 << 20


def voted_bands(tiles: PlaneTiles, *, fill: float | None = None, workers: int = 1) -> Iterator[NDArray[Any]]:
    """Yield the rows of a plane of classes from top to bottom, a band of them at a time.

    Each tile speaks for the class that it shows, with the weight of the linear blend; of classes with equal weight the
    lowest number is taken. Tiles without a grid all have the same weight. The tiles over two rows of tiles are held at
    most, where overlaps are no larger than half a tile. The result does not depend on the number of workers.

    Parameters
    ----------
    tiles : PlaneTiles
        The tiles, of whole numbers.
    fill : float, optional
        What stands in a pixel of no tile. Without it there may be none, but for the rest that the edge policy
        ``drop`` leaves out, which is 0.
    workers : int, default 1
        Threads that read ahead.

    Yields
    ------
    rows : array (rows, x[, c])
        Of the tiles' type; float32 where every tile is missing. They may be kept.

    Raises
    ------
    ValueError
        Where pixels lie in no tile; for tiles that differ in type or channels, or that hold no whole numbers.
    """
    return _bands(tiles, Gaps(tiles, fill), workers)


@dataclass(frozen=True, slots=True, eq=False)
class _Ballot:
    """A tile that is there, and the weights of its rows and columns."""

    box: Box
    pixels: NDArray[Any]
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def pixels_in(self, box: Box) -> NDArray[Any]:
        """Return what it shows of a box that lies in it."""
        return self.pixels[box.moved(-self.box.y, -self.box.x).slices]

    def weights_in(self, box: Box) -> NDArray[np.int64]:
        """Return its weights in a box that lies in it, array (y, x)."""
        y, x = box.moved(-self.box.y, -self.box.x).slices
        return self.rows[y, None] * self.columns[x]


class _Weights:
    """The weights of tiles in whole numbers: those of the linear blend, or 1 for each without a grid."""

    def __init__(self, grid: TileGrid | None) -> None:
        self._axes = grid and tuple(
            [np.maximum(1, np.rint(weights * _UNITS)).astype(np.int64) for weights in axis_weights(axis, "linear")]
            for axis in (grid.rows, grid.columns)
        )

    def ballot(self, tiles: PlaneTiles, number: int, pixels: NDArray[Any]) -> _Ballot:
        box = tiles.boxes[number]
        if not self._axes:
            return _Ballot(box, pixels, np.ones(box.height, np.int64), np.ones(box.width, np.int64))
        row, column = tiles.places[number]
        return _Ballot(box, pixels, self._axes[0][row], self._axes[1][column])


def _bands(tiles: PlaneTiles, gaps: Gaps, workers: int) -> Iterator[NDArray[Any]]:
    height, width = tiles.shape
    weights = _Weights(tiles.grid)
    form: tuple[tuple[int, ...], np.dtype[Any]] = (), np.dtype(np.float32)
    open_: list[_Ballot] = []
    y = 0
    with closing(tiles_shown(tiles, workers)) as shown:
        for number, pixels in shown:
            if pixels.dtype.kind not in "bui":
                raise ValueError(f"tile {number} holds {pixels.dtype} values, not classes in whole numbers")
            form = pixels.shape[2:], pixels.dtype
            ballot = weights.ballot(tiles, number, pixels)
            if ballot.box.y > y:
                yield from _rows(open_, y, ballot.box.y, width, gaps, form)
                y = ballot.box.y
                open_ = [other for other in open_ if other.box.y_stop > y]
            open_.append(ballot)
        yield from _rows(open_, y, height, width, gaps, form)
    gaps.check()


def _rows(
    ballots: list[_Ballot],
    y: int,
    y_stop: int,
    width: int,
    gaps: Gaps,
    form: tuple[tuple[int, ...], np.dtype[Any]],
) -> Iterator[NDArray[Any]]:
    """Yield rows between two borders of tiles; no tile begins between them."""
    channels, dtype = form
    stops = sorted({min(ballot.box.y_stop, y_stop) for ballot in ballots})
    for first, stop in pairwise([y, *stops]):
        over = [ballot for ballot in ballots if ballot.box.y_stop >= stop]
        band = np.empty((stop - first, width, *channels), dtype)
        for x, x_stop, voters in _cells(over, width):
            cell = Box.between(first, x, stop, x_stop)
            if voters:
                band[:, x:x_stop] = _elected(voters, cell)
            else:
                gaps.count(cell.area)
                band[:, x:x_stop] = gaps.value(dtype)
        yield band
    yield from gaps.bands(y_stop - max([y, *stops]), channels, dtype)


def _cells(ballots: list[_Ballot], width: int) -> Iterator[tuple[int, int, list[_Ballot]]]:
    """Yield first and last column between the borders of tiles, and the tiles over them."""
    begin = sorted(ballots, key=lambda ballot: ballot.box.x)
    borders = sorted({0, width, *(b.box.x for b in ballots), *(b.box.x_stop for b in ballots)})
    over: list[_Ballot] = []
    taken = 0
    for x, x_stop in pairwise(borders):
        over = [ballot for ballot in over if ballot.box.x_stop > x]
        while taken < len(begin) and begin[taken].box.x == x:
            over.append(begin[taken])
            taken += 1
        yield x, x_stop, over


def _elected(ballots: list[_Ballot], cell: Box) -> NDArray[Any]:
    """Return the classes that win in a box which all these tiles show."""
    votes = [ballot.pixels_in(cell) for ballot in ballots]
    if len(votes) == 1:
        return votes[0]
    differs = np.zeros(votes[0].shape, bool)
    for other in votes[1:]:
        differs |= votes[0] != other
    if not differs.any():
        return votes[0]
    if len(votes) == 2:
        lead = like(ballots[0].weights_in(cell) - ballots[1].weights_in(cell), votes[0])
        return np.where(lead > 0, votes[0], np.where(lead < 0, votes[1], np.minimum(*votes)))
    winner = votes[0].copy()
    weights = [np.broadcast_to(like(ballot.weights_in(cell), winner), winner.shape) for ballot in ballots]
    places = np.flatnonzero(differs)
    step = max(1, _CHUNK // len(votes))
    for start in range(0, places.size, step):
        some = np.unravel_index(places[start : start + step], winner.shape)
        winner[some] = _winners(np.stack([vote[some] for vote in votes]), np.stack([w[some] for w in weights]))
    return winner


def _winners(votes: NDArray[Any], weights: NDArray[np.int64]) -> NDArray[Any]:
    """Return the class with the largest sum of weights, the lowest of equals; arrays (tile, pixel) -> (pixel,)."""
    order = np.argsort(votes, axis=0, kind="stable")
    votes, weights = np.take_along_axis(votes, order, 0), np.take_along_axis(weights, order, 0)
    sums = np.cumsum(weights, axis=0)
    begins = np.ones(votes.shape, bool)
    begins[1:] = votes[1:] != votes[:-1]
    # Of sums that grow, the last before a class is the largest so far: what is above it is the class's own.
    own = sums - np.maximum.accumulate(np.where(begins, sums - weights, 0), axis=0)
    winners: NDArray[Any] = np.take_along_axis(votes, own.argmax(axis=0)[None], 0)[0]
    return winners
