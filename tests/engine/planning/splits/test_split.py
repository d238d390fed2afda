"""Which images go to which split: whole groups, the right numbers, nothing twice, and what cannot be is told."""

import shutil
from collections import Counter

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.splits.blocks import tiles_of
from napari_tiles_creator.engine.planning.splits.draw import largest_remainder
from napari_tiles_creator.engine.planning.splits.split import split_images
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.recipe.calibration import Calibration
from napari_tiles_creator.recipe.split import Split

THREE = {"train": 0.8, "val": 0.1, "test": 0.1}


def recipe_of(split, **fields):
    return Recipe().changed({"tiling.size_px": 64, "tiling.overlap_px": 0, "export.split": split, **fields})


def sources(*names, shape=(128, 128)):
    return [source(name, shape) for name in names]


def splits(plan):
    return {image.name: image.split for image in plan.images}


@given(
    st.lists(st.from_regex(r"[a-c]\d/[a-z]{1,3}\.tif", fullmatch=True), min_size=3, max_size=40, unique=True),
    st.sampled_from(["image", "group"]),
    st.integers(0, 99),
    st.randoms(),
)
def test_whole_groups_in_the_right_numbers(names, by, seed, random):
    split = {**THREE, "by": by, "seed": seed} | ({"group": r"^(\w\d)/"} if by == "group" else {})
    shuffled = random.sample(names, len(names))
    group_of = {name: name[:2] if by == "group" else name for name in names}
    groups = set(group_of.values())
    if len(groups) < 3:
        if len(groups) == 2:
            with pytest.raises(PlanError, match="2 groups cannot be shared out between train, val, test"):
                make_plan(recipe_of(split), sources(*names))
        return
    found = splits(make_plan(recipe_of(split), sources(*names)))
    assert {(group_of[name], found[name]) for name in names} == {(g, found[n]) for n, g in group_of.items()}
    per_group = {group_of[name]: found[name] for name in names}
    assert all(per_group[group_of[name]] == found[name] for name in names)
    assert Counter(per_group.values()) == largest_remainder(THREE, len(groups))
    assert splits(make_plan(recipe_of(split), sources(*shuffled))) == found


def test_all_tiles_of_an_image_tell_its_split_and_names_may_hold_it():
    plan = make_plan(
        recipe_of(THREE, **{"export.name": "{split}_{stem}_{index}"}), sources(*(f"{i}.tif" for i in range(5)))
    )
    for image in plan.images:
        assert {planned.split for planned in image} == {image.split}
        assert image[2].name == f"{image.split}_{image.stem}_2"
        assert image.tiles == 4


def test_other_settings_do_not_change_the_draw():
    items = sources(*(f"{i}.tif" for i in range(10)), shape=(300, 300))
    found = splits(make_plan(recipe_of(THREE), items))
    for fields in (
        {"tiling.size_px": 32},
        {"tiling.seed": 9},
        {"normalization.scope": "tile"},
        {"export.layout": "flat"},
    ):
        assert splits(make_plan(recipe_of(THREE, **fields), items)) == found
    assert splits(make_plan(recipe_of({**THREE, "gap_px": 9, "stratify": False}), items)) == found


def test_one_split_alone_takes_everything():
    plan = make_plan(recipe_of({"train": 1}), sources("a.tif"))
    assert splits(plan) == {"a.tif": "train"}
    assert not plan.warnings


@pytest.mark.parametrize(
    ("by", "names", "what"),
    [("image", ("a.tif",), "image"), ("group", ("m1/a.tif", "m1/b.tif"), "group")],
)
def test_one_image_or_group_alone_is_divided_into_blocks(by, names, what):
    plan = make_plan(
        recipe_of({**THREE, "by": by, "group": r"m\d" if by == "group" else None}), sources(*names, shape=(64, 6400))
    )
    assert all(tiles_of(image) == {"train": 80, "val": 10, "test": 10} for image in plan.images)
    assert plan.warnings == (f"one {what} alone: divided into blocks (export.split)",)


def test_images_without_tiles_are_no_images():
    """What lies outside the region of interest gives nothing: it takes no split's place."""
    items = [*sources("a.tif", "b.tif", "c.tif", shape=(256, 256)), *sources("d.tif", "e.tif", shape=(100, 256))]
    plan = make_plan(recipe_of(THREE, **{"tiling.roi": [200, 0, 250, 250]}), items)
    assert sorted(split for name, split in splits(plan).items() if name < "d") == ["test", "train", "val"]
    assert plan.warnings == ("no tile in the region (tiling.roi): d.tif, e.tif",)


def test_nothing_to_split_is_left_to_who_tells_why():
    split, calibration = Split(train=0.5, val=0.5), Calibration()
    assert split_images((), split, calibration) == ((), [])
    names = [f"a_{i:03d}" for i in range(4)]
    plan = make_plan(recipe_of({"train": 0.5, "val": 0.5}, **{"tiling.exclude_tiles": names}), sources("a.tif"))
    assert plan.warnings == ("every tile is left out (tiling.exclude_tiles)",)


