"""Opening, closing, two docks, and what importing costs."""

import gc
import subprocess
import sys
import weakref

import numpy as np

from napari_tiles_creator import TilesCreatorWidget


def test_imports_no_reader():  # scipy and skimage come with napari itself
    code = (
        "import sys, napari_tiles_creator._widget.dock as _\n"
        "print(sorted({'tifffile', 'imagecodecs', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_closed_dock_follows_nothing(viewer, dock, planned, qtbot):
    planned()
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    viewer.window.remove_dock_widget(dock)
    viewer.theme = "light"
    viewer.scene.camera.zoom *= 2
    viewer.layers.clear()
    assert dock.tiles.slider.isEnabled()


def test_closed_dock_is_released(viewer, qtbot):
    widget = TilesCreatorWidget(viewer)
    viewer.window.add_dock_widget(widget, name="Tiles Creator")
    alive = weakref.ref(widget)
    viewer.window.remove_dock_widget(widget)
    del widget
    qtbot.waitUntil(lambda: gc.collect() is not None and alive() is None)


def test_two_docks_share_their_layers(viewer, dock, planned, qtbot, images):
    planned()
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    other = TilesCreatorWidget(viewer)
    viewer.window.add_dock_widget(other, name="Another")
    assert {layer.name for layer in viewer.layers} == {"Preview image", "Current tile"}
    other.set_recipe(dock.recipe())
    qtbot.waitUntil(lambda: other.plan is not None)
    other.preview_tiles()
    qtbot.waitUntil(lambda: other.tiles.slider.isEnabled())
    assert len(viewer.layers) == 2


def test_themes(viewer, dock):
    dark = dock.media.header._arrow.pixmap().toImage()
    viewer.theme = "light"
    assert dock.media.header._arrow.pixmap().toImage() != dark


def test_dock_is_narrow(dock):
    assert dock.minimumSizeHint().width() <= 340


def test_icon_buttons_have_names(dock):
    from qtpy.QtWidgets import QAbstractButton

    for button in dock.findChildren(QAbstractButton):
        if button.objectName().startswith("qt_") or not button.isVisibleTo(dock):
            continue
        assert button.text() or button.accessibleName(), button


def test_tick_leaves_an_image_out(dock, planned, qtbot):
    from qtpy.QtCore import Qt

    planned()
    model = dock.media.model
    model.setData(model.index(1, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 2)
    assert dock.recipe().media.exclude == ("image_1.tif",)
    assert len(model.rows) == 3
    model.setData(model.index(1, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: len(dock.plan.images) == 3)
    assert dock.recipe().media.exclude == ()


def test_tick_against_a_pattern(dock, planned, qtbot):
    from qtpy.QtCore import Qt

    planned(media__exclude=["image_[01].tif"])
    assert len(dock.plan.images) == 1
    model = dock.media.model
    model.setData(model.index(0, 0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: len(dock.plan.images) == 2)
    assert dock.recipe().media.exclude == ("image_1.tif",)


def test_return_in_the_folder_line_looks_again(dock, planned, qtbot, images):
    from qtpy.QtCore import Qt

    planned()
    (images / "image_2.tif").rename(images / "image_9.tif")
    qtbot.keyClick(dock.media.editor("folder").line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.images[-1].name == "image_9.tif")


def test_only_the_latest_recipe_counts(dock, planned, qtbot):
    planned()
    for size in (16, 20, 24, 28, 40):
        dock.tiles.editor("size_px").first.setValue(size)
    qtbot.waitUntil(lambda: dock.plan.recipe.tiling.size_px == 40)
    assert dock.plan.recipe == dock.recipe()


def test_sample_data(viewer):
    layers = viewer.open_sample("napari-tiles-creator", "fields")
    assert layers
    for layer in layers:
        assert layer.data.ndim == 2 + layer.rgb
        assert np.isfinite(layer.scale).all()
    assert any(str(layer.units[0]) == "micrometer" for layer in layers)


def test_mnemonics_are_unique_and_not_the_menus(viewer, dock):
    from qtpy.QtWidgets import QAbstractButton, QLabel

    texts = [w.text() for kind in (QAbstractButton, QLabel) for w in dock.findChildren(kind) if w.isVisibleTo(dock)]
    found = [text[text.index("&") + 1].upper() for text in texts if "&" in text and "&amp;" not in text]
    assert len(found) == len(set(found))
    assert not set(found) & set("FVLPWH")


def test_format_is_reached_after_type(dock):
    widget = dock.normalization.editor("dtype").nextInFocusChain()
    assert widget is dock.export.editor("format")


def test_what_another_dock_removes_is_not_the_users_doing(viewer, dock, planned, qtbot):
    planned(tiling__roi=[0, 0, 40, 40])
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Tile region" in viewer.layers)
    other = TilesCreatorWidget(viewer)
    viewer.window.add_dock_widget(other, name="Another")
    other.clear_state()
    assert len(viewer.layers) == 0
    qtbot.wait(300)  # a change would be taken over by now
    assert dock.recipe().tiling.roi is not None


def test_clear_leaves_nothing_that_seems_under_way(dock, planned, qtbot):
    planned()
    with qtbot.waitSignal(dock.exportFinished, timeout=20000):
        dock.export_tiles()
    dock.empty_export_folder()
    assert dock._jobs.is_running("look")
    dock.clear_state()
    assert dock.export.progress.isHidden()
    assert dock.export.empty_button.text() != "Stop"
