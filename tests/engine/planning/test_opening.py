"""Axes that the recipe names answer where a file tells none; what a file tells stays, unless it is to be overruled."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.planning.scan import scan


@pytest.fixture
def folder(tmp_path):
    stack = np.zeros((5, 40, 50), np.uint16)
    np.save(tmp_path / "a.npy", stack)
    tifffile.imwrite(tmp_path / "b.tif", stack, imagej=True, metadata={"axes": "CYX"})
    tifffile.imwrite(tmp_path / "c.tif", stack, photometric="minisblack")
    tifffile.imwrite(tmp_path / "d.tif", stack[0])
    return tmp_path


def axes_of(folder, **fields):
    media = Recipe().changed({"media.folder": str(folder)} | fields).media
    return {item.found.name: item.info.axes if item.info else item.problem for item in scan(media)}


def test_what_no_file_tells_is_asked(folder):
    found = axes_of(folder)
    assert (found["b.tif"], found["d.tif"]) == ("CYX", "YX")
    for name in ("a.npy", "c.tif"):
        assert found[name].startswith(f"{name}: shape (5, 40, 50): the file does not tell what its axes are")


def test_the_answer_leaves_alone_what_files_tell(folder):
    found = axes_of(folder, **{"media.axes": "TYX"})
    assert found == {"a.npy": "TYX", "b.tif": "CYX", "c.tif": "TYX", "d.tif": "YX"}


def test_files_may_be_overruled(folder):
    found = axes_of(folder, **{"media.axes": "ZYX", "media.overrule_axes": True})
    assert found == {"a.npy": "ZYX", "b.tif": "ZYX", "c.tif": "ZYX", "d.tif": "YX"}


def test_an_answer_that_does_not_fit_is_asked_again(folder):
    found = axes_of(folder, **{"media.axes": "TZYX"})
    assert "media.axes" in found["a.npy"]
    assert found["b.tif"] == "CYX"
