"""Django-Labeller's ``__labels.json`` beside an image: polygons whose regions combine by exclusive or, and boxes."""

from __future__ import annotations

import math
from functools import reduce
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.annotations.areas import polygons_from
from napari_tiles_creator.annotations.json_text import told
from napari_tiles_creator.annotations.named_objects import (
    Gathered,
    NamedObjects,
    ObjectError,
    class_name_of,
    mapping_of,
    points_of,
    score_of,
)
from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray


def is_labeller(content: object) -> bool:
    """Whether the content of a JSON file has this form: an object with labels, or a bare list of them."""
    labels = content.get("labels") if isinstance(content, dict) else content
    return isinstance(labels, list) and all(isinstance(label, dict) and "label_type" in label for label in labels)


def labeller_objects(content: Mapping[str, Any] | list[Any], name: str) -> NamedObjects:
    """Return the objects of an image; source numbers are places among the labels, from 1.

    Parameters
    ----------
    content : mapping or list
        Of the JSON file.
    name : str
        What the file is called in messages.

    Raises
    ------
    AnnotationError
        If a label cannot be understood: which, and what was met.
    """
    gathered = Gathered()
    for place, label in enumerate(content if isinstance(content, list) else content["labels"], 1):
        try:
            _take(gathered, place, label)
        except ObjectError as error:
            raise AnnotationError(f"{name}, label {place}: {error}") from error
    return gathered.finished(name)


def _take(gathered: Gathered, place: int, label: Mapping[str, Any]) -> None:
    kind = label["label_type"]
    score = label.get("score", mapping_of(label.get("anno_data"), "anno_data").get("score"))
    name = class_name_of(label.get("label_class"), "label_class")
    if kind == "polygon":
        gathered.add(place, _polygon(label), name, score_of(score))
    elif kind == "box":
        gathered.add(place, _box(label), name, score_of(score), only_box=True)
    elif kind in ("point", "composite", "group", "oriented_ellipse"):
        gathered.pass_over(str(kind))
    else:
        raise ObjectError(f"its label_type is {told(kind)}: polygon or box is needed")


def _polygon(label: Mapping[str, Any]) -> Any:
    import shapely

    # Before there were regions a polygon had one, its vertices.
    regions = label.get("regions", [label["vertices"]] if "vertices" in label else None)
    if not isinstance(regions, list):
        raise ObjectError(f"its regions are {told(regions)}: a list of lists of points is needed")
    rings = polygons_from([_ring(region) for region in regions])
    return reduce(shapely.symmetric_difference, rings) if len(rings) else shapely.Polygon()


def _ring(region: object) -> NDArray[Any]:
    if not isinstance(region, list):
        raise ObjectError(f"a region of it is {told(region)}: a list of points is needed")
    return points_of(list(_plain(region)), "vertices")


def _plain(points: Iterable[object]) -> Iterable[list[Any]]:
    for point in points:
        found = mapping_of(point, "vertex")
        if not {"x", "y"} <= found.keys():
            raise ObjectError(f"its vertex {told(point)} has no x and y")
        yield [found["x"], found["y"]]


def _box(label: Mapping[str, Any]) -> Any:
    import shapely

    corners = points_of(list(_plain([label.get("centre"), label.get("size")])), "centre and size", least=2)
    (x, y), (width, height) = corners.tolist()
    if not (math.isfinite(width) and min(width, height) >= 0):
        raise ObjectError(f"its size is {width:g} × {height:g}: it must not be negative")
    return shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
