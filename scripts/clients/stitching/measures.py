"""How well what was put together agrees with the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# From which intersection over union on two objects are the same.
SAME = 0.5


@dataclass(frozen=True)
class Score:
    """Objects that were found, against the true ones.

    Parameters
    ----------
    true, found, matched : int
        Numbers of objects; those matched share at least half of their union.
    shared : float
        Sum of the matched ones' intersections over unions.
    """

    true: int
    found: int
    matched: int
    shared: float

    @property
    def precision(self) -> float:
        """Share of what was found that is true."""
        return self.matched / max(self.found, 1)

    @property
    def recall(self) -> float:
        """Share of what is true that was found."""
        return self.matched / max(self.true, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.matched / max(self.true + self.found, 1)

    @property
    def miscounted(self) -> int:
        """By how many objects the count is wrong."""
        return abs(self.found - self.true)

    @property
    def matched_iou(self) -> float:
        """Mean intersection over union of matched objects."""
        return self.shared / max(self.matched, 1)

    @property
    def iou(self) -> float:
        """Mean intersection over union of all true objects, 0 for those without a match."""
        return self.shared / max(self.true, 1)


def of_labels(truth: NDArray[np.integer], found: NDArray[np.integer]) -> Score:
    """Compare label images (y, x)."""
    true_area, found_area = np.bincount(truth.ravel()), np.bincount(found.ravel())
    width = len(found_area)
    pairs, shared = np.unique(truth.ravel().astype(np.int64) * width + found.ravel(), return_counts=True)
    true_id, found_id = np.divmod(pairs, width)
    both = (true_id > 0) & (found_id > 0)
    true_id, found_id, shared = true_id[both], found_id[both], shared[both]
    iou = shared / (true_area[true_id] + found_area[found_id] - shared)
    return _score(np.count_nonzero(true_area[1:]), np.count_nonzero(found_area[1:]), true_id, found_id, iou)


def of_boxes(truth: NDArray[np.float64], found: NDArray[np.float64]) -> Score:
    """Compare boxes, arrays (n, 5): class, y0, x0, y1, x1; only those of one class can match."""
    from shapely import STRtree, box

    shapes = [box(x0, y0, x1, y1) for _, y0, x0, y1, x1 in found]
    true_shapes = [box(x0, y0, x1, y1) for _, y0, x0, y1, x1 in truth]
    true_at, found_at = STRtree(shapes).query(true_shapes, predicate="intersects")
    same = truth[true_at, 0] == found[found_at, 0]
    true_at, found_at = true_at[same], found_at[same]
    first, second = truth[true_at, 1:], found[found_at, 1:]
    sides = np.minimum(first[:, 2:], second[:, 2:]) - np.maximum(first[:, :2], second[:, :2])
    shared = np.prod(np.maximum(sides, 0), axis=1)
    iou = shared / (_areas(first) + _areas(second) - shared)
    return _score(len(truth), len(found), true_at, found_at, iou)


def _areas(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.prod(corners[:, 2:] - corners[:, :2], axis=1)


def _score(
    true: int, found: int, true_id: NDArray[np.int64], found_id: NDArray[np.int64], iou: NDArray[np.float64]
) -> Score:
    """Match one to one, the best pair first."""
    taken_true: set[int] = set()
    taken_found: set[int] = set()
    shared = 0.0
    for number in np.argsort(-iou, kind="stable"):
        if iou[number] < SAME:
            break
        one, other = int(true_id[number]), int(found_id[number])
        if one not in taken_true and other not in taken_found:
            taken_true.add(one)
            taken_found.add(other)
            shared += float(iou[number])
    return Score(true, found, len(taken_true), shared)


def boxes_of(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the boxes of a label image, array (n, 5): class (an id's remainder by 2), y0, x0, y1, x1."""
    from scipy.ndimage import find_objects

    return np.array(
        [
            (label % 2, place[0].start, place[1].start, place[0].stop, place[1].stop)
            for label, place in enumerate(find_objects(labels), 1)
            if place is not None
        ],
        float,
    )


def seam(error: NDArray[np.floating]) -> float:
    """Return the largest step of an error map from one line of pixels to the next, the mean along the line."""
    return max(float(np.abs(np.diff(error, axis=axis)).mean(axis=1 - axis).max()) for axis in (0, 1))
