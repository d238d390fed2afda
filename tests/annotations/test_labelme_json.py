"""LabelMe's JSON: what cannot be understood is named. Shapes of every kind: tests/engine/back/detections."""

import re

import pytest

from napari_tiles_creator.annotations.labelme_json import is_labelme, labelme_objects
from napari_tiles_creator.errors import AnnotationError


def content(**shape):
    return {"shapes": [{"label": "a", "shape_type": "polygon", "points": [[0, 0], [4, 0], [4, 3]]} | shape]}


def test_a_shape_without_area_is_noted():
    found = labelme_objects(content(shape_type="line", points=[[0, 0], [4, 0]]), (9, 9), "a.json")
    assert len(found.objects) == 0
    assert found.objects.notes == ("a.json: left out, for want of an area: 1 line",)


def test_a_polygon_without_score_has_none():
    found = labelme_objects(content(), (9, 9), "a.json")
    assert found.class_names == ("a",)
    assert found.objects.scores is None
    assert found.objects.geometries[0].area == 6


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ({"points": [[0, 0], [4, 0]]}, "its points are 2: at least 3"),
        ({"points": [[0, 0], [4], [1, 1]]}, "are no list of points"),
        ({"points": [[0, 0], [4, 0], [1e12, 1]]}, "1e+12, which is no pixel"),
        ({"shape_type": "spline"}, 'shape_type is "spline"'),
        ({"label": 5}, "its label is 5"),
        ({"score": "high"}, 'its score is "high"'),
        ({"shape_type": "mask", "points": [[0, 0], [1, 1]], "mask": "!"}, "its mask cannot be decoded"),
        ({"shape_type": "mask", "points": [[0, 0], [1, 1]]}, "its mask is missing"),
    ],
)
def test_a_shape_that_cannot_be_understood_is_named(shape, words):
    with pytest.raises(AnnotationError, match=rf"^a\.json, shape 1: .*{re.escape(words)}"):
        labelme_objects(content(**shape), (9, 9), "a.json")


def test_an_image_of_another_size_is_refused():
    with pytest.raises(AnnotationError, match=r"8 × 9 px high and wide"):
        labelme_objects(content() | {"imageHeight": 8, "imageWidth": 9}, (9, 9), "a.json")


def test_it_is_told_from_others():
    assert is_labelme(content())
    assert not is_labelme({"labels": []})
    assert not is_labelme([])
