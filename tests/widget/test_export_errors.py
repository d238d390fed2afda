"""Exports that go wrong, in a real window, driven by keys and mouse."""

import errno
import os
import shutil
import threading

import pytest
from qtpy.QtCore import Qt

from napari_tiles_creator import run
from napari_tiles_creator.engine.export import run as run_module
from napari_tiles_creator.engine.export.verify import verify


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def type_path(qtbot, editor, path):
    editor.line.setFocus()
    editor.line.selectAll()
    qtbot.keyClicks(editor.line, str(path))
    qtbot.keyClick(editor.line, Qt.Key.Key_Return)


def export(dock, qtbot):
    with qtbot.waitSignal(dock.exportFinished, timeout=20000) as end:
        click(qtbot, dock.footer.export_button)
    return end.args[0]


def failed(dock, qtbot):
    with qtbot.waitSignal(dock.failed, timeout=20000) as told:
        click(qtbot, dock.footer.export_button)
    return told.args[0]


def idle(dock):
    return dock.footer.bar.isHidden() and dock.footer.export_button.isEnabled()


@pytest.fixture
def halting(monkeypatch):
    """Let an export wait after some tiles until it is told to go on."""
    reached, go_on = threading.Event(), threading.Event()

    def slow(*args, **options):
        events = run(*args, **options)
        try:
            for number, event in enumerate(events):
                yield event
                if number == 8:
                    reached.set()
                    go_on.wait(20)
        finally:
            events.close()

    monkeypatch.setattr(run_module, "run", slow)
    yield reached, go_on
    go_on.set()


# ---- the images ----


def test_empty_folder(dock, qtbot, tmp_path):
    (tmp_path / "empty").mkdir()
    type_path(qtbot, dock.media.editor("folder"), tmp_path / "empty")
    type_path(qtbot, dock.export.editor("folder"), tmp_path / "tiles")
    qtbot.waitUntil(lambda: bool(dock.media.problems))
    message = failed(dock, qtbot)
    qtbot.waitUntil(lambda: idle(dock))
    assert "no image" in message
    assert not (tmp_path / "tiles").exists()


def test_no_folder_at_all(dock, qtbot):
    message = failed(dock, qtbot)
    assert "choose" in message
    assert idle(dock)


