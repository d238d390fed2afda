"""GeoJSON of one image as QuPath writes it: features with a classification and measurements, in pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.areas import areal
from napari_tiles_creator.annotations.json_text import told
from napari_tiles_creator.annotations.named_objects import (
    MOST_PX,
    Gathered,
    NamedObjects,
    ObjectError,
    class_name_of,
    mapping_of,
    score_of,
)
from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What measurements call how sure a model is, whatever the case.
SCORES = ("score", "confidence", "probability", "detection probability")
# In `metadata`, for a box that nothing else tells from a polygon of four points.
SHAPE, BOX = "shape", "box"


def is_geojson(content: object) -> bool:
    """Whether the content of a JSON file is a feature, a collection of them or a list of them."""
    if isinstance(content, list):
        return all(isinstance(entry, dict) and entry.get("type") == "Feature" for entry in content)
    return isinstance(content, dict) and content.get("type") in ("Feature", "FeatureCollection")


def geojson_objects(content: Mapping[str, Any] | list[Any], name: str) -> NamedObjects:
    """Return the objects of an image; source numbers are places among the features, from 1.

    Parameters
    ----------
    content : mapping or list
        Of the JSON file.
    name : str
        What the file is called in messages.

    Raises
    ------
    AnnotationError
        If a feature cannot be understood: which, and what was met.
    """
    features = content if isinstance(content, list) else content.get("features", [content])
    if not isinstance(features, list):
        raise AnnotationError(f"{name}: its features are {told(features)}: a list is needed")
    gathered = Gathered()
    for place, feature in enumerate(features, 1):
        try:
            _take(gathered, place, mapping_of(feature, "value"))
        except ObjectError as error:
            raise AnnotationError(f"{name}, feature {place}: {error}") from error
    return gathered.finished(name)


def _take(gathered: Gathered, place: int, feature: Mapping[str, Any]) -> None:
    geometry = _geometry(feature.get("geometry"))
    if geometry.is_empty:
        gathered.pass_over(str(mapping_of(feature.get("geometry"), "geometry").get("type")))
        return
    properties = mapping_of(feature.get("properties"), "properties")
    only_box = mapping_of(properties.get("metadata"), "metadata").get(SHAPE) == BOX
    gathered.add(place, geometry, _class_name(properties), _score(properties), only_box=only_box)


def _geometry(value: object) -> Any:
    """Return what of a geometry has an area."""
    import shapely
    from shapely.geometry import shape

    try:
        found = shapely.force_2d(shape(mapping_of(value, "geometry")))
    except ObjectError:
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ObjectError(f"its geometry {told(value)} is none that GeoJSON knows: {error}") from error
    if not np.all(np.abs(shapely.get_coordinates(found)) < MOST_PX):
        raise ObjectError(f"its geometry {told(value)} holds what is no pixel of any image")
    return areal(np.array([found], object))[0]


def _class_name(properties: Mapping[str, Any]) -> str:
    classification = properties.get("classification")
    if isinstance(classification, str):
        return class_name_of(classification, "classification")
    named = mapping_of(classification, "classification")
    if "names" in named and isinstance(named["names"], list):  # QuPath from version 0.5 on
        return class_name_of(": ".join(map(str, named["names"])), "classification")
    return class_name_of(named.get("name", properties.get("name")), "classification")


def _score(properties: Mapping[str, Any]) -> float:
    measurements = properties.get("measurements")
    if isinstance(measurements, list):  # QuPath before version 0.4
        measurements = {str(entry.get("name")): entry.get("value") for entry in measurements if isinstance(entry, dict)}
    found = {key.lower(): value for key, value in mapping_of(measurements, "measurements").items()}
    value = next((found[key] for key in SCORES if key in found), properties.get("score"))
    return score_of(value)
