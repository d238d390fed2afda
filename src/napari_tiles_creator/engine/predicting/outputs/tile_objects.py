"""The objects in a predicted mask: connected pixels of one class, or pixels of one number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.label_bands import runs_of_labels
from napari_tiles_creator.annotations.outlines import outlines
from napari_tiles_creator.geometry.run_lengths import RunLengths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.tile_result import TileResult


@dataclass(frozen=True, eq=False)
class TileObjects:
    """Objects as runs of their rows.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the tile, px.
    class_numbers : array (n,), int64
        Class of each object as the model counts them: 0 is background.
    owners, rows, starts, stops : array (runs,), int64
        Object 0…n - 1, row, first and stop column of each run, px.
    """

    shape: tuple[int, int]
    class_numbers: NDArray[np.int64]
    owners: NDArray[np.int64]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.class_numbers)

    @cached_property
    def outlines(self) -> NDArray[np.object_]:
        """Outline of each, shapely Polygon or MultiPolygon with its holes, along the edges of pixels."""
        return outlines(self.owners, self.rows, self.starts, self.stops, len(self))

    @cached_property
    def runs(self) -> list[RunLengths]:
        """The pixels of each."""
        order = np.lexsort((self.starts, self.rows, self.owners))
        ends = np.searchsorted(self.owners[order], np.arange(len(self) + 1))
        found = []
        for first, stop in pairwise(ends.tolist()):
            own = order[first:stop]
            counts = np.bincount(self.rows[own], minlength=self.shape[0])
            runs = np.stack([self.starts[own], self.stops[own]], axis=1).astype(np.uint32)
            found.append(RunLengths(self.shape, np.concatenate([[0], np.cumsum(counts)]), runs))
        return found

    @property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each."""
        found = np.zeros(len(self), np.int64)
        np.add.at(found, self.owners, self.stops - self.starts)
        return found


def objects_of(result: TileResult) -> TileObjects:
    """Return the objects that a tile shows, those of a mask in the order of their topmost, then leftmost pixels.

    Pixels of a class that share an edge belong to one object; numbered objects are taken as they are.
    """
    if result.kind == "labels":
        return _numbered(result.pixels)
    numbers = [result.wanted or 0] if result.kind == "mask" else np.unique(result.pixels).tolist()
    numbers = [number for number in numbers if number or result.kind == "mask"]
    labels: NDArray[np.uint32] = np.zeros(result.pixels.shape, np.uint32)
    classes: list[int] = []
    for number in numbers:
        count = _connected(
            result.pixels > 0 if result.kind == "mask" else result.pixels == number, labels, len(classes)
        )
        classes += [number] * count
    return _of_runs(labels, np.array(classes, np.int64), np.arange(1, len(classes) + 1))


def _connected(mask: NDArray[np.bool_], labels: NDArray[np.uint32], before: int) -> int:
    """Give numbers to the pieces of a mask in an image of labels, after so many others; return how many they are."""
    from scipy.ndimage import label

    found, count = label(mask)
    labels[mask] = found[mask] + before
    return int(count)


def _numbered(labels: NDArray[Any]) -> TileObjects:
    ids = np.unique(labels)
    ids = ids[ids > 0]
    return _of_runs(labels, np.ones(len(ids), np.int64), ids)


def _of_runs(labels: NDArray[Any], classes: NDArray[np.int64], ids: NDArray[Any]) -> TileObjects:
    shape = (labels.shape[0], labels.shape[1])
    found = runs_of_labels(shape, [labels])
    rows, starts = np.divmod(found.starts, shape[1])
    owners = np.searchsorted(ids, found.owners).astype(np.int64)
    return TileObjects(shape, classes, owners, rows, starts, found.stops.astype(np.int64))


def class_name(number: int, classes: Sequence[str]) -> str:
    """Return the name of a class as the model counts them; the dataset's first one is the model's class 1."""
    if 0 < number <= len(classes):
        return classes[number - 1]
    if number == 0:
        return "background"
    return "object" if number == 1 and not classes else f"class_{number}"
