"""Results that are whole or absent, and never in the place of anything else."""

import errno
import os

import pytest

from napari_tiles_creator.engine.placing import placed
from napari_tiles_creator.errors import ExportError


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_result_gets_its_name_when_it_is_whole(tmp_path, kind):
    target = tmp_path / "below" / "a.zarr"
    with placed(target) as part:
        if kind == "folder":
            part.mkdir()
        (part / "0" if kind == "folder" else part).write_text("whole")
        assert not target.exists()
    assert (target / "0" if kind == "folder" else target).read_text() == "whole"
    assert [path.name for path in target.parent.iterdir()] == ["a.zarr"]


def half_written(target, kind):
    with placed(target) as part:
        part.mkdir() if kind == "folder" else part.write_text("half")
        raise ZeroDivisionError


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_nothing_stays_of_what_fails(tmp_path, kind):
    with pytest.raises(ZeroDivisionError):
        half_written(tmp_path / "a.tif", kind)
    assert not list(tmp_path.iterdir())


def overtaken(target):
    with placed(target) as part:
        part.write_text("ours")
        target.write_text("theirs")


def test_what_has_come_to_be_there_meanwhile_stays(tmp_path):
    with pytest.raises(ExportError, match=r"a\.tif is there already and is never overwritten"):
        overtaken(tmp_path / "a.tif")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["theirs"]


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "is full: free some space, then run this again"),
        (errno.EROFS, "no permission"),
        (errno.EIO, "a.tif"),
    ],
)
def test_what_the_system_says_is_told(tmp_path, number, told):
    with pytest.raises(ExportError, match=told), placed(tmp_path / "a.tif"):
        raise OSError(number, os.strerror(number))
