"""The export folder: never among the images, never over somebody's files, never over another export."""

import os

import numpy as np
import pytest
import tifffile

from image_folder import contents, make_folder
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export.target import check_target, target_state
from napari_tiles_creator.errors import ExportError


@pytest.fixture
def images(tmp_path):
    return make_folder(tmp_path / "data" / "images", count=1)


def export(images, output, changes=None, **options):
    small = {"tiling.size_px": 128, "tiling.overlap_px": 10}
    recipe = Recipe.preset("unet", source=images, output=output).changed(small | (changes or {}))
    return list(run(make_plan(recipe), **options))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("data/images", "is the folder"),
        ("data/images/", "is the folder"),
        ("data/../data/images", "is the folder"),
        ("data", "above"),
        (".", "above"),
        ("data/images/tiles", "inside"),
        ("data/images/a/b", "inside"),
        ("link", "is the folder"),
        ("link/tiles", "inside"),
        ("data/images/cell_0.tif", "inside"),
    ],
)
def test_refused_places(images, tmp_path, place, words):
    (tmp_path / "link").symlink_to(images)
    before = contents(tmp_path)
    with pytest.raises(ExportError, match=words):
        export(images, tmp_path / place)
    assert contents(tmp_path) == before


def test_refused_relative_to_the_working_folder(images, monkeypatch):
    monkeypatch.chdir(images)
    with pytest.raises(ExportError, match="is the folder"):
        export(images, ".")
    with pytest.raises(ExportError, match="inside"):
        export(".", "tiles")


@pytest.mark.parametrize("place", ["data/tiles", "tiles", "data/images_tiles", "other/deep/tiles"])
def test_allowed_places(images, tmp_path, place):
    recipe = Recipe.preset("unet", source=images, output=tmp_path / place)
    assert check_target(recipe) == tmp_path / place
    export(images, tmp_path / place)
    assert (tmp_path / place / "tiles.csv").is_file()


def test_one_image_may_be_cut_into_a_folder_beside_it(images):
    export(images / "cell_0.tif", images / "tiles")
    assert (images / "tiles" / "cell_0_000.tif").is_file()
    with pytest.raises(ExportError, match="is the folder"):
        export(images / "cell_0.tif", images)


def test_a_file_is_no_export_folder(images, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ExportError, match="is a file"):
        export(images, tmp_path / "file")


def test_foreign_files_are_refused_or_left_alone(images, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"notes\.txt") as told:
        export(images, out)
    assert (told.value.field, "--allow-foreign" in told.value.hint) == ("export.folder", True)
    assert os.listdir(out) == ["notes.txt"]
    export(images, out, allow_foreign=True)
    assert (out / "notes.txt").read_text() == "mine"
    export(images, out)  # a resumed export needs no second permission


@pytest.mark.parametrize("name", ["cell_0_000.tif", "tiles.csv"])
def test_a_foreign_file_is_never_overwritten(images, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("mine")
    with pytest.raises(ExportError, match="in the way"):
        export(images, out, allow_foreign=True)
    assert contents(out) == {name: b"mine"}


def test_file_managers_clutter_is_no_foreign_file(images, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".DS_Store").write_text("x")
    export(images, out)
    assert (out / ".DS_Store").read_text() == "x"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tiling.size_px": 100}, "size_px is 128, not 100"),
        ({"normalization.low": -1}, "low is 0.0, not -1.0"),
    ],
)
def test_another_export_is_refused(images, tmp_path, changes, words):
    out = tmp_path / "out"
    export(images, out)
    before = contents(out)
    with pytest.raises(ExportError, match=words):
        export(images, out, changes)
    assert contents(out) == before


def test_changed_and_added_images_are_refused(images, tmp_path):
    out = tmp_path / "out"
    export(images, out)
    make_folder(images, count=2)
    with pytest.raises(ExportError, match=r"cell_1\.tif was not among its images"):
        export(images, out)
    (images / "cell_1.tif").unlink()
    make_folder(images, count=1, shape=(310, 420))
    with pytest.raises(ExportError, match=r"cell_0\.tif has changed"):
        export(images, out)


