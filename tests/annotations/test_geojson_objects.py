"""GeoJSON as several versions of QuPath write it; what cannot be understood is named."""

import re

import numpy as np
import pytest

from napari_tiles_creator.annotations.geojson_objects import geojson_objects, is_geojson
from napari_tiles_creator.errors import AnnotationError

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]}


def feature(**properties):
    return {"type": "Feature", "geometry": SQUARE, "properties": properties}


@pytest.mark.parametrize(
    ("properties", "name", "score"),
    [
        ({}, "", np.nan),
        ({"classification": {"name": "cell", "color": [1, 2, 3]}, "measurements": {"score": 0.5}}, "cell", 0.5),
        ({"classification": {"names": ["cell", "dead"]}}, "cell: dead", np.nan),
        ({"classification": "cell", "score": 1}, "cell", 1),
        ({"name": "cell", "measurements": [{"name": "Detection probability", "value": 0.25}]}, "cell", 0.25),
    ],
)
def test_class_and_score(properties, name, score):
    found = geojson_objects([feature(**properties)], "a")
    assert found.class_names == (name,)
    scores = np.full(1, np.nan) if found.objects.scores is None else found.objects.scores
    np.testing.assert_equal(scores, [score])


def test_pieces_are_one_object_and_a_third_coordinate_is_passed_over():
    pieces = [[[[0, 0, 7], [4, 0, 7], [4, 4, 7], [0, 0, 7]]], [[[9, 9], [12, 9], [12, 12], [9, 12], [9, 9]]]]
    (found,) = geojson_objects(
        {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": pieces}}, "a"
    ).objects.geometries
    assert found.area == 8 + 9
    assert not found.has_z


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"geometry": {"type": "Blob", "coordinates": []}}, "is none that GeoJSON knows"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], ["a", 1], [2, 2], [0, 0]]]}}, "its geometry"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1e12, 1], [2, 2], [0, 0]]]}}, "no pixel"),
        ({"geometry": 5}, "its geometry is 5"),
        ({"properties": {"measurements": {"score": "x"}}}, 'its score is "x"'),
        ({"properties": {"classification": {"name": 5}}}, "its classification is 5"),
    ],
)
def test_a_feature_that_cannot_be_understood_is_named(wrong, words):
    with pytest.raises(AnnotationError, match=rf"^a\.geojson, feature 2: .*{re.escape(words)}"):
        geojson_objects([feature(), feature() | wrong], "a.geojson")


def test_it_is_told_from_others():
    assert is_geojson(feature())
    assert is_geojson([feature()])
    assert not is_geojson({"shapes": []})
    assert not is_geojson([{"image_id": 1}])
