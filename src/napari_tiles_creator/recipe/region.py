"""The region of a recipe: a rectangle, a GeoJSON file, or GeoJSON in the recipe itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from napari_tiles_creator.recipe.section import Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

AREAS = "Polygon, MultiPolygon, Feature, FeatureCollection or GeometryCollection"
Number = int | float
MOST = 1e12


class InlineRegion(Section):
    """Polygons that stand in the recipe, as a GeoJSON MultiPolygon; whatever areas were given become one."""

    type: Literal["MultiPolygon"] = "MultiPolygon"
    coordinates: tuple[tuple[tuple[tuple[Number, Number], ...], ...], ...]


def checked_region(value: object) -> object:
    """Return a region in one of its forms; ValueError says what is wrong with it."""
    if value is None or isinstance(value, InlineRegion):
        return value
    if isinstance(value, str):
        if not value.strip():
            raise ValueError("names no file: give a GeoJSON file, or leave it empty")
        return value
    if isinstance(value, dict):
        return InlineRegion(coordinates=polygons(value))
    if isinstance(value, (list, tuple)):
        return _rectangle(value)
    raise ValueError("is no region: give [y0, x0, y1, x1] in source pixels, or a GeoJSON file")


def read_region(path: Path) -> InlineRegion:
    """Read the areas of a GeoJSON file.

    Raises
    ------
    ValueError
        If it cannot be read, is no GeoJSON or holds no area: one sentence.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no GeoJSON: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ValueError("is no GeoJSON: it must be an object with a type")
    return InlineRegion(coordinates=polygons(data))


def polygons(data: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return all polygons of a GeoJSON object, each a tuple of rings of points ``(x, y)``.

    Raises
    ------
    ValueError
        If there is none, or something is no area or no GeoJSON.
    """
    found = tuple(_found(data))
    if not found:
        raise ValueError("holds no polygon: the region would be empty")
    return found


def _found(data: object) -> Iterator[Any]:
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(kind, str):
        raise ValueError(f"is no GeoJSON: an object needs a type, {AREAS}")
    if kind == "Polygon":
        yield _polygon(data.get("coordinates"))
    elif kind == "MultiPolygon":
        for rings in _listed(data, "coordinates"):
            yield _polygon(rings)
    elif kind == "Feature":
        if data.get("geometry") is not None:
            yield from _found(data["geometry"])
    elif kind in ("FeatureCollection", "GeometryCollection"):
        for part in _listed(data, "features" if kind == "FeatureCollection" else "geometries"):
            yield from _found(part)
    else:
        raise ValueError(f"holds a {kind}, which has no area: use {AREAS}")


def _listed(data: Mapping[str, Any], key: str) -> list[Any] | tuple[Any, ...]:
    value = data.get(key)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"is no GeoJSON: a {data['type']} needs a list of {key}")
    return value


def _polygon(rings: object) -> tuple[tuple[tuple[Number, Number], ...], ...]:
    if not isinstance(rings, (list, tuple)) or not rings:
        raise ValueError("is no GeoJSON: a Polygon needs a list of rings as coordinates")
    return tuple(_ring(ring) for ring in rings)


def _ring(points: object) -> tuple[tuple[Number, Number], ...]:
    if not isinstance(points, (list, tuple)):
        raise ValueError("is no GeoJSON: a ring needs a list of points [x, y]")
    ring = tuple(_point(point) for point in points)
    if len(set(ring)) < 3:
        raise ValueError(f"has a ring of {len(set(ring))} different points, which encloses no area: 3 are needed")
    return ring


def _point(point: object) -> tuple[Number, Number]:
    if not isinstance(point, (list, tuple)) or len(point) < 2 or not all(map(_is_number, point[:2])):
        raise ValueError(f"has a point {point!r}: [x, y] in pixels is needed")
    return point[0], point[1]


def _is_number(value: object) -> bool:
    """Tell a coordinate; NaN, infinities and what no image reaches are none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -MOST < value < MOST


def _rectangle(value: list[Any] | tuple[Any, ...]) -> tuple[Number, Number, Number, Number]:
    if len(value) != 4 or not all(map(_is_number, value)):
        raise ValueError("is no rectangle: [y0, x0, y1, x1] in source pixels is needed")
    y, x, y_stop, x_stop = value
    if y >= y_stop or x >= x_stop:
        raise ValueError("encloses no pixel: in [y0, x0, y1, x1], y1 must be above y0 and x1 above x0")
    return y, x, y_stop, x_stop
