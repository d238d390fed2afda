"""Exports from the dock: the same bytes as the engine's, stopped, gone on with, refused, emptied."""

import threading

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox

from napari_tiles_creator import Recipe, make_plan, run
from napari_tiles_creator.engine.export import run as run_module
from napari_tiles_creator.engine.export.verify import verify


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.fixture
def halting(monkeypatch):
    """Let exports wait after some tiles until they are told to go on."""
    go_on = threading.Event()
    started = threading.Event()
    seen = []

    def slow(*args, **options):
        events = run(*args, **options)
        try:
            for event in events:
                seen.append(event)
                yield event
                if len(seen) == 8:
                    started.set()
                    go_on.wait(20)
        finally:
            events.close()

    monkeypatch.setattr(run_module, "run", slow)
    yield started, go_on
    go_on.set()


@pytest.mark.parametrize("preset", ["unet", "yolo"])
def test_same_bytes_as_the_engine(dock, planned, qtbot, tmp_path, preset):
    planned()
    fields = {"media.folder": str(tmp_path / "images"), "tiling.size_px": 32, "tiling.overlap_px": 8}
    recipe = Recipe.preset(preset).changed({**fields, "export.folder": str(tmp_path / "tiles")})
    dock.set_recipe(recipe)
    with qtbot.waitSignal(dock.exportFinished, timeout=20000) as end:
        qtbot.mouseClick(dock.footer.export_button, Qt.MouseButton.LeftButton)
    for _ in run(make_plan(recipe.changed({"export.folder": str(tmp_path / "engine")}))):
        pass
    assert contents(tmp_path / "tiles") == contents(tmp_path / "engine")
    report = end.args[0]
    assert (report.tiles, report.failed) == (len(make_plan(recipe)), ())
    assert f"{report.tiles} tiles written" in dock.footer.result.text()
    assert dock.footer.bar.isHidden()
    assert dock.footer.export_button.isEnabled()


def test_again_skips_what_is_there(dock, planned, qtbot):
    planned()
    with qtbot.waitSignal(dock.exportFinished):
        dock.export_tiles()
    with qtbot.waitSignal(dock.exportFinished) as end:
        dock.export_tiles()
    assert end.args[0].tiles == 0
    assert end.args[0].skipped == len(dock.plan)


