"""Objects whose classes are names, as most JSON files of annotations have them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.annotations.json_text import told

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Beyond, a coordinate is no pixel of any image, and a score is none.
MOST_PX = 1e9


class ObjectError(ValueError):
    """What is wrong with an object; the caller names file and object."""


@dataclass(frozen=True, slots=True, eq=False)
class NamedObjects:
    """What is drawn on an image.

    Parameters
    ----------
    objects : DrawnObjects
        Class numbers are places in `class_names`.
    class_names : tuple of str
        In the order in which they are met; empty for objects without a class.
    """

    objects: DrawnObjects
    class_names: tuple[str, ...]


@dataclass
class Gathered:
    """Objects that are read one by one.

    Attributes
    ----------
    without_area : dict of str to int
        How many were passed over, by what they are: points, lines.
    """

    geometries: list[Any] = field(default_factory=list)
    classes: list[int] = field(default_factory=list)
    only_boxes: list[bool] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    without_area: dict[str, int] = field(default_factory=dict)

    def add(self, place: int, geometry: Any, name: str, score: float, *, only_box: bool = False) -> None:
        """Take in an object: its place in the file from 1, geometry, name of its class and score (NaN: unknown)."""
        self.geometries.append(geometry)
        self.classes.append(self.names.setdefault(name, len(self.names)))
        self.only_boxes.append(only_box)
        self.scores.append(score)
        self.places.append(place)

    def pass_over(self, kind: str) -> None:
        """Count what has no area."""
        self.without_area[kind] = self.without_area.get(kind, 0) + 1

    def finished(self, name: str) -> NamedObjects:
        """Return the objects; notes begin with the file's name."""
        found = DrawnObjects.of(self.geometries, self.classes, self.only_boxes, self.places, scores=self.scores)
        lost = self.without_area | ({"empty": len(self.places) - len(found)} if len(found) < len(self.places) else {})
        if lost:
            kinds = ", ".join(f"{count} {kind}" for kind, count in lost.items())
            note = f"{name}: left out, for want of an area: {kinds}"
            found = DrawnObjects(
                found.geometries, found.class_numbers, found.source_numbers, found.only_boxes, (note,), found.scores
            )
        return NamedObjects(found, tuple(self.names))


def points_of(value: object, what: str, least: int = 3) -> NDArray[np.float64]:
    """Return a list of ``[x, y]``, array (points, 2); ObjectError where it is none."""
    try:
        found = np.array(value) if isinstance(value, list) else None
    except ValueError:  # lists of different lengths in it
        found = None
    if found is None or found.ndim != 2 or found.shape[1] < 2 or found.dtype.kind not in "iuf":
        raise ObjectError(f"its {what} {told(value)} are no list of points x, y")
    points = found[:, :2].astype(np.float64)
    if not np.all(np.abs(points) < MOST_PX):
        wrong = points[~(np.abs(points) < MOST_PX)][0]
        raise ObjectError(f"its {what} have {wrong:g}, which is no pixel of any image")
    if len(points) < least:
        raise ObjectError(f"its {what} are {len(points)}: at least {least} are needed")
    return points


def score_of(value: object) -> float:
    """Return a score, NaN where there is none; ObjectError where it is no number."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < MOST_PX:
        raise ObjectError(f"its score is {told(value)}: a number is needed")
    return float(value)


def class_name_of(value: object, what: str) -> str:
    """Return the name of a class, empty where there is none; ObjectError where it is no text of one line."""
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isprintable():
        raise ObjectError(f"its {what} is {told(value)}: the name of a class is needed")
    return value.strip()


def mapping_of(value: object, what: str) -> dict[str, Any]:
    """Return a JSON object, an empty one where there is none; ObjectError where it is something else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ObjectError(f"its {what} is {told(value)}, not an object")
    return value
