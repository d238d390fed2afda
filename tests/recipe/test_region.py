"""Regions in every form of GeoJSON, and what is none."""

import json

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.region import read_region

RING = [[0, 0], [10.5, 0], [10, 10], [0, 0]]
HOLE = [[1, 1], [2, 1], [2, 2]]
POLYGON = {"type": "Polygon", "coordinates": [RING, HOLE]}
MULTI = {"type": "MultiPolygon", "coordinates": [[RING], [HOLE]]}


def feature(geometry):
    return {"type": "Feature", "properties": {"objectType": "annotation"}, "geometry": geometry}


def coordinates(data):
    return Recipe.of({"tiling": {"roi": data}}).to_dict()["tiling"]["roi"]["coordinates"]


@pytest.mark.parametrize(
    ("data", "polygons"),
    [
        (POLYGON, [[RING, HOLE]]),
        (MULTI, [[RING], [HOLE]]),
        (feature(POLYGON), [[RING, HOLE]]),
        ({"type": "FeatureCollection", "features": [feature(MULTI), feature(None), feature(POLYGON)]},
         [[RING], [HOLE], [RING, HOLE]]),
        ({"type": "GeometryCollection", "geometries": [POLYGON, MULTI]}, [[RING, HOLE], [RING], [HOLE]]),
        ({"type": "Polygon", "coordinates": [[[0, 0, 7], [1, 0, 7], [1, 1, 7]]]}, [[[[0, 0], [1, 0], [1, 1]]]]),
        ({**POLYGON, "crs": {"type": "name"}, "bbox": [0, 0, 9, 9]}, [[RING, HOLE]]),
    ],
)  # fmt: skip
def test_every_form_of_areas_becomes_polygons(data, polygons, tmp_path):
    assert coordinates(data) == polygons
    for encoding in ("utf-8", "utf-8-sig"):
        (tmp_path / "r.geojson").write_text(json.dumps(data), encoding=encoding)
        assert read_region(tmp_path / "r.geojson") == Recipe.of({"tiling": {"roi": data}}).tiling.roi


WRONG = [
    ({"type": "Point", "coordinates": [0, 0]}, "holds a Point, which has no area"),
    (feature({"type": "LineString", "coordinates": RING}), "holds a LineString"),
    ({"type": "FeatureCollection", "features": []}, "holds no polygon"),
    ({"type": "FeatureCollection"}, "needs a list of features"),
    ({"features": []}, "an object needs a type"),
    ({"type": "Polygon"}, "needs a list of rings"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "a ring of 2 different points"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}, "a ring of 2 different points"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, "x"]]]}, "has a point [0, 'x']"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, float("inf")]]]}, "has a point [0, inf]"),
    ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [10**400, 5]]]}, "in pixels is needed"),
    ({"type": "Polygon", "coordinates": [5]}, "a ring needs a list of points"),
    ({"type": "MultiPolygon", "coordinates": [5]}, "needs a list of rings"),
]


@pytest.mark.parametrize(("data", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_no_area_is_told(data, said, tmp_path):
    with pytest.raises(RecipeError) as caught:
        Recipe.of({"tiling": {"roi": data}})
    (problem,) = caught.value.problems
    assert problem.field == "tiling.roi"
    assert said in problem.message
    (tmp_path / "r.geojson").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ValueError, match=r"^(has|holds|is) "):
        read_region(tmp_path / "r.geojson")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file"), (b"\xff\xfe", "no GeoJSON"), (b"{", "no GeoJSON"), (b"[]", "an object"),
     (b"[" * 100_000, "no GeoJSON")],
)  # fmt: skip
def test_files_that_are_none(tmp_path, content, said):
    if content is not None:
        (tmp_path / "r.geojson").write_bytes(content)
    with pytest.raises(ValueError, match=said) as caught:
        read_region(tmp_path / "r.geojson")
    assert "\n" not in str(caught.value)