@pytest.mark.parametrize("kind", ["damaged", "nonsense", "empty", "folder in disguise"])
def test_unreadable_files_are_named_and_the_others_go_on(dock, planned, qtbot, images, tmp_path, kind):
    """What cannot be read is of several kinds: permissions alone stop no administrator, who may run these tests."""
    bad = images / "image_1.tif"
    data = bad.read_bytes()
    bad.unlink()
    if kind == "folder in disguise":
        bad.symlink_to(tmp_path / "gone.tif")
    else:
        bad.write_bytes({"damaged": data[: len(data) // 2], "nonsense": b"x" * 5000, "empty": b""}[kind])
    planned()
    report = export(dock, qtbot)
    assert [failure["source"] for failure in report.failed] == ["image_1.tif"]
    assert "1 image failed" in dock.footer.result.text()
    assert "image_1.tif" in dock.footer.result.text()
    assert not list((tmp_path / "tiles").glob("image_1*"))
    assert verify(tmp_path / "tiles").ok


@pytest.fixture
def forbid(monkeypatch):
    """Take the right to open, make or rename below a folder away from this process: also from an administrator."""

    def forbid_folder(folder, *, also_reading=False):
        refused = str(folder)

        def guarded(name):
            original = getattr(os, name)

            def call(path, *args, **options):
                if os.fspath(path).startswith(refused) if isinstance(path, (str, os.PathLike)) else False:
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
                return original(path, *args, **options)

            monkeypatch.setattr(os, name, call)

        for name in ("mkdir", "open", "replace"):
            guarded(name)

    return forbid_folder


def test_no_permission_to_write(dock, planned, qtbot, tmp_path, forbid):
    (tmp_path / "locked").mkdir()
    if os.geteuid():
        (tmp_path / "locked").chmod(0o500)
    else:
        forbid(tmp_path / "locked")
    planned(export__folder=str(tmp_path / "locked" / "tiles"))
    message = failed(dock, qtbot)
    assert "no permission to write" in message
    assert "folder" in dock.export.problems
    assert idle(dock)
    assert not list((tmp_path / "locked").iterdir())
    type_path(qtbot, dock.export.editor("folder"), tmp_path / "tiles")
    qtbot.waitUntil(lambda: not dock.export.problems)
    assert dock.footer.error.isHidden()
    assert not export(dock, qtbot).failed


def test_folder_of_images_removed_meanwhile(dock, planned, qtbot, images, halting):
    reached, go_on = halting
    planned()
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    shutil.rmtree(images)
    with qtbot.waitSignal(dock.exportFinished, timeout=20000) as end:
        go_on.set()
    assert end.args[0].failed
    assert all("image_" in failure["reason"] for failure in end.args[0].failed)
    qtbot.waitUntil(lambda: bool(dock.media.problems))  # and what is there now is told at once


def test_export_folder_removed_meanwhile(dock, planned, qtbot, tmp_path, halting):
    reached, go_on = halting
    planned(tiling__size_px=16, tiling__overlap_px=4)
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    (tmp_path / "tiles").rename(tmp_path / "elsewhere")
    with qtbot.waitSignal(dock.failed, timeout=20000) as told:
        go_on.set()
    assert "has gone" in told.args[0]
    assert idle(dock)


# ---- the disk ----


@pytest.fixture
def small_disk(monkeypatch):
    """Let files be written and grow until the disk is full, as the system would say it."""
    left = [60_000]
    lock = threading.Lock()
    original_write, original_open = os.write, open

    def take(size):
        with lock:
            if left[0] < size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left[0] -= size

    def write(descriptor, data):
        take(len(data))
        return original_write(descriptor, data)

    class Counted:
        """A file that takes room on the disk."""

        def __init__(self, file):
            self.file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.file.close()

        def write(self, data):
            take(len(data))
            return self.file.write(data)

    def counted_open(path, mode="r", **options):
        file = original_open(path, mode, **options)
        return Counted(file) if "stage-" in str(path) else file

    from napari_tiles_creator.engine.export import writer

    monkeypatch.setattr(os, "write", write)
    monkeypatch.setattr(writer, "open", counted_open, raising=False)
    return left


def test_disk_full_and_gone_on_with(dock, planned, qtbot, tmp_path, small_disk):
    plan = planned()
    assert plan.bytes > small_disk[0]
    message = failed(dock, qtbot)
    assert "is full" in message
    assert idle(dock)
    assert "folder" in dock.export.problems
    written = len(list((tmp_path / "tiles").glob("*.tif")))
    assert 0 < written < len(plan)
    qtbot.waitUntil(lambda: "Resume" in dock.footer.export_button.text().replace("&", ""))
    small_disk[0] = 10**9
    report = export(dock, qtbot)
    assert (report.skipped, report.tiles) == (written, len(plan) - written)
    assert verify(tmp_path / "tiles").ok
    qtbot.waitUntil(lambda: not dock.export.problems)
    assert dock.footer.error.isHidden()


# ---- the export folder ----


@pytest.mark.parametrize(("place", "words"), [("images/tiles", "inside"), ("images", "is the folder"), (".", "above")])
def test_export_folder_among_the_images(dock, planned, qtbot, tmp_path, place, words):
    before = sorted(tmp_path.rglob("*"))
    planned()
    type_path(qtbot, dock.export.editor("folder"), tmp_path / place)
    qtbot.waitUntil(lambda: words in dock.export.problems.get("folder", ""))
    assert words in dock.footer.status.text()
    assert words in failed(dock, qtbot)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_same_is_said_once_beside_the_field_and_once_at_the_foot(dock, planned, qtbot, tmp_path):
    (tmp_path / "tiles").mkdir()
    (tmp_path / "tiles" / "thesis.txt").write_text("mine")
    planned()
    qtbot.waitUntil(lambda: "thesis.txt" in dock.export.problems.get("folder", ""))
    failed(dock, qtbot)
    qtbot.waitUntil(lambda: idle(dock))
    labels = (dock.footer.status.text(), dock.footer.error.text(), dock.footer.result.text())
    assert sum("thesis.txt" in text for text in labels) == 1
    (tmp_path / "tiles" / "thesis.txt").unlink()
    qtbot.keyClick(dock.media.editor("folder").line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dock.export.problems)
    assert not any("thesis.txt" in label.text() for label in (dock.footer.status, dock.footer.error))


# ---- stopped ----


def test_cancelled_in_the_middle(dock, planned, qtbot, tmp_path, halting):
    reached, go_on = halting
    planned()
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    click(qtbot, dock.footer.cancel_button)
    assert not dock.footer.cancel_button.isEnabled()
    go_on.set()
    qtbot.waitUntil(lambda: "Cancelled" in dock.footer.result.text())
    assert idle(dock)
    assert not (tmp_path / "tiles" / ".tiles-creator" / "lock").exists()


def test_dock_closed_during_an_export(viewer, dock, planned, qtbot, tmp_path, halting):
    reached, go_on = halting
    planned()
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    viewer.window.remove_dock_widget(dock)
    go_on.set()
    qtbot.waitUntil(lambda: not (tmp_path / "tiles" / ".tiles-creator" / "lock").exists())
    assert not verify(tmp_path / "tiles").finished
    assert list((tmp_path / "tiles").glob("*.tif"))


def test_viewer_closed_during_an_export(make_napari_viewer, qtbot, tmp_path, images, halting):
    from napari_tiles_creator import Recipe

    reached, go_on = halting
    viewer = make_napari_viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
    recipe = Recipe.preset("unet", source=images, output=tmp_path / "tiles")
    dock.set_recipe(recipe.changed({"tiling.size_px": 16, "tiling.overlap_px": 0}))
    qtbot.waitUntil(lambda: dock.plan is not None)
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    jobs = dock._jobs
    viewer.close()
    go_on.set()
    qtbot.waitUntil(lambda: not (tmp_path / "tiles" / ".tiles-creator" / "lock").exists())
    assert not verify(tmp_path / "tiles").finished
    assert not jobs.is_running("export")


def test_settings_changed_during_an_export(dock, planned, qtbot, tmp_path, halting):
    """The export goes on with what it was started with; its bar stays its own."""
    reached, go_on = halting
    plan = planned()
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    dock.tiles.editor("size_px").first.setValue(40)
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe.tiling.size_px == 40)
    with qtbot.waitSignal(dock.exportFinished, timeout=20000) as end:
        go_on.set()
    assert end.args[0].tiles == len(plan)
    assert idle(dock)
