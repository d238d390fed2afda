"""Bands of a plane that belong to one split each, for images that are shared out between several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Band:
    """Pixels ``start <= position < stop`` along an axis that belong to a split."""

    split: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class SplitBands:
    """Bands of a calibrated plane, each over its whole width or height.

    A tile belongs to the band that holds all of it; one that no band holds belongs to no split.

    Parameters
    ----------
    axis : int
        0: bands lie below each other, 1: beside each other.
    bands : tuple of Band
        In ascending order, without common pixels, calibrated px.
    """

    axis: int
    bands: tuple[Band, ...]

    def splits_of(self, boxes: NDArray[np.int64]) -> NDArray[np.str_]:
        """Return the split of each box, array (n,); empty where no band holds all of it.

        Parameters
        ----------
        boxes : array (n, 4)
            ``y, x, y_stop, x_stop``, calibrated px.
        """
        starts, stops = boxes[:, self.axis], boxes[:, self.axis + 2]
        found = np.full(len(boxes), "", dtype=np.dtype("<U5"))
        for band in self.bands:
            found[(starts >= band.start) & (stops <= band.stop)] = band.split
        return found

    def boxes(self, split: str, shape: tuple[int, int]) -> list[Box]:
        """Return what belongs to a split of a plane of this height and width, calibrated px."""
        height, width = shape
        if self.axis == 0:
            return [Box(b.start, 0, b.stop - b.start, width) for b in self.bands if b.split == split]
        return [Box(0, b.start, height, b.stop - b.start) for b in self.bands if b.split == split]


def shared_between(boxes: NDArray[np.int64], splits: NDArray[np.str_]) -> tuple[int, int] | None:
    """Return two boxes of different splits that share a pixel, None where there are none.

    Boxes that bands along an axis keep apart, as an export makes them, cost no more than sorting.

    Parameters
    ----------
    boxes : array (n, 4)
        ``y, x, y_stop, x_stop`` in one plane, px: the source pixels that tiles are made from (`source_boxes`).
    splits : array (n,)
        The split of each; what belongs to none, an empty text, is passed over.

    Returns
    -------
    indices : (int, int) or None
        The first such box of the first of the two splits by name, and one that it shares a pixel with.
    """
    area = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    suspects = np.flatnonzero((splits != "") & area)
    names, numbers = np.unique(splits, return_inverse=True)
    numbers = numbers.reshape(-1)
    for axis in (0, 1):
        suspects = suspects[_mixed(boxes[suspects, axis], boxes[suspects, axis + 2], numbers[suspects])]
    for number in range(len(names)):
        mine = suspects[numbers[suspects] == number]
        others = suspects[numbers[suspects] > number]
        if mine.size and others.size and (found := _shared(boxes[mine], boxes[others])):
            return int(mine[found[0]]), int(others[found[1]])
    return None


def _mixed(starts: NDArray[np.int64], stops: NDArray[np.int64], numbers: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell of which intervals others of another number cannot be far, array (n,).

    Intervals that touch each other one after the other form a chain; chains of one number are harmless.
    """
    if not starts.size:
        return np.zeros(0, bool)
    order = np.argsort(starts, kind="stable")
    reached = np.maximum.accumulate(stops[order])
    chain = np.zeros(len(order), np.intp)
    chain[1:] = np.cumsum(starts[order][1:] >= reached[:-1])
    firsts = np.flatnonzero(np.diff(chain, prepend=-1))
    sorted_numbers = numbers[order]
    is_mixed = np.maximum.reduceat(sorted_numbers, firsts) > np.minimum.reduceat(sorted_numbers, firsts)
    found = np.empty(len(order), bool)
    found[order] = is_mixed[chain]
    return found


def _shared(first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[int, int] | None:
    """Return the positions of a box of each array that share a pixel."""
    import shapely

    # Whole pixels that are shared remain where every side is moved in by a quarter; common sides do not.
    inward = np.array([0.25, 0.25, -0.25, -0.25])
    shapes = [shapely.box(*(boxes[:, (1, 0, 3, 2)] + inward).T) for boxes in (first, second)]
    pairs = shapely.STRtree(shapes[1]).query_nearest(shapes[0], max_distance=0.25, all_matches=False)
    if not pairs.size:
        return None
    at = int(np.argmin(pairs[0]))
    return int(pairs[0, at]), int(pairs[1, at])
