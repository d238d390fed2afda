"""Shares that add up, and messages that name what is wrong inside of `export.split`."""

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.split import Split


@pytest.mark.parametrize(
    ("split", "said"),
    [
        pytest.param({"train": 0.8}, "train, val and test add up to 0.8: they must add up to 1", id="too little"),
        pytest.param({"train": 0.8, "val": 0.3}, "add up to 1.1: they must add up to 1", id="too much"),
        pytest.param({}, "add up to 0: they must add up to 1", id="nothing"),
        pytest.param({"trai": 1}, "trai: no such field: did you mean train?", id="misspelt"),
        pytest.param({"train": 2}, "train: 2: must be a number from 0 to 1", id="above 1"),
        pytest.param({"train": "much"}, "train: 'much': must be a number from 0 to 1", id="no number"),
        pytest.param({"train": float("nan")}, "train: nan: must be a finite number", id="nan"),
        pytest.param(
            {"train": 1, "by": "tile"}, "by: 'tile': must be 'image', 'group', 'blocks' or 'table'", id="tile"
        ),
        pytest.param({"train": 1, "seed": -1}, "seed: -1: must be a whole number, 0 or more", id="seed"),
        pytest.param({"train": 1, "gap_px": 1.5}, "gap_px: 1.5: must be a whole number of pixels, 0 or more", id="gap"),
        pytest.param(
            {"train": 1, "by": "group"}, "by group needs group: a regular expression, or a column", id="group"
        ),
        pytest.param(
            {"train": 1, "by": "group", "group": "(m"}, "group '(m' is no regular expression: missing )", id="regex"
        ),
        pytest.param({"by": "table"}, "by table needs table: a CSV file with the columns image and split", id="table"),
        pytest.param(0.8, "0.8: must be a mapping with fields such as train, or empty", id="a number"),
        pytest.param([0.8, 0.2], "[0.8, 0.2]: must be a mapping with fields such as train, or empty", id="a list"),
    ],
)
def test_refused(split, said):
    with pytest.raises(RecipeError) as caught:
        Recipe().changed({"export.split": split})
    (problem,) = caught.value.problems
    assert problem.field == "export.split"
    assert said in problem.message


@pytest.mark.parametrize(
    ("split", "shares"),
    [
        ({"train": 1}, {"train": 1.0}),
        ({"train": 0.8, "val": 0.1, "test": 0.1}, {"train": 0.8, "val": 0.1, "test": 0.1}),
        ({"test": 0.2, "train": 0.8}, {"train": 0.8, "test": 0.2}),
        (
            {"train": 0.333333, "val": 0.333333, "test": 0.333333},
            {"train": 0.333333, "val": 0.333333, "test": 0.333333},
        ),
        ({"by": "table", "table": "t.csv"}, {}),
    ],
)
def test_shares(split, shares):
    found = Split(**split).shares
    assert found == shares
    assert list(found) == list(shares)


def test_a_column_of_a_table_need_be_no_expression():
    assert Split(train=1, by="group", group="mouse (id", table="t.csv").group == "mouse (id"


def test_nothing_is_split_unless_asked():
    assert Recipe().export.split is None


def test_the_table_is_found_from_where_the_recipe_lies(tmp_path):
    split = {"by": "table", "table": str(tmp_path / "splits.csv")}
    recipe = Recipe().changed({"export.split": split})
    (tmp_path / "deep").mkdir()
    recipe.save(tmp_path / "deep" / "r.yaml")
    assert "../splits.csv" in (tmp_path / "deep" / "r.yaml").read_text()
    assert Recipe.load(tmp_path / "deep" / "r.yaml").export.split == recipe.export.split


@pytest.mark.parametrize(
    ("given", "by"),
    [
        ({"group": "m"}, "group"),
        ({"table": "t.csv"}, "table"),
        ({"table": "t.csv", "group": "m"}, "group"),
        ({}, "image"),
    ],
)
def test_what_is_named_tells_by_what_is_split(given, by):
    assert Recipe.of({"export": {"split": {"train": 0.5, "val": 0.5, **given}}}).export.split.by == by


@pytest.mark.parametrize("by", ["image", "blocks"])
@pytest.mark.parametrize("useless", [{"group": "m"}, {"table": "t.csv"}])
def test_a_group_that_would_be_passed_over_is_refused(by, useless):
    with pytest.raises(RecipeError, match=rf"export\.split: {next(iter(useless))} has no effect with by: {by}"):
        Recipe.of({"export": {"split": {"train": 0.5, "val": 0.5, "by": by, **useless}}})
