"""What is drawn for all tiles: as much as the screen can show, and what is left out can be told."""

import numpy as np
import pytest
import tifffile
from napari.layers import Labels, Shapes
from qtpy.QtCore import Qt

ALL = "All tiles"


@pytest.fixture
def large(images):
    """One image of 1000 × 1000 px, bright to the right of column 600."""
    for path in images.glob("*.tif"):
        path.unlink()
    pixels = np.random.default_rng(0).integers(0, 1000, (1000, 1000), dtype=np.uint16)
    pixels[:, 600:] += 20000
    tifffile.imwrite(images / "large.tif", pixels)
    return pixels


@pytest.fixture
def all_shown(large, dock, planned, viewer, qtbot):
    def show(**changes):
        plan = planned(**changes)
        qtbot.mouseClick(dock.tiles.preview_button, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
        dock.tiles.show_all.setChecked(True)
        qtbot.waitUntil(lambda: ALL in viewer.layers and not dock._jobs.is_running("pattern"))
        return plan

    return show


def zoom(dock, viewer, qtbot, tile_px):
    """Zoom until a pixel of the tiles is so many pixels of the screen."""
    viewer.scene.camera.zoom = tile_px
    dock.preview.set_detail()
    qtbot.waitUntil(lambda: not dock._jobs.is_running("pattern"))


def screen_widths(viewer):
    """Return the widths of all lines on the screen, px."""
    layer = viewer.layers[ALL]
    return np.array(layer.edge_width) * layer.scale[0] * viewer.scene.camera.zoom


def test_lines_are_never_thinner_than_a_pixel(all_shown, dock, viewer, qtbot):
    all_shown(tiling__size_px=20, tiling__overlap_px=0)
    for tile_px in (0.3, 0.4, 0.9, 7.0, 50.0):
        zoom(dock, viewer, qtbot, tile_px)
        assert viewer.layers[ALL].nshapes == 2
        np.testing.assert_allclose(screen_widths(viewer), 1 if 20 * tile_px < 20 else 2, rtol=0.02)
        current = viewer.layers["Current tile"]
        assert current.edge_width[0] * viewer.scene.camera.zoom == pytest.approx(3, rel=0.02)


def test_full_grid_too_fine_for_the_screen(all_shown, dock, viewer, qtbot):
    overlay = viewer.canvas.overlays.text
    overlay.text, overlay.visible = "the user's", True
    all_shown(tiling__size_px=20, tiling__overlap_px=0)
    zoom(dock, viewer, qtbot, 0.2)
    layer = viewer.layers[ALL]
    assert layer.nshapes == 1
    np.testing.assert_array_equal(layer.data[0][[0, 2]], [[-0.5, -0.5], [999.5, 999.5]])
    assert overlay.visible
    assert overlay.text == "2\u202f500 tiles: zoom in to see them"
    zoom(dock, viewer, qtbot, 0.28)  # no flicker around the limit
    assert viewer.layers[ALL].nshapes == 1
    zoom(dock, viewer, qtbot, 0.5)
    assert viewer.layers[ALL].nshapes == 2
    assert (overlay.text, overlay.visible) == ("the user's", True)
    zoom(dock, viewer, qtbot, 0.2)
    dock.tiles.show_all.setChecked(False)
    assert (overlay.text, overlay.visible) == ("the user's", True)


def test_words_of_the_user_are_not_undone(all_shown, dock, viewer, qtbot):
    overlay = viewer.canvas.overlays.text
    all_shown(tiling__size_px=20, tiling__overlap_px=0)
    zoom(dock, viewer, qtbot, 0.2)
    assert overlay.visible
    overlay.text = "mine"
    dock.clear_state()
    assert (overlay.text, overlay.visible) == ("mine", True)


def test_filtered_grid_too_fine_is_filled(all_shown, dock, viewer, qtbot):
    plan = all_shown(tiling__size_px=20, tiling__overlap_px=0, tiling__roi=[0, 0, 400, 500])
    assert isinstance(viewer.layers[ALL], Shapes)
    viewer.layers[ALL].opacity = 0.5
    zoom(dock, viewer, qtbot, 0.2)
    layer = viewer.layers[ALL]
    assert isinstance(layer, Labels)
    assert not layer.editable
    assert layer.opacity == 0.5
    np.testing.assert_array_equal(layer.data == 1, plan.images[0].kept.reshape(50, 50))
    assert (layer.data == 1).sum() == 20 * 25
    np.testing.assert_allclose(layer.data_to_world((-0.5, -0.5)), [-0.5, -0.5])
    np.testing.assert_allclose(layer.data_to_world((19.5, 24.5)), [399.5, 499.5])
    zoom(dock, viewer, qtbot, 1.0)
    qtbot.waitUntil(lambda: isinstance(viewer.layers[ALL], Shapes))
    assert not viewer.canvas.overlays.text.visible


def test_many_runs_are_filled(all_shown, dock, viewer, qtbot):
    plan = all_shown(tiling__size_px=4, tiling__overlap_px=0)
    odd = [planned.name for planned in plan.images[0] if sum(divmod(planned.index, 250)) % 2]
    dock.tiles.rejected.set_value(tuple(odd))
    dock.tiles.rejected.changed.emit()
    qtbot.waitUntil(lambda: dock.plan.images[0].tiles == 250 * 125, timeout=20000)
    zoom(dock, viewer, qtbot, 5.0)
    qtbot.waitUntil(lambda: isinstance(viewer.layers[ALL], Labels), timeout=20000)
    labels = viewer.layers[ALL].data
    np.testing.assert_array_equal(labels == 3, np.indices((250, 250)).sum(axis=0) % 2)


def test_region_dims_what_is_outside(all_shown, dock, viewer, qtbot):
    all_shown(tiling__size_px=100, tiling__overlap_px=0, tiling__roi=[0, 0, 400, 500])
    layer = viewer.layers[ALL]
    veils = [data for data, kind in zip(layer.data, layer.shape_type, strict=True) if kind == "rectangle"]
    covered = np.zeros((10, 10), int)
    for corners in veils:
        (y0, x0), (y1, x1) = ((corners[corner] + 0.5).astype(int) // 100 for corner in (0, 2))
        covered[y0:y1, x0:x1] += 1
    expected = np.ones((10, 10), int)
    expected[:4, :5] = 0
    np.testing.assert_array_equal(covered, expected)
    dock.tiles.slider.setValue(99)
    qtbot.waitUntil(lambda: dock.tiles.browser.state.text() == "outside the region")


def test_content(all_shown, dock, viewer, qtbot, large):
    plan = all_shown(tiling__size_px=100, tiling__overlap_px=0, tiling__min_foreground=0.5)
    qtbot.waitUntil(lambda: dock.preview.states.is_filtered)
    assert dock.preview.states.kept.reshape(10, 10).tolist() == [[False] * 6 + [True] * 4] * 10
    for index, told in ((5, "0 % foreground: left out"), (6, "100 % foreground")):
        dock.tiles.slider.setValue(index)
        qtbot.waitUntil(lambda text=told: dock.tiles.browser.state.text() == text)
    shares = dock.preview.states.shares
    dock.tiles.editor("min_foreground").set_value(0.25)
    qtbot.waitUntil(lambda: dock.plan is not plan and dock.preview.states.least == 0.25)
    assert dock.preview.states.shares is shares  # nothing is computed anew
    dock.tiles.editor("foreground").set_value("dark")
    qtbot.waitUntil(lambda: dock.preview.states.kept.reshape(10, 10).tolist() == [[True] * 6 + [False] * 4] * 10)


def test_many_scattered_tiles_are_never_cut_short_silently(all_shown, dock, viewer, qtbot):
    changes = {"tiling__sampling": "random", "tiling__count": 6000, "tiling__size_px": 10, "tiling__overlap_px": 0}
    all_shown(**changes)
    qtbot.waitUntil(lambda: viewer.layers[ALL].nshapes == 5000, timeout=20000)
    assert viewer.canvas.overlays.text.text == "5\u202f000 of 6\u202f000 tiles are drawn"
    dock.tiles.show_all.setChecked(False)
    assert not viewer.canvas.overlays.text.visible


def test_closing_the_dock_takes_the_words_away(all_shown, dock, viewer, qtbot):
    all_shown(tiling__size_px=20, tiling__overlap_px=0)
    zoom(dock, viewer, qtbot, 0.2)
    assert viewer.canvas.overlays.text.visible
    viewer.window.remove_dock_widget(dock)
    assert not viewer.canvas.overlays.text.visible


def test_other_units_in_the_viewer(all_shown, dock, viewer, qtbot, images):
    from tests.widget.conftest import write_image

    write_image(images / "large.tif", (200, 200), 0.5)
    all_shown(tiling__size_px=20, tiling__overlap_px=0)
    viewer.add_image(np.zeros((10, 10)), units=("nm", "nm"))
    viewer.scene.camera.zoom = 0.01  # pixels of the screen per nm: 5 per pixel of the image
    dock.preview.set_detail()
    widths = np.array(viewer.layers[ALL].edge_width) * 0.5 * 1000 * 0.01
    np.testing.assert_allclose(widths, 2, rtol=0.02)


def test_new_widths_are_drawn(all_shown, dock, viewer, qtbot):
    """napari draws a width anew only when it is told that the layer's data were set."""
    all_shown(tiling__size_px=20, tiling__overlap_px=0)
    zoom(dock, viewer, qtbot, 2.0)
    drawn = []
    for name in (ALL, "Current tile"):
        viewer.layers[name].events.set_data.connect(lambda _, which=name: drawn.append(which))
    zoom(dock, viewer, qtbot, 5.0)
    assert set(drawn) == {ALL, "Current tile"}


def test_content_of_an_image_does_not_depend_on_others(all_shown, planned, dock, qtbot, images):
    tifffile.imwrite(images / "other.tif", np.zeros((300, 300), np.uint16))
    fields = {"tiling__size_px": 100, "tiling__overlap_px": 0, "tiling__min_foreground": 0.5}
    all_shown(**fields)
    qtbot.waitUntil(lambda: dock.preview.states.shares is not None)
    shares = dock.preview.states.shares
    plan = planned(**fields, media__exclude=["other.tif"])
    assert len(plan.images) == 1
    assert dock.preview.states.shares is shares


def test_content_that_could_not_be_measured_is_measured_later(all_shown, planned, dock, qtbot, images):
    fields = {"tiling__size_px": 100, "tiling__overlap_px": 0}
    all_shown(**fields)
    path = images / "large.tif"
    path.rename(images / "gone")
    with qtbot.waitSignal(dock.failed) as told:
        planned(**fields, tiling__min_foreground=0.5)
    assert "large.tif" in told.args[0]
    assert dock.tiles.browser.state.text() == "its content could not be measured"
    (images / "gone").rename(path)
    planned(**fields, tiling__min_foreground=0.4)
    qtbot.waitUntil(lambda: dock.preview.states.is_filtered)
    assert dock.tiles.browser.state.text() == "0 % foreground: left out"
