"""What the Export panel tells before an export: the folder's state, the cost, the command; and tiles loaded back."""

import shlex

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDropEvent, QGuiApplication

from napari_tiles_creator import make_plan, run
from napari_tiles_creator._widget.panels import export as panel_module
from napari_tiles_creator.engine.export.estimate import Remaining, free_bytes


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def exported(dock, qtbot):
    with qtbot.waitSignal(dock.exportFinished, timeout=20000) as end:
        click(qtbot, dock.footer.export_button)
    return end.args[0]


def load(dock, qtbot):
    """Load the exported tiles; wait until the last layer is there."""
    click(qtbot, dock.export.load_button)
    qtbot.waitUntil(dock.export.progress.isHidden, timeout=20000)


def action(dock):
    return dock.footer.export_button.text().replace("&", "")


# ---- the folder ----


def test_a_free_folder_says_nothing(dock, planned):
    planned()
    assert dock.export.state.isHidden()
    assert action(dock) == "Export tiles"


def test_an_unfinished_export_offers_to_resume(dock, planned, qtbot, tmp_path):
    plan = planned()
    events = run(plan, workers=1)
    for _ in range(6):
        next(events)
    events.close()
    there = len(list((tmp_path / "tiles").glob("*.tif")))
    qtbot.keyClick(dock.media.editor("folder").line, Qt.Key.Key_Return)  # look again
    qtbot.waitUntil(lambda: action(dock) == "Resume export")
    assert f"{there} of {len(plan)} tiles" in dock.export.state.text()
    assert dock.export.estimate.text().replace("\u00a0", " ").startswith(f"{len(plan) - there} tiles to go")
    report = exported(dock, qtbot)
    assert (report.skipped, report.tiles) == (there, len(plan) - there)


def test_after_an_export_the_panel_says_that_it_is_finished(dock, planned, qtbot, tmp_path):
    plan = planned()
    exported(dock, qtbot)
    qtbot.waitUntil(lambda: action(dock) == "Check exported tiles")
    assert f"all {len(plan)} tiles" in dock.export.state.text()
    assert not dock.export.problems
    next((tmp_path / "tiles").glob("*.tif")).unlink()
    report = exported(dock, qtbot)
    assert (report.tiles, report.skipped) == (1, len(plan) - 1)


def test_another_export_is_told_beside_the_folder_and_leaves_when_it_is_mended(dock, planned, qtbot):
    planned()
    exported(dock, qtbot)
    size = dock.tiles.editor("size_px").first
    size.setValue(40)
    qtbot.waitUntil(lambda: "folder" in dock.export.problems)
    message = dock.export.problems["folder"]
    assert "Size is 32, not 40" in message
    assert "tiles-creator" not in message
    assert message in dock.footer.status.text()
    size.setValue(32)
    qtbot.waitUntil(lambda: "folder" not in dock.export.problems)
    assert message not in dock.footer.status.text()
    assert dock.footer.error.isHidden()


def test_cancelled_export_says_resume(dock, planned, qtbot, tmp_path, monkeypatch):
    import threading

    from napari_tiles_creator.engine.export import run as run_module

    reached, go_on = threading.Event(), threading.Event()

    def halting(*args, **options):
        for number, event in enumerate(run(*args, **options)):
            yield event
            if number == 5:
                reached.set()
                go_on.wait(20)

    monkeypatch.setattr(run_module, "run", halting)
    planned()
    click(qtbot, dock.footer.export_button)
    qtbot.waitUntil(reached.is_set)
    click(qtbot, dock.footer.cancel_button)
    go_on.set()
    qtbot.waitUntil(lambda: action(dock) == "Resume export")
    assert "Cancelled" in dock.footer.result.text()
    assert dock.footer.bar.isHidden()


def test_a_folder_is_typed_and_dropped(dock, planned, qtbot, tmp_path):
    planned(export__folder="")
    line = dock.export.editor("folder").line
    line.setFocus()
    qtbot.keyClicks(line, str(tmp_path / "typed"))
    qtbot.waitUntil(lambda: dock.recipe().export.folder == str(tmp_path / "typed"))
    (tmp_path / "dropped").mkdir()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "dropped"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, buttons, keys)
    dock.export.editor("folder").dropEvent(event)
    assert dock.recipe().export.folder == str(tmp_path / "dropped")


