"""A real viewer with the dock in it, and folders of small generated images."""

from functools import partialmethod

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from image_folder import write_image


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/widget/" in item.path.as_posix():
            item.add_marker(pytest.mark.widget)


class PatientBot(QtBot):
    """Waits as long as a busy machine needs; pytest-qt gives up after 5 s."""

    waitUntil = partialmethod(QtBot.waitUntil, timeout=60_000)
    waitSignal = partialmethod(QtBot.waitSignal, timeout=60_000)


@pytest.fixture
def qtbot(qapp, request):
    """What drives the window."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def strict_threads(monkeypatch):
    """Let napari refuse what a thread does to its objects."""
    monkeypatch.setenv("NAPARI_ENSURE_PLUGIN_MAIN_THREAD", "1")


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory, monkeypatch):
    """Let each test begin with settings of its own, and return their folder: nothing of the user's is touched."""
    from napari import settings

    folder = tmp_path_factory.mktemp("settings")
    monkeypatch.setattr(settings, "_SETTINGS", None)
    monkeypatch.setattr(settings, "_CFG_PATH", str(folder / "settings.yaml"))
    settings.get_settings(folder / "settings.yaml")
    settings._clear_plugin_settings_cache()
    yield folder
    settings._clear_plugin_settings_cache()


@pytest.fixture
def images(tmp_path):
    """Three images, 96 × 80, 130 × 70 and 64 × 64 px, 0.65 µm per pixel."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number, shape in enumerate([(96, 80), (130, 70), (64, 64)]):
        write_image(folder / f"image_{number}.tif", shape, 0.65, seed=number)
    return folder


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def dock(viewer, qtbot):
    """The dock as a user opens it from the Plugins menu."""
    _, widget = viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
    yield widget
    # Threads of a test must not reach into the next.
    from qtpy.QtCore import QThreadPool

    widget._jobs.drop_all()
    QThreadPool.globalInstance().waitForDone(5000)


@pytest.fixture
def planned(dock, qtbot, images, tmp_path):
    """Return a function that sets fields of the recipe and waits for the plan."""
    from napari_tiles_creator import Recipe

    def plan(**changes):
        fields = {
            "media.folder": str(images),
            "export.folder": str(tmp_path / "tiles"),
            "tiling.size_px": 32,
            "tiling.overlap_px": 8,
            **{name.replace("__", "."): value for name, value in changes.items()},
        }
        recipe = Recipe.preset("unet").changed(fields)
        dock.set_recipe(recipe)
        qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe == recipe)
        return dock.plan

    return plan


@pytest.fixture
def previewed(dock, planned, viewer, qtbot):
    """Return a function that does the same, then presses Preview tiles and waits for the current tile."""

    def preview(**changes):
        plan = planned(**changes)
        qtbot.mouseClick(dock.tiles.preview_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
        return plan

    return preview


@pytest.fixture
def predict(dock, qtbot):
    """Return a function that sets the panel's fields, presses the button and waits for the end."""
    panel = dock.predict
    panel.header.unfold()

    def run(**fields):
        qtbot.wait(50)
        for field, value in fields.items():
            panel.editor(field).set_value(value)
        ended, failed = [], []
        dock.merged.connect(ended.append)
        dock.failed.connect(failed.append)
        qtbot.mouseClick(panel.predict_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: bool(ended or failed))
        assert not failed
        return ended[0]

    return run


@pytest.fixture
def dataset(dock, qtbot, tmp_path):
    """Return a function that exports images in tiles of 32 px, as a user would, and returns their folder."""

    import tifffile

    from napari_tiles_creator import Recipe

    def export(pixels, other=None, **changes):
        folder = tmp_path / "images"
        folder.mkdir()
        meta = {"imagej": True, "resolution": (1 / 0.5, 1 / 0.5), "metadata": {"unit": "um"}}
        tifffile.imwrite(folder / "cells.tif", pixels, **meta)
        if other is not None:
            tifffile.imwrite(folder / "other.tif", other, **meta)
        recipe = Recipe.preset("unet", source=str(folder), output=str(tmp_path / "tiles")).changed(
            {"tiling.size_px": 32, "tiling.overlap_px": 0, **changes}
        )
        dock.set_recipe(recipe)
        qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe == recipe)
        with qtbot.waitSignal(dock.exportFinished):
            qtbot.mouseClick(dock.footer.export_button, Qt.MouseButton.LeftButton)
        return tmp_path / "tiles"

    return export
