"""A mask as the runs of its rows: exact, small where areas are large, decoded by rectangle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.coco_counts import compressed, decompressed
from napari_tiles_creator.geometry.run_bands import runs_of_bands, without_pairs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.run_bands import Band


class CocoMask(TypedDict):
    """A mask in COCO's form: ``size`` is height and width, ``counts`` a text or numbers, column by column."""

    size: list[int]
    counts: str | list[int]


@dataclass(frozen=True, slots=True, eq=False)
class RunLengths:
    """The pixels of a plane that are inside.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the plane, px.
    row_starts : array (height + 1,), int64
        Where the runs of each row begin among all runs; the last one is their number.
    runs : array (n, 2), uint32
        First and stop column of each run, px; row by row, from left to right, with a gap between two of a row.

    Raises
    ------
    ValueError
        If the arrays are not of this form.
    """

    shape: tuple[int, int]
    row_starts: NDArray[np.int64]
    runs: NDArray[np.uint32]

    def __post_init__(self) -> None:
        height, width = self.shape
        starts, runs = self.row_starts, self.runs
        if starts.shape != (height + 1,) or starts[0] != 0 or starts[-1] != len(runs) or np.any(np.diff(starts) < 0):
            raise ValueError(f"the rows of a mask of {height} rows do not add up to its {len(runs)} runs")
        if runs.ndim != 2 or runs.shape[1] != 2 or np.any(runs[:, 0] >= runs[:, 1]) or np.any(runs[:, 1] > width):
            raise ValueError(f"a run of a mask of {width} columns is empty or ends beyond its row")
        begins_row = np.zeros(len(runs) + 1, np.bool_)
        begins_row[starts] = True
        if np.any((runs[1:, 0] <= runs[:-1, 1]) & ~begins_row[1:-1]):
            raise ValueError("the runs of a row are not in order, or touch")

    @classmethod
    def of_mask(cls, mask: NDArray[Any]) -> RunLengths:
        """Return the runs of an array (y, x), whose pixels other than 0 are inside."""
        return cls.of_bands((mask.shape[0], mask.shape[1]), [mask] if len(mask) else [])

    @classmethod
    def of_bands(cls, shape: tuple[int, int], bands: Iterable[Band]) -> RunLengths:
        """Return the runs of a mask that comes in bands; see `runs_of_bands`."""
        found = list(runs_of_bands(shape, bands))
        counts = np.concatenate([np.zeros(1, np.int64), *(band.counts for band in found)])
        return cls(shape, np.cumsum(counts), np.concatenate([_none(), *(band.runs for band in found)]))

    @classmethod
    def of_coco(cls, mask: Mapping[str, Any]) -> RunLengths:
        """Return the runs of a mask in COCO's form, compressed or not.

        Raises
        ------
        ValueError
            If the counts are not those of a mask of this size.
        """
        height, width = (int(length) for length in mask["size"])
        given = mask["counts"]
        counts = decompressed(given) if isinstance(given, str | bytes) else np.asarray(given, np.int64)
        if counts.ndim != 1 or np.any(counts < 0) or counts.sum() != height * width:
            raise ValueError(f"the counts of a COCO mask do not add up to its {height} × {width} pixels")
        # Counts of 0 put several edges in one place: an even number of them changes nothing.
        edges, times = np.unique(np.cumsum(counts)[: len(counts) // 2 * 2], return_counts=True)
        return _wrapped(edges[times % 2 == 1], (width, height)).transposed()

    @property
    def area(self) -> int:
        """How many pixels are inside."""
        return int(np.sum(self.runs[:, 1] - self.runs[:, 0], dtype=np.int64))

    @property
    def bounding_box(self) -> Box | None:
        """The smallest box that holds all pixels inside, None where there are none."""
        if not len(self.runs):
            return None
        rows = np.flatnonzero(np.diff(self.row_starts))
        return Box.between(int(rows[0]), int(self.runs[:, 0].min()), int(rows[-1]) + 1, int(self.runs[:, 1].max()))

    def decode(self, box: Box | None = None) -> NDArray[np.bool_]:
        """Return a rectangle that lies inside the plane, or all of it, array (y, x)."""
        box = box or Box(0, 0, *self.shape)
        rows, starts, stops = self._within(box)
        edges = np.stack([rows * box.width + starts, rows * box.width + stops], axis=1).ravel()
        lengths = np.diff(np.concatenate([[0], edges, [box.area]]))
        inside = np.zeros(len(lengths), np.bool_)
        inside[1::2] = True
        return np.repeat(inside, lengths).reshape(box.shape)

    def uniform_value(self, box: Box) -> bool | None:
        """Return what all pixels of a rectangle are, None where they differ (or there are none)."""
        if not box.area:
            return None
        _, starts, stops = self._within(box)
        covered = int(np.sum(stops - starts))
        return None if 0 < covered < box.area else covered > 0

    def transposed(self) -> RunLengths:
        """Return the mask with rows and columns exchanged; takes memory in proportion to the runs of both."""
        height, width = self.shape
        rows = np.repeat(np.arange(height, dtype=np.int64), np.diff(self.row_starts))[:, None]
        edges = (rows * (width + 1) + self.runs).ravel()
        # Where a row differs from the one above it, the columns have their edges; the rows around the plane are empty.
        changes = without_pairs(np.sort(np.concatenate([edges, edges + width + 1]), kind="stable"))
        y, x = np.divmod(changes, width + 1)
        lengths = x[1::2] - x[::2]
        before = np.cumsum(lengths) - lengths
        columns = np.arange(int(lengths.sum())) + np.repeat(x[::2] - before, lengths)
        found = np.sort(columns * (height + 1) + np.repeat(y[::2], lengths))
        column, row = np.divmod(found, height + 1)
        return _of_edges((width, height), column[::2], row)

    def coco_counts(self) -> NDArray[np.int64]:
        """Return COCO's uncompressed counts, array (n,): pixels outside, inside, outside… column by column."""
        columns = self.transposed()
        height = columns.shape[1]
        first = np.repeat(np.arange(columns.shape[0], dtype=np.int64), np.diff(columns.row_starts))[:, None] * height
        edges = without_pairs((first + columns.runs).ravel())
        area = self.shape[0] * self.shape[1]
        ends = edges if len(edges) and edges[-1] == area else np.append(edges, area)
        return np.diff(ends, prepend=0)

    def to_coco(self, *, as_text: bool = True) -> CocoMask:
        """Return the mask in COCO's form, its counts compressed to a text or as numbers.

        The COCO API itself holds a count in 32 bits: a mask with a longer stretch of equal pixels it cannot read.
        """
        counts = self.coco_counts()
        return {"size": list(self.shape), "counts": compressed(counts) if as_text else counts.tolist()}

    def _within(self, box: Box) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return row, first and stop column of each run's part in a box, relative to the box."""
        starts = self.row_starts[box.y : box.y_stop + 1]
        runs = self.runs[starts[0] : starts[-1]].astype(np.int64)
        rows = np.repeat(np.arange(box.height, dtype=np.int64), np.diff(starts))
        first, stop = np.maximum(runs[:, 0] - box.x, 0), np.minimum(runs[:, 1] - box.x, box.width)
        kept = first < stop
        return rows[kept], first[kept], stop[kept]


def _none() -> NDArray[np.uint32]:
    return np.zeros((0, 2), np.uint32)


def _of_edges(shape: tuple[int, int], rows: NDArray[np.int64], edges: NDArray[np.int64]) -> RunLengths:
    """Return the mask of runs whose rows, array (n,), and columns of start and stop, array (2n,), are in order."""
    counts = np.bincount(rows, minlength=shape[0])
    row_starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return RunLengths(shape, row_starts, edges.astype(np.uint32).reshape(-1, 2))


def _wrapped(edges: NDArray[np.int64], shape: tuple[int, int]) -> RunLengths:
    """Return the mask of runs, as starts and stops among all pixels, that go on from each row to the next."""
    width = shape[1]
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return RunLengths(shape, np.zeros(shape[0] + 1, np.int64), _none())
    first, last = starts // width, (stops - 1) // width
    parts = last - first + 1
    rows = np.arange(int(parts.sum())) + np.repeat(first - (np.cumsum(parts) - parts), parts)
    begin = np.maximum(np.repeat(starts, parts) - rows * width, 0)
    end = np.minimum(np.repeat(stops, parts) - rows * width, width)
    return _of_edges(shape, rows, np.stack([begin, end], axis=1).ravel())