def test_too_few_images():
    with pytest.raises(PlanError) as caught:
        make_plan(recipe_of(THREE), sources("a.tif", "b.tif"))
    assert str(caught.value) == (
        "2 images cannot be shared out between train, val, test: use fewer splits, more images, "
        "or by: blocks (export.split)"
    )
    assert caught.value.field == "export.split"


def write(path, seed=0):
    tifffile.imwrite(path, np.random.default_rng(seed).integers(0, 4000, (128, 640), np.uint16))
    return path


@pytest.mark.parametrize("by", ["image", "blocks"])
@pytest.mark.parametrize("seed", range(4))
def test_copies_stay_together(tmp_path, by, seed):
    for number, name in enumerate("abc"):
        shutil.copy(write(tmp_path / f"{name}.tif", number), tmp_path / f"{name}_copy.tif")
    split = {"train": 0.4, "val": 0.3, "test": 0.3, "by": by, "seed": seed}
    plan = make_plan(recipe_of(split, **{"media.folder": str(tmp_path)}))
    of = {image.stem: (image.split, image.bands) for image in plan.images}
    assert all(of[name] == of[f"{name}_copy"] for name in "abc")
    assert plan.warnings[0] == (
        "copies of one image are kept in one split (export.split): "
        "a_copy.tif = a.tif, b_copy.tif = b.tif, c_copy.tif = c.tif"
    )


def test_a_table_is_honoured(tmp_path):
    (tmp_path / "t.csv").write_text("image,split\na,Training\nb,VALID\nc,testing\nd,validation\ne,train\n")
    split = {"by": "table", "table": str(tmp_path / "t.csv")}
    expected = {"a.tif": "train", "b.tif": "val", "c.tif": "test", "d.tif": "val", "e.tif": "train"}
    items = sources(*expected)
    assert splits(make_plan(recipe_of(split), items)) == expected
    assert splits(make_plan(recipe_of({**split, **THREE, "seed": 5, "group": "mouse"}), items)) == expected


def test_a_table_may_name_one_split_and_one_image(tmp_path):
    (tmp_path / "t.csv").write_text("image,fold\na,test\n")
    split = {"by": "table", "table": str(tmp_path / "t.csv"), "group": "fold"}
    assert splits(make_plan(recipe_of(split), sources("a.tif"))) == {"a.tif": "test"}


def test_a_table_with_another_word(tmp_path):
    (tmp_path / "t.csv").write_text("image,split\na,train\nb,holdout\n")
    with pytest.raises(PlanError) as caught:
        make_plan(recipe_of({"by": "table", "table": str(tmp_path / "t.csv")}), sources("a.tif", "b.tif"))
    assert "names 'holdout' as a split: it must be train, val or test (export.split)" in str(caught.value)


def test_a_table_that_fills_a_split_with_nothing(tmp_path):
    (tmp_path / "t.csv").write_text("image,split\na,train\nb,val\n")
    recipe = recipe_of({"by": "table", "table": str(tmp_path / "t.csv")}, **{"tiling.roi": [200, 0, 250, 250]})
    with pytest.raises(PlanError, match="no tile of 2 images is left for val"):
        make_plan(recipe, [*sources("a.tif", shape=(256, 256)), *sources("b.tif")])


def test_a_table_that_tears_copies_apart(tmp_path):
    shutil.copy(write(tmp_path / "a.tif"), tmp_path / "b.tif")
    (tmp_path / "t.csv").write_text("image,split\na,train\nb,val\n")
    split = {"by": "table", "table": str(tmp_path / "t.csv")}
    with pytest.raises(PlanError) as caught:
        make_plan(recipe_of(split, **{"media.folder": str(tmp_path)}))
    assert "a.tif and b.tif are copies of one image" in str(caught.value)
    assert "puts them into train and val" in str(caught.value)


def classes_of(image):
    """Every third image shows a rare class."""
    return {0: 10.0, 1: 1.0} if int(image.stem) % 3 == 0 else {0: 10.0}


@pytest.mark.parametrize("seed", range(10))
def test_a_rare_class_is_in_every_split(seed):
    items = sources(*(f"{i}.tif" for i in range(9)))
    images = make_plan(recipe_of(None), items).images
    split = Split(train=0.34, val=0.33, test=0.33, seed=seed)
    found, warnings = split_images(images, split, Calibration(), classes_of)
    assert not warnings
    assert Counter(image.split for image in found) == {"train": 3, "val": 3, "test": 3}
    assert Counter(image.split for image in found if int(image.stem) % 3 == 0) == {"train": 1, "val": 1, "test": 1}


def test_nothing_is_stratified_where_nobody_asks():
    items = sources(*(f"{i}.tif" for i in range(9)))
    images = make_plan(recipe_of(None), items).images
    split = Split(train=0.34, val=0.33, test=0.33, stratify=False)
    plain = split_images(images, split, Calibration())[0]
    assert split_images(images, split, Calibration(), classes_of)[0] == plain
    one_class = split.model_copy(update={"stratify": True})
    assert split_images(images, one_class, Calibration(), lambda _: {0: 3.0})[0] == plain
