"""What `annotations` takes, and what it says of everything else."""

import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.errors import RecipeError


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        pytest.param("labels", "", "'': names nothing: name a place, or leave it out (null)", id="no folder"),
        pytest.param("boxes", "  ", "'  ': names nothing", id="blanks"),
        pytest.param("classes", "", "'': names nothing", id="no file"),
        pytest.param("labels", ["a"], "['a']: must be a text, or empty", id="a list of folders"),
        pytest.param("classes", ["a", ""], "['a', '']: holds a name that is empty", id="an empty name"),
        pytest.param("classes", ["a" * 101], "longer than 100 characters", id="a long name"),
        pytest.param("classes", ["a", "b", "a"], "names a twice: each class needs a name of its own", id="twice"),
        pytest.param("classes", [" a"], "holds a name with blanks around it, or with a line break", id="a blank"),
        pytest.param("classes", ["a\nb"], "with a line break", id="a line break"),
        pytest.param("classes", ["a\u2028b"], "with a line break", id="a line separator"),
        pytest.param("classes", [1, 2], "[1, 2]: must be a text, or a list of texts, or empty", id="numbers"),
        pytest.param("classes", {"a": 1}, "must be a text, or a list of texts, or empty", id="a mapping"),
        pytest.param("min_visible", 1.5, "1.5: must be a number from 0 to 1", id="more than all of it"),
        pytest.param("min_visible", float("nan"), "nan: must be a finite number", id="nan"),
        pytest.param("empty_tiles", -1, "-1: must be 'auto', 'keep' or 'drop', or a number, 0 or more", id="below 0"),
        pytest.param("empty_tiles", float("inf"), "must be 'auto', 'keep' or 'drop', or a number", id="infinite"),
        pytest.param("at_border", "cut", "'cut': must be 'clip', 'keep', 'drop' or 'mark'", id="border"),
        pytest.param("labels_hold", "ids", "'ids': must be 'auto', 'instances' or 'classes'", id="values"),
    ],
)
def test_refused(field, value, said):
    with pytest.raises(RecipeError) as caught:
        Recipe().changed({f"annotations.{field}": value})
    (problem,) = caught.value.problems
    assert problem.field == f"annotations.{field}"
    assert said in problem.message


def test_something_is_drawn_where_a_place_is_named():
    assert not Recipe().annotations.is_given
    assert not Recipe().changed({"annotations.classes": ["a"]}).annotations.is_given
    assert Recipe().changed({"annotations.labels": "masks"}).annotations.is_given
    assert Recipe().changed({"annotations.boxes": "boxes.json"}).annotations.is_given


def test_places_in_a_file_start_at_the_file(tmp_path):
    text = """
media: {folder: images}
annotations: {labels: masks, boxes: ../boxes.json, classes: names.txt}
export: {folder: out, split: {by: table, table: splits.csv}}
"""
    path = tmp_path / "mine" / "recipe.yaml"
    path.parent.mkdir()
    path.write_text(text)
    recipe = Recipe.load(path)
    assert recipe.annotations.labels == str(tmp_path / "mine" / "masks")
    assert recipe.annotations.boxes == str(tmp_path / "boxes.json")
    assert recipe.annotations.classes == str(tmp_path / "mine" / "names.txt")
    assert recipe.export.split.table == str(tmp_path / "mine" / "splits.csv")
    recipe.save(tmp_path / "other.yaml")
    assert "mine/masks" in (tmp_path / "other.yaml").read_text()
    assert str(tmp_path) not in (tmp_path / "other.yaml").read_text()
    assert Recipe.load(tmp_path / "other.yaml") == recipe


def test_names_of_classes_are_no_places(tmp_path):
    Recipe().changed({"annotations.labels": "masks", "annotations.classes": ["a/b"]}).save(tmp_path / "recipe.yaml")
    assert Recipe.load(tmp_path / "recipe.yaml").annotations.classes == ("a/b",)
