"""Room and time of an export."""

import shutil

import pytest

from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.export.estimate import FILE_BYTES, SLOW_RATE, Remaining, free_bytes


def test_room_is_that_of_the_disk_the_folder_will_be_on(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    assert free_bytes(tmp_path / "a" / "b") == pytest.approx(free, rel=0.05)
    assert free_bytes("nowhere/at/all") == pytest.approx(shutil.disk_usage(".").free, rel=0.05)


def test_time_is_work_over_rate(tmp_path):
    images = make_folder(tmp_path / "images", count=1)
    recipe = Recipe.preset("unet", source=images, output=tmp_path / "out")
    plan = make_plan(recipe.changed({"tiling.size_px": 128, "tiling.overlap_px": 0}))
    work = len(plan) * (128 * 128 * 4 + FILE_BYTES)
    assert Remaining.of(plan).seconds(1000) == pytest.approx(work / 1000)
    assert Remaining.of(plan).seconds(None) == pytest.approx(work / SLOW_RATE)
    assert Remaining.of(plan, len(plan) - 1).seconds(1000) == pytest.approx(work / len(plan) / 1000)
    assert Remaining.of(plan, len(plan) + 5).seconds(1000) == 0
