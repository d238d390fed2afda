"""LabelMe's JSON beside an image: rectangles, polygons, circles and masks, each with a label."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

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
from napari_tiles_creator.annotations.outlines import outline
from napari_tiles_creator.errors import AnnotationError
from napari_tiles_creator.geometry.run_lengths import RunLengths

if TYPE_CHECKING:
    from collections.abc import Mapping

# What has no area: points and lines.
WITHOUT_AREA = ("point", "points", "line", "linestrip")
# Segments of a quarter of a circle.
CIRCLE_SEGMENTS = 32


def is_labelme(content: object) -> bool:
    """Whether the content of a JSON file has LabelMe's form."""
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def labelme_objects(content: Mapping[str, Any], shape: tuple[int, int], name: str) -> NamedObjects:
    """Return the objects of an image; source numbers are places among the shapes, from 1.

    Parameters
    ----------
    content : mapping
        Of the JSON file.
    shape : (int, int)
        Height and width of the image, px.
    name : str
        What the file is called in messages.

    Raises
    ------
    AnnotationError
        If it is that of an image of another size, or a shape cannot be understood: which, and what was met.
    """
    said = content.get("imageHeight"), content.get("imageWidth")
    if None not in said and said != shape:
        raise AnnotationError(f"{name}: says that the image is {said[0]} × {said[1]} px high and wide, it is {shape}")
    gathered = Gathered()
    for place, entry in enumerate(content["shapes"], 1):
        try:
            _take(gathered, place, mapping_of(entry, "value"))
        except ObjectError as error:
            raise AnnotationError(f"{name}, shape {place}: {error}") from error
    return gathered.finished(name)


def _take(gathered: Gathered, place: int, entry: Mapping[str, Any]) -> None:
    kind = entry.get("shape_type", "polygon")
    if kind in WITHOUT_AREA:
        gathered.pass_over(f"{kind}")
        return
    geometry = _geometry(entry, kind)
    label, score = class_name_of(entry.get("label"), "label"), score_of(entry.get("score"))
    gathered.add(place, geometry, label, score, only_box=kind == "rectangle")


def _geometry(entry: Mapping[str, Any], kind: object) -> Any:
    import shapely

    points = points_of(entry.get("points"), "points", least=3 if kind == "polygon" else 2)
    if kind == "polygon":
        return polygons_from([points])[0]
    if kind == "rectangle":
        return shapely.box(*points.min(axis=0), *points.max(axis=0))
    if kind == "circle":  # its centre, and a point on it
        return shapely.Point(points[0]).buffer(math.dist(*points[:2]), quad_segs=CIRCLE_SEGMENTS)
    if kind == "mask":
        return _of_mask(entry.get("mask"), points)
    raise ObjectError(f"its shape_type is {told(kind)}: rectangle, polygon, circle or mask is needed")


def _of_mask(mask: object, points: Any) -> Any:
    """Return the outline of a mask, a PNG in base64 whose first pixel is the first point."""
    import shapely
    from PIL import Image, UnidentifiedImageError

    if not isinstance(mask, str):
        raise ObjectError(f"its mask is {told(mask)}: a PNG in base64 is needed")
    try:
        with Image.open(io.BytesIO(base64.b64decode(mask, validate=True))) as picture:
            pixels = np.asarray(picture)
    except (ValueError, OSError, UnidentifiedImageError) as error:
        raise ObjectError(f"its mask cannot be decoded: {error}") from error
    if pixels.ndim != 2:
        raise ObjectError(f"its mask has {pixels.ndim} axes: a picture of one channel is needed")
    return shapely.transform(
        outline(RunLengths.of_mask(pixels)), lambda corners: corners + np.round(points.min(axis=0))
    )
