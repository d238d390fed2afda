"""A plane of labels as runs of equal values: small where objects are large, and any rectangle is found at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# What is looked at together, rows of boxes or runs: bounds what asking for many boxes takes.
_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class BoxRuns:
    """What boxes show of the runs of a plane, box by box, from top to bottom and from left to right.

    Parameters
    ----------
    boxes : array (n,), int64
        Which of the boxes each run lies in.
    rows, starts, stops : array (n,), int64
        Row, first and stop column of what is visible of it, px of its box.
    owners : array (n,), uint32
        Which object it belongs to.
    """

    boxes: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    owners: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Rows of boxes, and the runs ``first…stop - 1`` of the plane that each shows."""

    boxes: NDArray[np.int64]
    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    stop: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LabelRuns:
    """The runs of a plane whose pixels belong to objects, 16 bytes each.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the plane, px.
    starts : array (n,), int64
        ``row * width + first column`` of each run, in ascending order.
    stops : array (n,), uint32
        Stop column of each; runs share no pixel.
    owners : array (n,), uint32
        Which object each belongs to; those of one row and object do not touch.
    """

    shape: tuple[int, int]
    starts: NDArray[np.int64]
    stops: NDArray[np.uint32]
    owners: NDArray[np.uint32]

    def areas(self, count: int) -> NDArray[np.int64]:
        """Return how many pixels each of so many objects has, array (count,)."""
        found = np.zeros(count, np.int64)
        for k in range(0, len(self.starts), _AT_ONCE):
            part = slice(k, k + _AT_ONCE)
            np.add.at(found, self.owners[part], self.stops[part] - self.starts[part] % self.shape[1])
        return found

    def within(self, boxes: NDArray[np.int64]) -> BoxRuns:
        """Return what some boxes show, all of it at once.

        It costs what the boxes show and the number of their rows, but for a search in all runs for each row.

        Parameters
        ----------
        boxes : array (boxes, 4), int64
            ``y, x, y_stop, x_stop``, px, inside the plane.
        """
        lines = self._lines(boxes)
        return self._parts(boxes, lines, 0, len(lines.rows))

    def by_boxes(self, boxes: NDArray[np.int64]) -> Iterator[BoxRuns]:
        """Yield what many boxes show, some of them at a time so that memory is bounded; see `within`."""
        done, rows = 0, np.cumsum(boxes[:, 2] - boxes[:, 0])
        while done < len(boxes):
            before = rows[done - 1] if done else 0
            stop = max(done + 1, int(np.searchsorted(rows, before + _AT_ONCE, side="right")))
            for found in self._some_at_a_time(boxes[done:stop]):
                found.boxes[:] += done
                yield found
            done = stop

    def _some_at_a_time(self, boxes: NDArray[np.int64]) -> Iterator[BoxRuns]:
        lines = self._lines(boxes)
        # A box is never parted: whoever counts its objects needs them together.
        ends = np.searchsorted(lines.boxes, np.arange(len(boxes)), side="right")
        runs = np.concatenate([np.zeros(1, np.int64), np.cumsum(lines.stop - lines.first)])[ends]
        done = 0
        while done < len(boxes):
            before = runs[done - 1] if done else 0
            stop = max(done + 1, int(np.searchsorted(runs, before + _AT_ONCE, side="right")))
            yield self._parts(boxes, lines, int(ends[done - 1]) if done else 0, int(ends[stop - 1]))
            done = stop

    def _lines(self, boxes: NDArray[np.int64]) -> _Lines:
        """Return the rows of boxes."""
        width = self.shape[1]
        heights = boxes[:, 2] - boxes[:, 0]
        box = np.repeat(np.arange(len(boxes)), heights)
        row = np.arange(len(box)) - np.repeat(np.cumsum(heights) - heights, heights)
        begins = (boxes[box, 0] + row) * width
        first = np.searchsorted(self.starts, begins + boxes[box, 1])
        stop = np.searchsorted(self.starts, begins + boxes[box, 3])
        if len(self.starts):
            # The run before may reach into the box.
            before = np.maximum(first - 1, 0)
            reaches = (first > 0) & (self.starts[before] >= begins) & (self.stops[before] > boxes[box, 1])
            first = first - reaches
        return _Lines(box, row, first, np.maximum(stop, first))

    def _parts(self, boxes: NDArray[np.int64], lines: _Lines, begin: int, end: int) -> BoxRuns:
        """Return the runs of the lines ``begin…end - 1``, cut with their boxes."""
        first, counts = lines.first[begin:end], (lines.stop - lines.first)[begin:end]
        run = np.arange(int(counts.sum())) + np.repeat(first - (np.cumsum(counts) - counts), counts)
        box, row = np.repeat(lines.boxes[begin:end], counts), np.repeat(lines.rows[begin:end], counts)
        y, x, _, x_stop = boxes[box].T
        starts = np.maximum(self.starts[run] - (y + row) * self.shape[1] - x, 0)
        stops = np.minimum(self.stops[run].astype(np.int64), x_stop) - x
        return BoxRuns(box, row, starts, stops, self.owners[run])
