"""A key changes with whatever the pixels depend on, and with nothing else."""

import os

import numpy as np
import pytest
import tifffile

from image_folder import write_image
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.pixels_key import pixels_key, ranges_key, source_key
from split_plans import split_plan

STACK = {"imagej": True, "metadata": {"axes": "ZCYX"}}


@pytest.fixture
def folder(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 4000, (3, 2, 40, 50), dtype=np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels, **STACK)
    write_image(tmp_path / "b.tif", (60, 60))
    return tmp_path


def keys(folder, **changes):
    """Return the keys of the first image: source, calibrated pixels, ranges."""
    small = {"tiling.size_px": 16, "tiling.overlap_px": 0}
    fields = small | {name.replace("__", "."): value for name, value in changes.items()}
    plan = make_plan(Recipe.preset("unet", source=folder, output=folder / "out").changed(fields))
    image = plan.images[0]
    assert image.name == "a.tif"
    return source_key(image), pixels_key(image, plan.recipe), ranges_key(plan, image)


RESCALED = {"calibration__enabled": True, "calibration__scale": 1.5}
CASES = [
    # what is changed, and whether that changes source, calibrated pixels and ranges
    pytest.param({}, {}, (False, False, False), id="nothing"),
    pytest.param({}, {"tiling__size_px": 20, "tiling__roi": [0, 0, 9, 9]}, (False, False, False), id="tiling"),
    pytest.param({}, {"export__name": "x_{stem}_{index}", "export__quality": 80}, (False, False, False), id="export"),
    pytest.param({}, {"media__exclude": ["b.tif"]}, (False, False, False), id="another image left out"),
    pytest.param({}, {"media__pattern": "a*"}, (False, False, False), id="pattern"),
    pytest.param({}, {"media__channel": 0}, (True, True, True), id="channel"),
    pytest.param({}, {"media__z": 1}, (False, True, True), id="plane"),
    pytest.param({}, {"media__rgb": False}, (True, True, True), id="rgb"),
    pytest.param({}, RESCALED, (False, True, True), id="rescaled"),
    pytest.param(RESCALED, RESCALED | {"calibration__scale": 2}, (False, True, True), id="factor"),
    pytest.param(RESCALED, RESCALED | {"calibration__interpolation": "linear"}, (False, True, True), id="kernel"),
    pytest.param(RESCALED, RESCALED | {"calibration__antialias": False}, (False, True, True), id="antialias"),
    pytest.param({}, {"calibration__interpolation": "linear"}, (False, False, False), id="kernel without effect"),
    pytest.param({}, {"normalization__scope": "tile"}, (False, False, True), id="scope"),
    pytest.param({}, {"normalization__percentiles": (1, 99)}, (False, False, True), id="percentiles"),
    pytest.param({}, {"normalization__per_channel": False}, (False, False, True), id="per channel"),
    pytest.param({}, {"normalization__low": -1}, (False, False, False), id="bounds"),
]


@pytest.mark.parametrize(("before", "after", "differ"), CASES)
def test_settings(folder, before, after, differ):
    found = [old != new for old, new in zip(keys(folder, **before), keys(folder, **after), strict=True)]
    assert tuple(found) == differ


def test_a_file_that_was_written_anew(folder):
    before = keys(folder)
    path = folder / "a.tif"
    written, size = path.stat().st_mtime_ns, path.stat().st_size
    tifffile.imwrite(path, np.zeros((3, 2, 40, 50), np.uint16), **STACK)
    assert path.stat().st_size == size
    os.utime(path, ns=(written, written + 1_000_000_000))
    assert all(old != new for old, new in zip(before, keys(folder), strict=True))


def test_with_scope_dataset_the_ranges_depend_on_every_image(folder):
    scope = {"normalization__scope": "dataset", "media__z": 0, "media__channel": None}
    (folder / "a.tif").unlink()
    write_image(folder / "a.tif", (40, 50), seed=3)
    before, after = keys(folder, **scope), keys(folder, **scope, media__exclude=["b.tif"])
    assert before[1] == after[1]
    assert before[2] != after[2]


def test_another_opener_is_another_source(folder):
    from dataclasses import replace

    from napari_tiles_creator.engine.planning.scan import scan

    recipe = Recipe.preset("unet", source=folder, output=folder / "out")
    found = []
    for opener in (lambda: None, lambda: None):
        items = [replace(item, info=replace(item.info, opener=opener)) for item in scan(recipe.media)]
        found.append(source_key(make_plan(recipe, items).images[0]))
    assert found[0] != found[1]


def split_key(folder, parts, **changes):
    recipe = Recipe.preset("unet", source=folder).changed({"normalization.scope": "dataset", "media.z": 0} | changes)
    plan = split_plan(recipe.changed({"normalization.per_channel": False}), parts)
    return ranges_key(plan, plan.images[0])


def test_with_a_split_the_ranges_depend_on_what_is_training(folder):
    train = {"a.tif": "train", "b.tif": "train"}
    bands = {"a.tif": (0, [("train", 0, 20), ("val", 25, 40)]), "b.tif": "train"}
    longer = {"a.tif": (0, [("train", 0, 21), ("val", 25, 40)]), "b.tif": "train"}
    apart = {"a.tif": (0, [("train", 0, 20), ("val", 26, 40)]), "b.tif": "train"}
    keys = [split_key(folder, parts) for parts in (train, bands, longer, apart, train | {"a.tif": "val"})]
    assert keys[1] == keys[3]
    assert len(set(keys)) == 4


def test_an_image_of_another_split_is_no_part_of_the_ranges(folder):
    parts = {"a.tif": "train", "b.tif": "test"}
    before = split_key(folder, parts)
    write_image(folder / "b.tif", (90, 30), seed=5)
    assert split_key(folder, parts) == before
    assert split_key(folder, parts | {"b.tif": "val"}) == before
    write_image(folder / "a.tif", (40, 50), seed=5)
    assert split_key(folder, parts) != before


def test_given_ranges_depend_on_no_image(folder):
    given = {"normalization__scope": "dataset", "normalization__ranges": [[1, 2]], "media__z": 0}
    before = keys(folder, **given)[2]
    assert before == keys(folder, **given, media__exclude=["b.tif"])[2]
    assert before != keys(folder, **given | {"normalization__ranges": [[1, 3]]})[2]
