"""Which file belongs to which image, by names alone."""

from pathlib import Path

import numpy as np
import pytest

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.planning.partners.names import (
    FilesByName,
    PartnerFile,
    bare_stem,
    files_in,
    stems_of,
    without_suffix,
)
from napari_tiles_creator.engine.planning.resolve import resolve_image
from napari_tiles_creator.engine.planning.scan import Scanned
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.folder import Found


def image(name: str, path: str = "", files: tuple[Path, ...] | None = None):
    """Return the plan of an image that is on no disk."""
    info = SourceInfo(Path(path or name), "YX", (50, 60), np.dtype("uint8"), files=files)
    return resolve_image(Recipe(), Scanned(Found(name, info.path, "stem"), 0, info))


def found(files, images, with_suffixes=True):
    """Return the names of the files of each image, by the image's name."""
    plans = [image(name) for name in images]
    by_name = FilesByName([PartnerFile(name, Path(name), 0, 0) for name in files], plans, with_suffixes)
    return {plan.name: [file.name for file in by_name.of(plan)] for plan in plans}


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.tif", "a"), ("x/y/a.b.TIFF", "a.b"), ("a.ome.tif", "a"), ("A.OME.ZARR", "A"), ("a.ome.txt", "a"), ("a", "a")],
)
def test_bare_stems(name, stem):
    assert bare_stem(name) == stem


@pytest.mark.parametrize(
    ("stem", "of"),
    [
        ("a_mask", "a"), ("a_MASKS", "a"), ("a-labels", "a"), ("a_label", "a"), ("a_cp_masks", "a"),
        ("a_b-Mask", "a_b"), ("mask", None), ("_mask", None), ("amask", None), ("a_mask_1", None),
    ],
)  # fmt: skip
def test_suffixes(stem, of):
    assert without_suffix(stem) == of


def test_an_image_may_have_several_names():
    assert stems_of(image("sub/a.ome.tif")) == ("a",)
    assert stems_of(image("plate.h5#raw/0", "data/plate.h5")) == ("plate",)
    channels = (Path("f_d0.tif"), Path("f_d1.tif"))
    assert stems_of(image("f_{channel}.tif", files=channels)) == ("f", "f_d0", "f_d1")
    assert stems_of(image("cell 1.5", files=())) == ("cell 1.5", "cell 1")


def test_the_same_stem_or_a_suffix():
    files = ["a.png", "b_mask.tif", "c_Labels.ome.tif", "d-masks.npy", "e_x.tif"]
    assert found(files, ["a.tif", "b.tif", "c.ome.tif", "d.jpg", "e.tif"]) == {
        "a.tif": ["a.png"], "b.tif": ["b_mask.tif"], "c.ome.tif": ["c_Labels.ome.tif"], "d.jpg": ["d-masks.npy"],
        "e.tif": [],
    }  # fmt: skip
    assert found(["a_mask.txt"], ["a.tif"], with_suffixes=False) == {"a.tif": []}


def test_two_candidates_are_both_told():
    assert found(["a.tif", "a_mask.tif"], ["a.tif"]) == {"a.tif": ["a.tif", "a_mask.tif"]}


def test_what_is_named_exactly_as_another_image_is_that_ones():
    assert found(["a.tif", "a_mask.tif"], ["a.tif", "a_mask.tif"]) == {
        "a.tif": ["a.tif"], "a_mask.tif": ["a_mask.tif"],
    }  # fmt: skip


def test_images_of_one_stem_need_files_of_their_whole_name():
    assert found(["a.tif", "a.png"], ["a.tif", "a.png"]) == {"a.tif": ["a.tif"], "a.png": ["a.png"]}


def test_folders_are_those_of_the_images_then_the_top():
    files = ["one/a.tif", "two/a.tif", "b.tif", "c.tif"]
    assert found(files, ["one/a.tif", "two/a.tif", "one/b.tif", "one/c.tif", "two/c.tif"]) == {
        "one/a.tif": ["one/a.tif"], "two/a.tif": ["two/a.tif"], "one/b.tif": ["b.tif"], "one/c.tif": [],
        "two/c.tif": [],
    }  # fmt: skip


def test_files_of_a_folder(tmp_path):
    for name in ("b.TIF", "a.txt", ".hidden.tif", "sub/c.tif", "sub/.d/e.tif"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "z.zarr" / "inside.tif").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "sub")
    extensions = (".tif", ".zarr")
    assert sorted(file.name for file in files_in(tmp_path, extensions, recursive=False)) == ["b.TIF", "z.zarr"]
    found = {file.name: file for file in files_in(tmp_path, extensions, recursive=True)}
    assert sorted(found) == ["b.TIF", "sub/c.tif", "z.zarr"]
    stat = (tmp_path / "sub" / "c.tif").stat()
    assert found["sub/c.tif"] == PartnerFile("sub/c.tif", tmp_path / "sub" / "c.tif", stat.st_mtime_ns, 5)
    assert PartnerFile.of(tmp_path / "sub" / "c.tif", "sub/c.tif") == found["sub/c.tif"]
