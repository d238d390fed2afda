"""What is remembered between sessions, and the defaults in Preferences; in a config folder of the test's own."""

import pytest
import yaml
from qtpy.QtCore import Qt

from napari_tiles_creator import Recipe
from napari_tiles_creator._widget.memory import MOST_DATASETS, Memory
from napari_tiles_creator._widget.preferences import Preferences, settings_folder

FILE = "napari-tiles-creator.memory.yaml"


@pytest.fixture
def config(own_settings):
    """The folder of the settings."""
    assert settings_folder() == own_settings
    return own_settings


@pytest.fixture
def page(viewer, config):
    """The plugin's page of Preferences."""
    from napari.settings import get_plugin_settings

    page = get_plugin_settings("napari-tiles-creator")
    assert page.config_path.parent == config
    return page


@pytest.fixture
def opened(viewer, qtbot):
    """Return a function that opens the dock, closing the one before as the cross in its corner does."""
    docks = []

    def close():
        if docks:
            viewer.window.remove_dock_widget(docks.pop())

    def open_dock():
        close()
        _, dock = viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
        docks.append(dock)
        return dock

    yield open_dock
    from qtpy.QtCore import QThreadPool

    for dock in docks:
        dock._jobs.drop_all()
    QThreadPool.globalInstance().waitForDone(5000)


def settings_of(images, tmp_path):
    return Recipe.preset("yolo", source=str(images), output=str(tmp_path / "tiles")).changed(
        {"tiling.size_px": [48, 64], "tiling.overlap_px": 7, "export.name": "{stem}-{index}", "normalization.low": 3}
    )


def test_the_next_dock_goes_on_with_the_last_settings(opened, qtbot, images, tmp_path):
    recipe = settings_of(images, tmp_path)
    dock = opened()
    dock.set_recipe(recipe)
    qtbot.mouseClick(dock.calibration.header, Qt.MouseButton.LeftButton)  # fold it away
    dock = opened()
    assert dock.recipe() == recipe
    folded = {name for name, panel in dock.column.panels.items() if not panel.header.is_unfolded}
    assert folded == {"calibration", "annotations", "predict"}
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe == recipe)


def test_what_is_predicted_is_remembered_but_not_that_it_may_run_code(opened, qtbot):
    panel = opened().predict
    wanted = {"model": "function", "function": "mine:segment", "threshold": 0.25, "allow_code": True}
    for field, value in wanted.items():
        panel.editor(field).set_value(value)
    shown = panel.value()
    assert opened().predict.value() == shown.model_copy(update={"allow_code": False})


def test_settings_are_written_soon_after_they_were_changed(opened, qtbot, config, images, tmp_path):
    dock = opened()
    dock.set_recipe(settings_of(images, tmp_path))
    qtbot.waitUntil(lambda: (config / FILE).exists() and "{stem}-{index}" in (config / FILE).read_text())
    assert Recipe.of(yaml.safe_load((config / FILE).read_text())["recipe"]) == dock.recipe()


def test_settings_that_do_not_fit_are_not_remembered(opened, qtbot, images, tmp_path):
    dock = opened()
    recipe = settings_of(images, tmp_path)
    dock.set_recipe(recipe)
    opened()
    dock = opened()
    dock.tiles.editor("overlap_px").first.setValue(500)
    assert opened().recipe() == recipe


def test_folders_that_have_gone_are_left_empty(opened, qtbot, images, tmp_path):
    dock = opened()
    dock.set_recipe(settings_of(images, tmp_path).changed({"export.folder": str(tmp_path / "usb" / "tiles")}))
    images.rename(tmp_path / "elsewhere")
    dock = opened()
    assert (dock.recipe().media.folder, dock.recipe().export.folder) == ("", "")
    assert dock.recipe().tiling.size_px == (48, 64)
    qtbot.wait(300)
    assert not dock.media.problems
    assert not dock.export.problems
    assert dock.footer.error.isHidden()


