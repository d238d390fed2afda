"""Sizes and overlaps, one number or two, and what random sampling needs."""

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"size_px": 64, "overlap_px": 64}, "overlap_px: 64 is not below the tile size 64: 0 to 63 px"),
        ({"size_px": [64, 256]}, "overlap_px: 128 is not below the tile size 64"),
        ({"size_px": [256, 64], "overlap_px": [0, 64]}, "overlap_px: 64 is not below the tile size 64"),
        ({"sampling": "random"}, "count: random sampling needs the number of tiles per image"),
        ({"sampling": "jittered"}, "count: jittered sampling needs the number of tiles per image"),
    ],
)
def test_numbers_that_do_not_fit_together(fields, said):
    with pytest.raises(RecipeError) as caught:
        Recipe.of({"tiling": fields})
    assert f"tiling.{said}" in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"size_px": 1, "overlap_px": 0},
        {"size_px": 64, "overlap_px": 63},
        {"size_px": [64, 256], "overlap_px": [63, 255]},
        {"sampling": "random", "count": 1},
    ],
)
def test_the_extremes_that_are_allowed(fields):
    tiling = Recipe.of({"tiling": fields}).tiling
    for name, value in fields.items():
        assert getattr(tiling, name) == (tuple(value) if isinstance(value, list) else value)


def test_one_excluded_tile_need_not_be_a_list():
    assert Recipe.of({"tiling": {"exclude_tiles": "a_000"}}).tiling.exclude_tiles == ("a_000",)


@pytest.mark.parametrize("sampling", ["random", "jittered"])
def test_random_tiles_have_no_rows_to_be_named_by(sampling):
    data = {"tiling": {"sampling": sampling, "count": 5}, "export": {"name": "{stem}_{row}_{column}"}}
    with pytest.raises(RecipeError, match=r"export\.name: .* needs \{index\} where tiles lie at random"):
        Recipe.of(data)
