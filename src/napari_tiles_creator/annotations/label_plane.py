"""A label image: objects that are known by their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.label_bands import runs_of_labels
from napari_tiles_creator.annotations.label_runs import LabelRuns
from napari_tiles_creator.annotations.painting import padded
from napari_tiles_creator.annotations.pieces import pieces_of
from napari_tiles_creator.annotations.shown_labels import ShownLabels
from napari_tiles_creator.geometry.objects import TileAnnotations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.objects import BorderRule, Wanted

_MOST_CLASSES = (1 << 16) - 1
# Label values for which a table is made instead of searching each run's value.
_TABLE_VALUES = 1 << 20
# So few values, each in so many pieces on average, are classes rather than objects.
_FEW_VALUES, _MANY_PIECES = 12, 4
# Runs of a plane in which pieces are looked for only to tell that: some tenths of a second.
_MOST_RUNS = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class LabelPlane:
    """The objects of a calibrated label image, kept as runs; fulfils `DrawnPlane`.

    Parameters
    ----------
    runs : LabelRuns
        What is drawn; their owners are places in the tables that follow.
    numbers : array (objects,), uint32
        What each object is called: its value, or from 1 in the order of first pixels; ascending.
    classes : array (objects,), int64
        Class of each, from 0.
    areas : array (objects,), int64
        Pixels of each in the whole plane.
    has_shapes : bool, default True
        Shapes are known.
    """

    runs: LabelRuns
    numbers: NDArray[np.uint32]
    classes: NDArray[np.int64]
    areas: NDArray[np.int64]
    has_shapes: bool = True

    @classmethod
    def of_bands(cls, shape: tuple[int, int], bands: Iterable[NDArray[Any]], holds: str = "auto") -> LabelPlane:
        """Read a label image from top to bottom; 0 is background.

        Parameters
        ----------
        shape : (int, int)
            Height and width of the calibrated plane, px.
        bands : iterable of array (rows, width)
            Whole numbers of any type, or bool; only one band is held at a time.
        holds : {"auto", "instances", "classes", "pieces"}
            What the values mean. ``instances``: each value is an object. ``classes``: the value less 1 is a class, and
            each 4-connected piece of a value an object. ``pieces``: each 4-connected piece of whatever is not 0 is an
            object. ``auto``: instances, but pieces where there is one value only.

        Raises
        ------
        ValueError
            If a value is no whole number of 0…4,294,967,295, or of 0…65,535 for classes; or the bands do not add up
            to the plane. The message says what the image "holds", to be put behind its name.
        """
        runs = runs_of_labels(shape, bands, alike=holds == "pieces")
        values = np.unique(runs.owners)
        if holds == "classes" and len(values) and values[-1] > _MOST_CLASSES:
            raise ValueError(f"holds the value {values[-1]}: classes go up to {_MOST_CLASSES:,}")
        if holds in ("classes", "pieces") or (holds == "auto" and len(values) == 1):
            owners, first = pieces_of(runs)
            classes = runs.owners[first].astype(np.int64) - 1 if holds == "classes" else np.zeros(len(first), np.int64)
            numbers = np.arange(1, len(first) + 1, dtype=np.uint32)
        else:
            owners, numbers = _places(runs.owners, values), values
            classes = np.zeros(len(values), np.int64)
        runs = LabelRuns(shape, runs.starts, runs.stops, owners)
        return cls(runs, numbers, classes, runs.areas(len(numbers)))

    @property
    def highest_class(self) -> int:
        """The highest class that occurs, -1 where nothing is drawn."""
        return int(self.classes.max()) if len(self.classes) else -1

    def looks_like_classes(self) -> bool:
        """Whether a few values lie in many pieces each, which instances do not; False where it is not looked for."""
        values = len(self.numbers)
        if not 2 <= values <= _FEW_VALUES or len(self.runs.starts) > _MOST_RUNS:
            return False
        return len(pieces_of(self.runs)[1]) >= _MANY_PIECES * values

    def cut(
        self, box: Box, padding: tuple[int, int], pad_mode: str, wanted: Wanted, rule: BorderRule
    ) -> TileAnnotations:
        """Return what a tile shows; see `DrawnPlane.cut`. Objects are in ascending order of their numbers."""
        shown = ShownLabels.of(self.runs.within(np.array([[box.y, box.x, box.y_stop, box.x_stop]])))
        share = shown.areas / self.areas[shown.owners]
        is_cut = shown.areas < self.areas[shown.owners]
        kept = rule.keeps(share, is_cut, shown.areas / box.area)
        instances = classes = None
        if wanted.instances:
            numbers = np.where(kept, np.cumsum(kept), 0).astype(np.uint32)
            instances = padded(shown.painted(numbers, box.shape), padding, pad_mode)
        if wanted.classes:
            values = (self.classes[shown.owners] + 1).astype(np.uint16)
            if rule.at_border == "drop":
                values[~kept] = 0
            classes = padded(shown.painted(values, box.shape), padding, pad_mode)
        owners = shown.owners[kept]
        height, width = box.height + padding[0], box.width + padding[1]
        objects = shown.only(kept).objects(
            self.numbers[owners], self.classes[owners], share[kept], is_cut[kept], (height, width), wanted
        )
        return TileAnnotations(objects, instances, classes)

    def counts(self, boxes: NDArray[np.int64], rule: BorderRule) -> NDArray[np.int64]:
        """Return how many objects count in each box, array (n,); boxes are ``y, x, y_stop, x_stop``, array (n, 4)."""
        found = np.zeros(len(boxes), np.int64)
        tile_areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
        for part in self.runs.by_boxes(boxes):
            # What one object shows in one box, added up.
            keys = part.boxes * max(1, len(self.areas)) + part.owners
            shown, which = np.unique(keys, return_inverse=True)
            box, owner = np.divmod(shown, max(1, len(self.areas)))
            visible = np.bincount(which, part.stops - part.starts, minlength=len(shown))
            covered = visible / tile_areas[box]
            kept = rule.keeps(visible / self.areas[owner], visible < self.areas[owner], covered)
            found += np.bincount(box[kept], minlength=len(boxes))
        return found


def _places(owners: NDArray[np.uint32], values: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return the place of each run's value among the values."""
    if len(values) and values[-1] < _TABLE_VALUES:
        table = np.zeros(int(values[-1]) + 1, np.uint32)
        table[values] = np.arange(len(values), dtype=np.uint32)
        return table[owners]
    return np.searchsorted(values, owners).astype(np.uint32)
