"""Going through the tiles: slider, number, buttons, keys, and double clicks on the image."""

import numpy as np
import tifffile
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_tiles_creator import TilesCreatorWidget


class Click:
    """What napari hands to callbacks of the mouse."""

    def __init__(self, position, modifiers=()):
        self.position, self.modifiers, self.handled = position, modifiers, False


def double_click(viewer, position, modifiers=()):
    from napari.utils.interactions import mouse_double_click_callbacks

    event = Click(position, modifiers)
    mouse_double_click_callbacks(viewer, event)
    return event


def press(viewer, key, modifiers):
    """Press a key on the canvas as the window system would."""
    canvas = viewer.window._qt_viewer.canvas.native
    QTest.keyClick(canvas, key, modifiers)


def test_number_counts_from_one(previewed, dock, qtbot):
    previewed()
    position = dock.tiles.position
    assert (position.minimum(), position.value(), position.maximum()) == (1, 1, 12)
    assert position.text() == "1 of 12"
    position.selectAll()
    qtbot.keyClicks(position, "5")
    qtbot.keyClick(position, Qt.Key.Key_Return)
    assert dock.tiles.slider.value() == 4
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_0_004")


def test_step_buttons(previewed, dock, qtbot):
    previewed()
    for button, index in (("on_button", 1), ("on_button", 2), ("back_button", 1)):
        qtbot.mouseClick(getattr(dock.tiles.browser, button), Qt.MouseButton.LeftButton)
        assert dock.tiles.slider.value() == index


def test_keys_on_the_canvas(previewed, viewer, dock, qtbot):
    previewed()
    alt = Qt.KeyboardModifier.AltModifier
    press(viewer, Qt.Key.Key_Right, alt)
    press(viewer, Qt.Key.Key_Right, alt)
    assert dock.tiles.slider.value() == 2
    press(viewer, Qt.Key.Key_Left, alt)
    assert dock.tiles.slider.value() == 1
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_0_001")
    press(viewer, Qt.Key.Key_Return, alt)
    assert dock.recipe().tiling.exclude_tiles == ("image_0_001",)
    press(viewer, Qt.Key.Key_Return, alt)
    assert dock.recipe().tiling.exclude_tiles == ()