def test_clear_goes_back_to_the_preferences(opened, page, qtbot, images, tmp_path):
    page.start.preset, page.start.tile_size_px, page.start.overlap_px = "axons", 320, 40
    dock = opened()
    assert (dock.recipe().tiling.size_px, dock.recipe().tiling.overlap_px) == (320, 40)
    assert dock.recipe().export.format == "png"
    dock.set_recipe(settings_of(images, tmp_path))
    qtbot.mouseClick(dock.bar.clear_button, Qt.MouseButton.LeftButton)
    assert dock.recipe().tiling.size_px == 320
    assert opened().recipe().tiling.size_px == 320


def test_preferences_that_do_not_fit_are_told_and_not_used(opened, page):
    page.start.tile_size_px, page.start.overlap_px = 100, 100
    dock = opened()
    assert dock.recipe() == Recipe.preset("unet", source="", output="")
    assert "100 is not below the tile size" in dock.footer.error.text()


def test_switched_off_nothing_is_remembered(opened, page, config, images, tmp_path):
    dock = opened()
    dock.set_recipe(settings_of(images, tmp_path))
    page.memory.remember = False
    dock = opened()
    assert dock.recipe() == Recipe.preset("unet", source="", output="")
    opened()
    assert str(images) not in (config / FILE).read_text()


@pytest.mark.parametrize("text", ["", "[", "3", "recipe: {tiling: {size_px: -4}}", "recipe: {nonsense: 1}\nrate: x"])
def test_a_damaged_memory_is_as_none(opened, config, text):
    (config / FILE).write_text(text)
    assert opened().recipe() == Recipe.preset("unet", source="", output="")


def test_an_export_teaches_rate_and_place(opened, qtbot, images, tmp_path, monkeypatch):
    from napari_tiles_creator._widget.work import exporting

    monkeypatch.setattr(exporting, "FEWEST_SECONDS", 0.0)
    dock = opened()
    recipe = Recipe.preset("unet", source=str(images), output=str(tmp_path / "tiles"))
    dock.set_recipe(recipe.changed({"tiling.size_px": 32, "tiling.overlap_px": 8}))
    qtbot.waitUntil(lambda: dock.plan is not None)
    with qtbot.waitSignal(dock.exportFinished):
        qtbot.mouseClick(dock.footer.export_button, Qt.MouseButton.LeftButton)
    memory = Memory.load()
    assert memory.rate is not None
    assert memory.rate > 0
    assert memory.datasets == {str(tmp_path / "tiles"): str(images)}
    qtbot.waitUntil(lambda: not dock.export.state.isHidden())


def test_only_the_latest_exports_are_remembered(viewer, config):
    memory = Memory.load()
    for number in range(MOST_DATASETS + 3):
        memory.take_dataset(f"/out/{number}", "/in")
    assert list(Memory.load().datasets) == [f"/out/{n}" for n in range(3, MOST_DATASETS + 3)]


def test_nothing_is_written_where_napari_keeps_no_settings(make_napari_viewer, tmp_path):
    from napari.settings import get_settings

    make_napari_viewer()
    get_settings().config_path = None
    assert settings_folder() is None
    memory = Memory.load()
    memory.take_rate(5.0)
    assert (memory.path, memory.rate) == (None, 5.0)
    assert Preferences.read() == Preferences()


def test_defaults_here_are_those_of_the_manifest(page):
    assert Preferences.read() == Preferences()


def test_annotations_that_have_gone_are_forgotten(opened, images, tmp_path):
    (tmp_path / "names.txt").write_text("cell\n")
    changes = {"annotations.labels": str(tmp_path / "gone"), "annotations.classes": str(tmp_path / "names.txt")}
    dock = opened()
    dock.set_recipe(settings_of(images, tmp_path).changed(changes | {"annotations.boxes": "napari:layers"}))
    annotations = opened().recipe().annotations
    assert (annotations.labels, annotations.boxes, annotations.classes) == (None, None, changes["annotations.classes"])
