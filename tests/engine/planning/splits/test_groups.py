"""Which images belong together: by expression, by table, and copies always."""

import pytest

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.splits.groups import groups_of
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.recipe.split import Split

NAMES = ("m1/a.tif", "m1/b.tif", "m2/a.tif", "m10/a.tif")


def groups(split, copies=None, names=NAMES):
    images = make_plan(Recipe(), [source(name, (600, 600)) for name in names]).images
    found, warnings = groups_of(images, Split(train=1, **split), {name: name for name in names} | (copies or {}))
    return {group: [image.name for image in members] for group, members in found.items()}, warnings


@pytest.mark.parametrize("expression", [r"(m\d+)/", r"^m\d+", r"(?<=m)\d+", r"(?:m)(\d+)/."])
def test_by_expression(expression):
    found, _ = groups({"by": "group", "group": expression})
    assert sorted(found.values()) == [["m1/a.tif", "m1/b.tif"], ["m10/a.tif"], ["m2/a.tif"]]


def test_the_first_parentheses_name_the_group():
    found, _ = groups({"by": "group", "group": r"(m\d+)/(\w)"})
    assert found.keys() == {"m1", "m2", "m10"}


@pytest.mark.parametrize("expression", [r"m1(?=/)", r"(m1)/|x", r"m1/(\w)|(\w)"])
def test_an_image_without_a_group_is_an_error(expression):
    with pytest.raises(PlanError) as caught:
        groups({"by": "group", "group": expression})
    assert "finds no group in the names of 2 of 4 images: m2/a.tif, m10/a.tif" in str(caught.value)
    assert caught.value.field == "export.split"


def test_by_a_column_of_a_table(tmp_path):
    (tmp_path / "t.csv").write_text("image;Mouse\nm1/a.tif;x\nm1/b.tif;y\nm2/a.tif;x\nm10/a.tif;y\ngone.tif;z\n")
    found, warnings = groups({"by": "group", "group": "mouse", "table": str(tmp_path / "t.csv")})
    assert found == {"x": ["m1/a.tif", "m2/a.tif"], "y": ["m1/b.tif", "m10/a.tif"]}
    assert warnings == ["t.csv names what is no image here (export.split): gone.tif"]


def test_by_image():
    assert groups({})[0] == {name: [name] for name in NAMES}


def test_copies_join_their_groups():
    found, _ = groups({"by": "group", "group": r"^m\d+"}, {"m2/a.tif": "m1/b.tif"})
    assert found == {"m1": ["m1/a.tif", "m1/b.tif", "m2/a.tif"], "m10": ["m10/a.tif"]}


def test_copies_join_chains_of_groups():
    found, _ = groups({"by": "group", "group": r"^m\d+"}, {"m2/a.tif": "m10/a.tif", "m1/b.tif": "m2/a.tif"})
    assert found == {"m1": list(NAMES)}
