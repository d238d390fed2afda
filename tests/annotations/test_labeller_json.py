"""Django-Labeller's JSON: regions combine by exclusive or; what cannot be understood is named."""

import re

import pytest
import shapely

from napari_tiles_creator.annotations.labeller_json import is_labeller, labeller_objects
from napari_tiles_creator.errors import AnnotationError


def region(x, y, x_stop, y_stop):
    return [{"x": x, "y": y}, {"x": x_stop, "y": y}, {"x": x_stop, "y": y_stop}, {"x": x, "y": y_stop}]


def label(**values):
    return {"label_type": "polygon", "label_class": "a", "regions": [region(0, 0, 4, 4)]} | values


def test_regions_make_holes_and_islands_in_them():
    regions = [region(0, 0, 9, 9), region(1, 1, 8, 8), region(2, 2, 4, 4), region(20, 0, 22, 3)]
    (found,) = labeller_objects([label(regions=regions)], "a").objects.geometries
    assert shapely.is_valid(found)
    assert found.area == 81 - 49 + 4 + 6
    assert found.bounds == (0, 0, 22, 9)


def test_vertices_of_old_files_and_boxes():
    old = {"label_type": "polygon", "label_class": None, "vertices": region(0, 0, 2, 3)}
    box = {"label_type": "box", "label_class": "b", "centre": {"x": 5, "y": 6}, "size": {"x": 4, "y": 2}}
    found = labeller_objects({"labels": [old, box]}, "a")
    assert found.class_names == ("", "b")
    assert shapely.bounds(found.objects.geometries).tolist() == [[0, 0, 2, 3], [3, 5, 7, 7]]
    assert found.objects.only_boxes.tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"regions": [[{"x": 1, "y": 2}]]}, "its vertices are 1: at least 3"),
        ({"regions": [[{"x": 1}]]}, 'its vertex {"x": 1} has no x and y'),
        ({"regions": 7}, "its regions are 7"),
        ({"regions": [7]}, "a region of it is 7"),
        ({"label_type": "star"}, 'label_type is "star"'),
        ({"label_type": "box", "centre": {"x": 1, "y": 1}, "size": {"x": -1, "y": 1}}, "must not be negative"),
    ],
)
def test_a_label_that_cannot_be_understood_is_named(values, words):
    with pytest.raises(AnnotationError, match=rf"^a\.json, label 1: .*{re.escape(words)}"):
        labeller_objects([label(**values)], "a.json")


def test_it_is_told_from_others():
    assert is_labeller({"labels": [label()]})
    assert not is_labeller({"shapes": []})
    assert not is_labeller([{"type": "Feature"}])