def test_cancel_and_go_on(dock, planned, qtbot, tmp_path, halting):
    started, go_on = halting
    planned()
    dock.export_tiles()
    qtbot.waitUntil(started.is_set)
    assert dock.footer.cancel_button.isEnabled()
    assert not dock.footer.export_button.isEnabled()
    qtbot.mouseClick(dock.footer.cancel_button, Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(lambda: "Cancelled" in dock.footer.result.text())
    assert not verify(tmp_path / "tiles").finished
    assert not (tmp_path / "tiles" / ".tiles-creator" / "lock").exists()
    with qtbot.waitSignal(dock.exportFinished) as end:
        dock.export_tiles()
    assert end.args[0].skipped >= 7
    assert verify(tmp_path / "tiles").ok


def test_closing_the_dock_cancels(viewer, dock, planned, qtbot, tmp_path, halting):
    started, go_on = halting
    planned()
    dock.export_tiles()
    qtbot.waitUntil(started.is_set)
    with qtbot.assertNotEmitted(dock.exportFinished):
        viewer.window.remove_dock_widget(dock)
        go_on.set()
        qtbot.waitUntil(lambda: not (tmp_path / "tiles" / ".tiles-creator" / "lock").exists())
    assert not verify(tmp_path / "tiles").finished


def test_damaged_image_is_named_and_the_others_go_on(dock, planned, qtbot, images):
    data = (images / "image_1.tif").read_bytes()
    (images / "image_1.tif").write_bytes(data[: len(data) // 2])
    planned()
    with qtbot.waitSignal(dock.exportFinished) as end:
        dock.export_tiles()
    assert [failure["source"] for failure in end.args[0].failed] == ["image_1.tif"]
    assert "image_1.tif" in dock.footer.result.text()


def test_folder_removed_meanwhile(dock, planned, qtbot, images):
    planned()
    for path in images.iterdir():
        path.unlink()
    images.rmdir()
    with qtbot.waitSignal(dock.exportFinished) as end:
        dock.export_tiles()
    assert len(end.args[0].failed) == 3


def test_any_error_reaches_failed(dock, planned, qtbot, monkeypatch):
    def broken(*args, **options):
        raise RuntimeError("out of luck")
        yield

    planned()
    monkeypatch.setattr(run_module, "run", broken)
    with qtbot.waitSignal(dock.failed) as told:
        dock.export_tiles()
    assert "out of luck" in told.args[0]
    assert dock.footer.export_button.isEnabled()


def test_disk_full(dock, planned, qtbot, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    planned()
    monkeypatch.setattr("os.write", full)
    monkeypatch.setattr("os.replace", full)
    with qtbot.waitSignal(dock.failed) as told:
        dock.export_tiles()
    monkeypatch.undo()
    assert "No space left" in told.args[0] or "full" in told.args[0]
    assert "folder" in dock.export.problems


def test_foreign_files_are_refused_and_stay(dock, planned, qtbot, tmp_path):
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "thesis.txt").write_text("mine")
    planned()
    with qtbot.waitSignal(dock.failed) as told:
        dock.export_tiles()
    assert "thesis.txt" in told.args[0]
    assert contents(tmp_path / "tiles") == {"thesis.txt": b"mine"}


@pytest.mark.parametrize("answer", ["Remove", "Cancel"])
def test_empty_export_folder(dock, planned, qtbot, tmp_path, answer):
    planned()
    with qtbot.waitSignal(dock.exportFinished):
        dock.export_tiles()
    (tmp_path / "tiles" / "mine.txt").write_text("mine")
    before = contents(tmp_path / "tiles")
    qtbot.mouseClick(dock.export.empty_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.findChild(QMessageBox, "emptying") is not None)
    box = dock.findChild(QMessageBox, "emptying")
    assert "mine.txt" in box.detailedText().partition("Kept")[2]
    assert f"Remove {len(before) - 1} files" in box.text()
    assert box.defaultButton().text().endswith("Cancel")
    button = next(button for button in box.buttons() if button.text().replace("&", "") == answer)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    if answer == "Remove":
        qtbot.waitUntil(lambda: "removed" in dock.footer.result.text())
        assert contents(tmp_path / "tiles") == {"mine.txt": b"mine"}
    else:
        assert contents(tmp_path / "tiles") == before


@pytest.fixture
def large(dock, planned, qtbot, tmp_path):
    """A dataset of many files, and emptying that waits for a word at each step."""
    planned(tiling__size_px=12, tiling__overlap_px=0)
    with qtbot.waitSignal(dock.exportFinished, timeout=20000):
        dock.export_tiles()
    qtbot.waitUntil(lambda: not dock._jobs.is_running("plan"))
    return tmp_path / "tiles"


@pytest.fixture
def slow_steps(monkeypatch):
    """Let looking and removing wait after their first step until they are told to go on."""
    from napari_tiles_creator.engine.export import verify as verify_module

    first, go_on = threading.Event(), threading.Event()

    def slowed(name, original):
        def steps(*args):
            inner = original(*args)
            try:
                yield next(inner)
                first.set()
                go_on.wait(20)
                return (yield from inner)
            finally:
                inner.close()

        return steps

    monkeypatch.setattr(verify_module, "look", slowed("look", verify_module.look))
    monkeypatch.setattr(verify_module.Emptying, "steps", slowed("steps", verify_module.Emptying.steps))
    yield first, go_on
    go_on.set()


def test_looking_what_to_empty_can_be_stopped(dock, qtbot, large, slow_steps):
    first, go_on = slow_steps
    before = contents(large)
    qtbot.mouseClick(dock.export.empty_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(first.is_set)
    qtbot.waitUntil(lambda: dock.export.progress.maximum() > 100)
    assert dock.export.empty_button.text() == "Stop"
    qtbot.mouseClick(dock.export.empty_button, Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(dock.export.progress.isHidden)
    assert dock.findChild(QMessageBox, "emptying") is None
    assert contents(large) == before


@pytest.mark.parametrize("how", ["button", "closed dock"])
def test_removing_can_be_stopped(viewer, dock, qtbot, large, slow_steps, how):
    first, go_on = slow_steps
    go_on.set()
    count = len(contents(large))
    dock.empty_export_folder()
    qtbot.waitUntil(lambda: dock.findChild(QMessageBox, "emptying") is not None)
    box = dock.findChild(QMessageBox, "emptying")
    go_on.clear()
    first.clear()
    remove = next(button for button in box.buttons() if "Remove" in button.text())
    qtbot.mouseClick(remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(first.is_set)
    if how == "button":
        qtbot.mouseClick(dock.export.empty_button, Qt.MouseButton.LeftButton)
    else:
        viewer.window.remove_dock_widget(dock)
    go_on.set()
    qtbot.waitUntil(lambda: not (large / ".tiles-creator" / "lock").exists())
    if how == "button":
        qtbot.waitUntil(lambda: "Stopped" in dock.footer.result.text())
        qtbot.waitUntil(lambda: "Unfinished" in dock.export.state.text())
    assert 0 < len(contents(large)) <= count
    verify(large)  # still a dataset


def test_emptying_a_folder_that_no_export_wrote(dock, planned, qtbot, tmp_path):
    (tmp_path / "tiles").mkdir()
    planned()
    with qtbot.waitSignal(dock.failed):
        dock.empty_export_folder()
    assert "folder" in dock.export.problems