def test_two_exports_cannot_write_at_once(images, tmp_path):
    first = run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out")))
    next(first)
    with pytest.raises(ExportError, match="another export"):
        list(run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out"))))
    list(first)
    assert not (tmp_path / "out" / ".tiles-creator").exists()


def test_a_file_put_in_a_tiles_place_while_an_export_rests_is_not_overwritten(images, tmp_path):
    out = tmp_path / "out"
    small = {"tiling.size_px": 128, "tiling.overlap_px": 10}
    events = run(make_plan(Recipe.preset("unet", source=images, output=out).changed(small)), workers=1)
    next(events)
    next(events)
    events.close()
    last = "cell_0_011.tif"
    assert not (out / last).exists()
    (out / last).write_text("mine")
    with pytest.raises(ExportError, match=f"{last} is in the way"):
        export(images, out)
    assert (out / last).read_text() == "mine"


def planned(images, output, **changes):
    small = {"tiling.size_px": 128, "tiling.overlap_px": 10}
    return make_plan(Recipe.preset("unet", source=images, output=output).changed(small | changes))


def test_state_of_a_free_folder(images, tmp_path):
    assert target_state(planned(images, tmp_path / "new")).kind == "free"
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / ".DS_Store").write_text("x")
    assert target_state(planned(images, tmp_path / "old")).kind == "free"


def test_state_of_foreign_files(images, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    state = target_state(planned(images, tmp_path / "out"))
    assert state.kind == "foreign"
    assert "thesis.txt" in str(state.error)
    assert "tiles-creator" not in str(state.error)


def test_state_of_an_export_from_its_beginning_to_its_end(images, tmp_path):
    plan = planned(images, tmp_path / "out")
    events = run(plan, workers=1)
    for _ in range(4):  # Started and three tiles
        next(events)
    events.close()
    state = target_state(plan)
    there = len(list((tmp_path / "out").glob("*.tif")))
    assert (state.kind, state.tiles, state.total) == ("unfinished", there, len(plan))
    assert 3 <= there < len(plan)
    list(run(plan))
    assert target_state(plan) == type(state)("finished", len(plan), len(plan))
    (tmp_path / "out" / "cell_0_003.tif").unlink()
    state = target_state(plan)
    assert (state.kind, state.tiles, state.total) == ("unfinished", len(plan) - 1, len(plan))


def test_state_of_another_export(images, tmp_path):
    list(run(planned(images, tmp_path / "out")))
    state = target_state(planned(images, tmp_path / "out", **{"tiling.size_px": 100}))
    assert state.kind == "another"
    assert "size_px is 128, not 100" in str(state.error)
    (tmp_path / "out" / "tiles.json").write_text("{")
    state = target_state(planned(images, tmp_path / "out"))
    assert (state.kind, "damaged" in str(state.error)) == ("another", True)


def test_state_with_an_image_that_failed(images, tmp_path):
    make_folder(images, count=2)
    tifffile.imwrite(images / "cell_1.tif", np.ones((300, 420), np.uint16), compression="zlib")
    data = bytearray((images / "cell_1.tif").read_bytes())
    data[-40:] = bytes(40)  # its pixels alone, so that nobody notices before they are decoded
    (images / "cell_1.tif").write_bytes(data)
    plan = planned(images, tmp_path / "out")
    assert list(run(plan))[-1].failed
    state = target_state(plan)
    assert (state.kind, state.failed) == ("finished", 1)


def test_state_refuses_what_an_export_refuses(images):
    with pytest.raises(ExportError, match="inside") as told:
        target_state(planned(images, images / "tiles"))
    assert told.value.field == "export.folder"


def test_another_image_of_the_same_name_and_size_is_another_export(tmp_path):
    first, second = (make_folder(tmp_path / day, count=1, seed=seed) for day, seed in (("monday", 1), ("tuesday", 2)))
    assert [path.stat().st_size for path in first.iterdir()] == [path.stat().st_size for path in second.iterdir()]
    export(first, tmp_path / "tiles")
    written = contents(tmp_path / "tiles")
    with pytest.raises(ExportError, match=r"cell_0\.tif has changed since"):
        export(second, tmp_path / "tiles")
    assert contents(tmp_path / "tiles") == written


def test_a_copy_of_an_image_is_the_same_image(tmp_path):
    first, copy = (make_folder(tmp_path / place, count=1) for place in ("here", "there"))
    export(first, tmp_path / "tiles")
    written = contents(tmp_path / "tiles")
    assert export(copy, tmp_path / "tiles")[-1].tiles == 0
    assert contents(tmp_path / "tiles") == written