def test_open_folder_shows_the_nearest_that_is_there(dock, planned, qtbot, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(panel_module.QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    planned(export__folder=str(tmp_path / "tiles" / "deep"))
    click(qtbot, dock.export.open_button)
    exported(dock, qtbot)
    click(qtbot, dock.export.open_button)
    assert opened == [str(tmp_path), str(tmp_path / "tiles" / "deep")]


# ---- what it costs ----


def test_the_estimate_names_tiles_bytes_room_and_time(dock, planned, tmp_path):
    plan = planned()
    parts = dock.export.estimate.text().replace("\u00a0", " ").split(" · ")
    assert parts[0] == f"{len(plan)} tiles"
    assert parts[1] == f"{plan.bytes / 1000:.0f} kB"
    assert parts[2].endswith(" free")
    assert free_bytes(tmp_path / "not" / "there") == pytest.approx(free_bytes(tmp_path), rel=0.01)


def test_a_time_that_was_never_measured_is_a_guess(planned):
    def time(plan, rate):
        return panel_module.estimate_text(Remaining.of(plan), 0, None, rate).split(" · ")[-1]

    plan = planned()
    assert time(plan, None) == "less than 1 s"
    assert time(plan, plan.bytes + len(plan) * 50_000) == "1 s"
    assert time(plan, (plan.bytes + len(plan) * 50_000) / 42) == "42 s"
    large = planned(tiling__size_px=16, tiling__overlap_px=15, calibration__enabled=True, calibration__scale=4.0)
    assert time(large, None).startswith("about ")


def test_time_left_is_that_of_the_tiles_left(planned):
    plan = planned()
    assert Remaining.of(plan, len(plan)).seconds(1e6) == 0
    assert Remaining.of(plan, len(plan) // 2).seconds(1e6) == pytest.approx(
        Remaining.of(plan).seconds(1e6) / 2, rel=0.05
    )


def test_a_disk_that_is_too_small_is_told(dock, planned, qtbot):
    plan = planned()
    dock.export.show_target(plan, None, plan.bytes - 1, None)
    assert not dock.export.shortage.isHidden()
    assert "Not enough room" in dock.export.shortage.text()
    dock.export.show_target(plan, None, plan.bytes, None)
    assert dock.export.shortage.isHidden()


# ---- the command line ----


def test_the_command_does_the_same(dock, planned, qtbot, tmp_path):
    import subprocess
    import sys

    planned()
    click(qtbot, dock.export.command.copy_button)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert dock.export.command.line.text() == "copied"
    assert words[:2] == ["tiles-creator", "export"]
    words[3] = str(tmp_path / "typed")  # another folder, the rest as it is
    subprocess.run([sys.executable, "-m", "napari_tiles_creator.cli", *words[1:]], check=True, capture_output=True)
    exported(dock, qtbot)
    files = sorted(path.name for path in (tmp_path / "tiles").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "typed").iterdir())
    for name in files:
        assert (tmp_path / "tiles" / name).read_bytes() == (tmp_path / "typed" / name).read_bytes()


def test_no_command_without_folders(dock, planned, qtbot):
    planned(export__folder="")
    assert dock.export.command.isHidden()


# ---- loaded back ----


def test_loaded_tiles_lie_where_the_image_lies(viewer, dock, planned, qtbot, images):
    planned(normalization__scope="none", normalization__dtype=None)
    exported(dock, qtbot)
    load(dock, qtbot)
    for number in range(3):
        layer = viewer.layers[f"image_{number} (tiles)"]
        np.testing.assert_array_equal(np.asarray(layer.data), tifffile.imread(images / f"image_{number}.tif"))
        np.testing.assert_allclose(layer.scale, 0.65)
        np.testing.assert_allclose(layer.translate, 0)
        assert {str(unit) for unit in layer.units} == {"micrometer"}
    count = len(make_plan(dock.recipe()).images[0])
    shapes = viewer.layers[f"image_0: tiles ({count})"]
    assert shapes.nshapes == count
    assert list(shapes.features["index"]) == list(range(count))
    load(dock, qtbot)  # again: replaced, not added
    assert len(viewer.layers) == 6


def test_loaded_calibrated_tiles_begin_at_the_same_corner(viewer, dock, planned, qtbot):
    planned(calibration__enabled=True, calibration__scale=2.0)
    exported(dock, qtbot)
    load(dock, qtbot)
    layer = viewer.layers["image_0 (tiles)"]
    half = layer.scale / 2  # extents end at the centres of pixels
    np.testing.assert_allclose(layer.extent.world[0] - half, -0.325)  # half a pixel of the source before its centre
    np.testing.assert_allclose(layer.extent.world[1] + half, (96 * 0.65 - 0.325, 80 * 0.65 - 0.325))


def test_missing_and_damaged_tiles_are_named(viewer, dock, planned, qtbot, tmp_path):
    planned()
    exported(dock, qtbot)
    (tmp_path / "tiles" / "image_0_001.tif").unlink()
    (tmp_path / "tiles" / "image_1_000.tif").write_bytes(b"nonsense")
    load(dock, qtbot)
    assert "image_0_001.tif" in dock.export.loaded.text()
    assert "image_1_000.tif" in dock.export.loaded.text()


def test_loading_from_a_folder_without_tiles_says_so(dock, planned, qtbot):
    planned()
    with qtbot.waitSignal(dock.failed):
        click(qtbot, dock.export.load_button)
    assert "folder" in dock.export.problems
    assert dock.export.progress.isHidden()


def test_a_large_image_is_loaded_as_a_pyramid(viewer, dock, planned, qtbot, images):
    for path in images.glob("*.tif"):
        path.unlink()
    pixels = np.add.outer(np.arange(3200), np.arange(1500) // 4).astype(np.uint16)  # tells where it is
    tifffile.imwrite(images / "large.tif", pixels)
    planned(normalization__scope="none", normalization__dtype=None, tiling__size_px=512, tiling__overlap_px=0)
    exported(dock, qtbot)
    load(dock, qtbot)
    layer = viewer.layers["large (tiles)"]
    assert layer.multiscale
    assert [level.shape for level in layer.data] == [(3200, 1500), (1600, 750), (800, 375)]
    np.testing.assert_allclose(np.asarray(layer.data[1], float), pixels[1::2, 1::2], atol=3)
    np.testing.assert_array_equal(layer.data[0][10:30, 5:60], pixels[10:30, 5:60])


def test_the_window_answers_between_the_layers(viewer, dock, planned, qtbot):
    planned()
    exported(dock, qtbot)
    turns = []
    timer = QTimer()
    timer.timeout.connect(lambda: turns.append(len(viewer.layers)))
    timer.start(0)
    load(dock, qtbot)
    timer.stop()
    assert set(turns) >= set(range(7))


def test_what_is_still_to_be_added_is_given_up_with_the_dock(viewer, dock, planned, qtbot):
    planned()
    exported(dock, qtbot)
    click(qtbot, dock.export.load_button)
    qtbot.waitUntil(lambda: len(viewer.layers) > 0)
    viewer.window.remove_dock_widget(dock)
    there = len(viewer.layers)
    assert there < 6
    qtbot.wait(300)
    assert len(viewer.layers) == there


def test_of_many_images_the_previewed_one_is_loaded(viewer, dock, planned, qtbot, images):
    import shutil

    for number in range(3, 6):
        shutil.copy(images / "image_0.tif", images / f"image_{number}.tif")
    planned()
    exported(dock, qtbot)
    dock.tiles.image.setCurrentIndex(4)
    load(dock, qtbot)
    assert len(viewer.layers) == 2
    assert "1 of 6 images" in dock.export.loaded.text()


def test_loading_keeps_the_users_layers_as_they_are(viewer, dock, planned, qtbot):
    mine = viewer.add_image(np.zeros((20, 20), np.uint8), name="mine", contrast_limits=(3, 77))
    planned()
    exported(dock, qtbot)
    load(dock, qtbot)
    assert viewer.layers.selection.active is mine
    assert (mine.visible, list(mine.contrast_limits)) == (True, [3, 77])
