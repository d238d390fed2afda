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