def test_keys_of_the_user_stay(previewed, viewer, dock):
    called = []
    viewer.bind_key("Alt-Right", lambda _: called.append(1))
    mine = dict(viewer.keymap)
    previewed()
    press(viewer, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert called == [1]
    assert dock.tiles.slider.value() == 0
    dock.clear_state()
    assert viewer.keymap == mine


def test_double_click_picks_and_does_not_zoom(previewed, viewer, dock, qtbot):
    plan = previewed()
    image, zoom = plan.images[0], viewer.scene.camera.zoom
    for index in (7, 0, 11):
        core = image[index].tile.core
        centre = np.array([core.y + core.height / 2, core.x + core.width / 2]) - 0.5
        assert double_click(viewer, centre * 0.65).handled
        assert dock.tiles.slider.value() == index
    assert viewer.scene.camera.zoom == zoom


def test_double_click_elsewhere_zooms(previewed, viewer, dock):
    previewed()
    zoom = viewer.scene.camera.zoom
    double_click(viewer, (-30.0, 10.0))
    assert viewer.scene.camera.zoom == 2 * zoom
    double_click(viewer, (10.0, 10.0), ("Alt",))
    assert viewer.scene.camera.zoom == zoom
    assert dock.tiles.slider.value() == 0


def test_double_click_while_drawing_is_for_the_tool(previewed, viewer, dock):
    previewed()
    mine = viewer.add_shapes(None, ndim=2, units=("µm", "µm"))
    viewer.layers.selection.active = mine
    mine.mode = "add_polygon"
    zoom = viewer.scene.camera.zoom
    double_click(viewer, (50.0, 40.0))
    assert dock.tiles.slider.value() == 0
    assert viewer.scene.camera.zoom == zoom


def test_a_real_double_click_on_the_canvas(previewed, viewer, dock, qtbot):
    plan = previewed()
    canvas = viewer.window._qt_viewer.canvas
    size = canvas.native.size()
    zoom = viewer.scene.camera.zoom
    # The image is in the middle of the canvas, which is the middle of the view.
    middle = QPoint(size.width() // 2, size.height() // 2)
    qtbot.mouseDClick(canvas.native, Qt.MouseButton.LeftButton, pos=middle)
    tile = plan.images[0].tiling.tile_under(*(np.array(viewer.scene.camera.center[-2:]) / 0.65 + 0.5))
    assert tile.index
    assert abs(dock.tiles.slider.value() - tile.index) in (0, 1, 3, 4)  # the view's centre may lie on a border
    assert viewer.scene.camera.zoom == zoom


def test_double_click_with_other_units_in_the_viewer(previewed, viewer, dock):
    previewed()
    viewer.add_image(np.zeros((10, 10)), units=("nm", "nm"), scale=(100, 100))
    double_click(viewer, np.array([95.0, 79.0]) * 650)
    assert dock.tiles.slider.value() == 11


def test_everything_is_given_back(previewed, viewer, dock):
    before = list(viewer.mouse_double_click_callbacks)
    keys = dict(viewer.keymap)
    previewed()
    assert list(viewer.mouse_double_click_callbacks) != before
    viewer.window.remove_dock_widget(dock)
    assert list(viewer.mouse_double_click_callbacks) == before
    assert viewer.keymap == keys


def test_second_dock_takes_over(previewed, viewer, dock, qtbot):
    before, keys = list(viewer.mouse_double_click_callbacks), dict(viewer.keymap)
    previewed()
    other = TilesCreatorWidget(viewer)
    viewer.window.add_dock_widget(other, name="Another")
    other.set_recipe(dock.recipe())
    qtbot.waitUntil(lambda: other.plan is not None)
    other.preview_tiles()
    qtbot.waitUntil(lambda: other.tiles.slider.isEnabled())
    press(viewer, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert (dock.tiles.slider.value(), other.tiles.slider.value()) == (0, 1)
    viewer.window.remove_dock_widget(dock)
    press(viewer, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert other.tiles.slider.value() == 2
    viewer.window.remove_dock_widget(other)
    assert list(viewer.mouse_double_click_callbacks) == before
    assert viewer.keymap == keys
    other._jobs.drop_all()


def test_tile_stays_near_its_place(previewed, dock, qtbot):
    previewed()
    dock.tiles.slider.setValue(10)  # rows 64…96 of 96, columns 24…56 of 80
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_0_010")
    old = dock.plan.images[0][10].tile.box
    dock.tiles.editor("size_px").first.setValue(16)
    qtbot.waitUntil(lambda: dock.plan.recipe.tiling.size_px == 16)
    qtbot.waitUntil(lambda: dock.tiles.slider.value() != 10)
    new = dock.plan.images[0][dock.tiles.slider.value()].tile.core
    assert new.holds(old.y + old.height / 2, old.x + old.width / 2)


def test_reject_and_keep(previewed, viewer, dock, qtbot):
    previewed()
    tiles = dock.tiles
    tiles.show_all.setChecked(True)
    tiles.slider.setValue(4)
    qtbot.waitUntil(lambda: tiles.tile_name.text() == "image_0_004")
    assert tiles.browser.state.text() == "will be exported"
    qtbot.mouseClick(tiles.reject_button, Qt.MouseButton.LeftButton)
    assert tiles.reject_button.text() == "Keep"
    assert dock.recipe().tiling.exclude_tiles == ("image_0_004",)
    qtbot.waitUntil(lambda: tiles.browser.state.text() == "rejected by hand")
    assert dock.plan.images[0].tiles == 11
    assert set(viewer.layers["All tiles"].shape_type) == {"path", "rectangle", "line"}
    qtbot.mouseClick(tiles.reject_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: tiles.browser.state.text() == "will be exported")
    assert dock.recipe().tiling.exclude_tiles == ()
    assert list(viewer.layers["All tiles"].shape_type) == ["rectangle"] * 12


def test_list_of_rejected_tiles(previewed, dock, qtbot):
    names = ("image_0_001", "image_0_003", "image_1_000")
    previewed(tiling__exclude_tiles=list(names))
    editor = dock.tiles.rejected
    assert editor.count.text() == "3 tiles"
    assert [editor.list.item(row).text() for row in range(3)] == list(names)
    editor.list.setCurrentRow(1)
    editor._keep_chosen()
    assert dock.recipe().tiling.exclude_tiles == ("image_0_001", "image_1_000")
    qtbot.mouseClick(editor.clear_button, Qt.MouseButton.LeftButton)
    assert dock.recipe().tiling.exclude_tiles == ()


def test_slider_runs_over_planes(previewed, viewer, dock, images, qtbot):
    for path in images.glob("*.tif"):
        path.unlink()
    pixels = np.random.default_rng(0).integers(0, 60000, (3, 64, 64), dtype=np.uint16)
    tifffile.imwrite(images / "stack.tif", pixels, imagej=True, metadata={"axes": "ZYX"})
    plan = previewed(tiling__size_px=32, tiling__overlap_px=0)
    assert len(plan.images[0]) == 12
    viewer.layers["Preview image"].contrast_limits = (7, 70)
    for index in (1, 5, 11, 2):
        dock.tiles.slider.setValue(index)
        qtbot.waitUntil(lambda i=index: dock.tiles.tile_name.text() == f"stack_{i:03d}")
        np.testing.assert_array_equal(viewer.layers["Preview image"].data, pixels[index // 4])
        tile = viewer.layers["Current tile"]
        expected = plan.images[0][index].tile.box
        np.testing.assert_allclose(tile.data_to_world(tile.data[0][0]), np.array([expected.y, expected.x]) - 0.5)
    assert tuple(viewer.layers["Preview image"].contrast_limits) == (7, 70)
