"""Bounds: what they mean when left empty, and that they must lie in the type."""

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError


def normalization(**fields):
    return Recipe.of({"normalization": fields}).normalization


@pytest.mark.parametrize(
    ("fields", "bounds"),
    [
        ({}, (0, 1)),
        ({"dtype": "uint8"}, (0, 255)),
        ({"dtype": "uint16"}, (0, 65535)),
        ({"dtype": None, "scope": "tile"}, (0, 1)),
        ({"low": -1, "high": 1}, (-1, 1)),
        ({"dtype": "uint8", "low": 10}, (10, 255)),
        ({"dtype": "uint16", "high": 4095}, (0, 4095)),
        ({"dtype": "uint8", "high": 1.5}, (0, 1.5)),
    ],
)
def test_bounds(fields, bounds):
    assert normalization(**fields).bounds == bounds


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dtype": "uint8", "high": 1}, "high: bounds 0 to 1 leave uint8 one step: use 0 to 255, or float32"),
        ({"dtype": "uint16", "low": 3, "high": 3.5}, "high: bounds 3 to 3.5 leave uint16 one step"),
        ({"dtype": "uint8", "high": 256}, "high: 256 does not fit into uint8: 0 to 255 is allowed"),
        ({"dtype": "uint16", "high": 65536}, "high: 65536 does not fit into uint16: 0 to 65535 is allowed"),
        ({"dtype": "uint8", "low": -1}, "low: -1 does not fit into uint8"),
        ({"low": 1}, "low: bounds 1 to 1: low must be below high"),
        ({"low": 2, "high": 1}, "high: bounds 2 to 1: low must be below high"),
        ({"percentiles": [50, 50]}, "percentiles: 50 is not below 50"),
        ({"percentiles": [99, 1]}, "percentiles: 99 is not below 1"),
    ],
)
def test_bounds_that_do_not_fit(fields, said):
    with pytest.raises(RecipeError) as caught:
        normalization(**fields)
    assert f"normalization.{said}" in str(caught.value)


@pytest.mark.parametrize("fields", [{"dtype": "uint8", "high": 1}, {"dtype": "uint8", "low": -5}])
def test_bounds_do_not_matter_where_nothing_is_normalized(fields):
    assert normalization(scope="none", **fields).scope == "none"


@pytest.mark.parametrize(
    "fields",
    [
        {"ranges": None, "scope": "image"},
        {"ranges": [[0, 4095]]},
        {"ranges": [[3, 3]]},
        {"ranges": [[-1e-7, 0.5], [2, 3]]},
        {"ranges": [[0, 1]], "per_channel": False, "dtype": "uint8"},
    ],
)
def test_given_ranges(fields):
    found = normalization(**{"scope": "dataset"} | fields)
    assert found.ranges == (fields["ranges"] and tuple(map(tuple, fields["ranges"])))
    assert Recipe.from_yaml(Recipe(normalization=found).to_yaml()).normalization == found


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ranges": [[0, 1]], "scope": "image"}, "are for scope dataset, and it is image: leave them empty"),
        ({"ranges": [[0, 1]], "scope": "none"}, "are for scope dataset, and it is none: leave them empty"),
        ({"ranges": []}, "name no range"),
        ({"ranges": [[0, 1], [3, 2]]}, "3 to 2: the first must not be above the second"),
        ({"ranges": [[0, float("nan")]]}, "nan: must be a finite number"),
        ({"ranges": [[0, float("inf")]]}, "inf: must be a finite number"),
        ({"ranges": [[0, 1], [1, 2]], "per_channel": False}, "2 of them need per_channel true, or give one for all"),
        ({"ranges": [0, 1]}, "0: must be a list of pairs of numbers, or empty"),
        ({"ranges": [[0, 1, 2]]}, "[0, 1, 2]: must be a list of pairs of numbers, or empty"),
        ({"ranges": [["dark", 1]]}, "'dark': must be a list of pairs of numbers, or empty"),
    ],
)
def test_given_ranges_that_do_not_fit(fields, said):
    with pytest.raises(RecipeError) as caught:
        normalization(**{"scope": "dataset"} | fields)
    assert str(caught.value).startswith(f"normalization.ranges: {said}")
    assert caught.value.field == "normalization.ranges"
