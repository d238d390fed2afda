"""Checking a dataset against its manifest, and removing exactly what was written."""

import pytest

from image_folder import contents, make_folder
from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export.verify import AT_ONCE, look, plan_emptying, verify
from napari_tiles_creator.errors import DatasetError, ExportError


@pytest.fixture
def dataset(tmp_path):
    images = make_folder(tmp_path / "images", count=2)
    recipe = Recipe.preset("yolo", source=images, output=tmp_path / "out").changed(
        {"tiling.size_px": 128, "tiling.overlap_px": 32}
    )
    list(run(make_plan(recipe)))
    return tmp_path / "out"


def test_a_fresh_dataset_is_ok(dataset):
    verdict = verify(dataset)
    assert verdict.ok
    assert verdict.to_dict() == {
        "tiles": len(list(dataset.glob("*.png"))),
        "missing": (),
        "changed": (),
        "extra": (),
        "predictions": (),
        "finished": True,
        "leaks": (),
        "ok": True,
    }


def test_what_is_missing_changed_and_extra_is_named(dataset):
    (dataset / "cell_0_000.png").unlink()
    data = bytearray((dataset / "cell_0_001.png").read_bytes())
    data[-20] ^= 1  # same size, one bit turned
    (dataset / "cell_0_001.png").write_bytes(data)
    (dataset / "mine").mkdir()
    (dataset / "mine" / "notes.txt").write_text("x")
    verdict = verify(dataset)
    assert not verdict.ok
    assert (verdict.missing, verdict.changed, verdict.extra) == (
        ("cell_0_000.png",),
        ("cell_0_001.png",),
        ("mine/notes.txt",),
    )


def test_extra_files_alone_are_ok(dataset):
    (dataset / "notes.txt").write_text("x")
    verdict = verify(dataset)
    assert verdict.ok
    assert verdict.extra == ("notes.txt",)


def test_an_unfinished_export_is_not_ok(tmp_path):
    images = make_folder(tmp_path / "images", count=2)
    events = run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out")))
    next(events)
    next(events)
    events.close()
    verdict = verify(tmp_path / "out")
    assert not verdict.ok
    assert not verdict.finished
    assert verdict.missing == verdict.changed == ()
    plan_emptying(tmp_path / "out").carry_out()
    assert contents(tmp_path / "out") == {}


def test_a_damaged_manifest_is_told(dataset, tmp_path):
    with pytest.raises(DatasetError, match="no dataset"):
        verify(tmp_path / "images")
    table = (dataset / "tiles.csv").read_bytes()
    (dataset / "tiles.csv").write_bytes(b"a,b\r\n1,2\r\n")
    with pytest.raises(DatasetError, match=r"tiles\.csv is damaged"):
        verify(dataset)
    (dataset / "tiles.csv").write_bytes(table)
    (dataset / "tiles.json").write_text("{")
    with pytest.raises(DatasetError, match=r"tiles\.json is damaged"):
        verify(dataset)


def test_emptying_keeps_what_is_not_ours(dataset):
    (dataset / "notes.txt").write_text("mine")
    (dataset / "cell_0_001.png").write_bytes(b"edited by hand")
    before = contents(dataset)
    emptying = plan_emptying(dataset)
    assert contents(dataset) == before
    assert set(emptying.keep) == {"notes.txt", "cell_0_001.png"}
    assert set(emptying.remove) == before.keys() - {"notes.txt", "cell_0_001.png"}
    emptying.carry_out()
    assert contents(dataset) == {"notes.txt": b"mine", "cell_0_001.png": b"edited by hand"}


def test_emptying_never_leaves_the_dataset(dataset, tmp_path):
    """A manifest that names files elsewhere removes nothing there."""
    outside = tmp_path / "precious.txt"
    outside.write_text("mine")
    table = (dataset / "tiles.csv").read_text()
    (dataset / "tiles.csv").write_text(table.replace("cell_0_000.png", "../precious.txt", 1))
    with pytest.raises(DatasetError, match="outside"):
        plan_emptying(dataset)
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_lost_or_shortened_table_is_not_ok(dataset, damage):
    table = dataset / "tiles.csv"
    if damage == "missing":
        table.unlink()
    else:
        table.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:-2]))
    verdict = verify(dataset)
    assert not verdict.ok
    assert "tiles.csv" in getattr(verdict, damage)


def test_emptying_without_the_table_removes_nothing(dataset):
    (dataset / "tiles.csv").unlink()
    before = contents(dataset)
    with pytest.raises(DatasetError, match=r"tiles\.csv is missing"):
        plan_emptying(dataset)
    assert contents(dataset) == before


def test_a_damaged_number_is_told(dataset):
    table = (dataset / "tiles.csv").read_bytes()
    crc = table.splitlines()[1].rpartition(b",")[2]
    (dataset / "tiles.csv").write_bytes(table.replace(crc, b"many"))
    with pytest.raises(DatasetError, match="line 2: crc32 is 'many'"):
        verify(dataset)


def test_emptying_waits_for_no_running_export(tmp_path):
    images = make_folder(tmp_path / "images", count=2)
    events = run(make_plan(Recipe.preset("unet", source=images, output=tmp_path / "out")))
    next(events)
    next(events)
    emptying = plan_emptying(tmp_path / "out")
    with pytest.raises(ExportError, match="another export"):
        emptying.carry_out()
    assert list(events)[-1].tiles == 2
    assert verify(tmp_path / "out").ok


@pytest.fixture
def many(tmp_path):
    """A dataset of more files than are removed at once."""
    images = make_folder(tmp_path / "images", count=2)
    recipe = Recipe.preset("unet", source=images, output=tmp_path / "out")
    list(run(make_plan(recipe.changed({"tiling.size_px": 40, "tiling.overlap_px": 0}))))
    assert len(list((tmp_path / "out").iterdir())) > 2 * AT_ONCE
    return tmp_path / "out"


def test_looking_can_be_stopped_and_tells_how_far_it_is(many):
    before = contents(many)
    steps = list(look(many))
    assert [step.done for step in steps] == list(range(0, steps[0].total, AT_ONCE))
    looking = look(many)
    next(looking)
    looking.close()
    assert contents(many) == before


def test_emptying_stopped_midway_can_go_on(many):
    (many / "mine.txt").write_text("mine")
    emptying = plan_emptying(many)
    steps = emptying.steps()
    assert [next(steps).done, next(steps).done] == [0, AT_ONCE]
    steps.close()
    assert len(contents(many)) == len(emptying.remove) - AT_ONCE + 1
    assert not (many / ".tiles-creator").exists()  # unlocked
    plan_emptying(many).carry_out()
    assert contents(many) == {"mine.txt": b"mine"}
