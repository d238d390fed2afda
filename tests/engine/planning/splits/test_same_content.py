"""Copies of an image are found by what is in them, whatever they are called."""

import os
import shutil

import numpy as np
import pytest
import tifffile

from image_folder import source
from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator.engine.planning.splits.same_content import first_of_copies


def firsts(folder, **media):
    return first_of_copies(make_plan(Recipe.of({"media": {"folder": str(folder), **media}})).images)


def write(path, seed=0, side=300):
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.random.default_rng(seed).integers(0, 4000, (side, side), np.uint16))
    return path


def test_copies_of_the_same_size_as_others(tmp_path):
    for seed, name in enumerate("abc"):
        write(tmp_path / f"{name}.tif", seed)
    (tmp_path / "again").mkdir()
    shutil.copy(tmp_path / "b.tif", tmp_path / "again" / "z.tif")
    shutil.copy(tmp_path / "b.tif", tmp_path / "a_copy.tif")
    found = firsts(tmp_path, recursive=True)
    assert found == {
        "a.tif": "a.tif", "a_copy.tif": "a_copy.tif", "again/z.tif": "a_copy.tif", "b.tif": "a_copy.tif",
        "c.tif": "c.tif",
    }  # fmt: skip


def test_one_pixel_makes_another_image(tmp_path):
    """Also one that lies between the few places of a first look."""
    first = write(tmp_path / "a.tif", side=400)
    data = bytearray(first.read_bytes())
    data[len(data) // 3] ^= 1
    (tmp_path / "b.tif").write_bytes(data)
    assert firsts(tmp_path) == {"a.tif": "a.tif", "b.tif": "b.tif"}


def test_a_file_that_changes_is_looked_at_again(tmp_path):
    first = write(tmp_path / "a.tif")
    copy = shutil.copy(first, tmp_path / "b.tif")
    assert firsts(tmp_path)["b.tif"] == "a.tif"
    write(copy, 1)
    os.utime(copy, ns=(1, 1))
    assert firsts(tmp_path)["b.tif"] == "b.tif"


def test_images_in_one_file_are_different(tmp_path):
    h5py = pytest.importorskip("h5py")
    for name in ("x.h5", "y.h5"):
        with h5py.File(tmp_path / name, "w") as file:
            file["a"] = file["b"] = np.zeros((64, 64), np.uint8)
    assert firsts(tmp_path, dataset="a") == {"x.h5": "x.h5", "y.h5": "x.h5"}


def test_what_is_no_file_is_no_copy():
    images = make_plan(Recipe(), [source("a.tif", (64, 64)), source("b.tif", (64, 64))]).images
    assert first_of_copies(images) == {"a.tif": "a.tif", "b.tif": "b.tif"}
