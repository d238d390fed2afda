"""Sample and preview in the viewer."""

import os

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from image_folder import write_image
from napari_tiles_creator import Recipe

PREVIEW = ["Preview image", "Current tile"]


def names(viewer):
    return [layer.name for layer in viewer.layers]


def test_preview_shows_image_and_first_tile(previewed, viewer, images, dock):
    plan = previewed()
    assert names(viewer) == PREVIEW
    layer = viewer.layers["Preview image"]
    np.testing.assert_array_equal(layer.data, tifffile.imread(images / "image_0.tif"))
    assert layer.scale == pytest.approx([0.65, 0.65])
    assert [str(unit) for unit in layer.units] == ["micrometer", "micrometer"]
    assert tuple(layer.contrast_limits_range) == (layer.data.min(), layer.data.max())
    assert tuple(layer.contrast_limits) == tuple(np.percentile(layer.data, [0.5, 99.8]))
    assert dock.tiles.slider.maximum() == len(plan.images[0].tiling) - 1 == 11
    assert dock.tiles.tile_name.text() == "image_0_000"


def test_current_tile_lies_on_its_box(previewed, viewer, dock, qtbot):
    plan = previewed(tiling__edge="ragged")
    image = plan.images[0]
    for index in (0, 1, 7, len(image) - 1):
        dock.tiles.slider.setValue(index)
        box = image[index].tile.box
        qtbot.waitUntil(lambda i=index: dock.tiles.tile_name.text() == image[i].name)
        layer = viewer.layers["Current tile"]
        corners = np.array([layer.data_to_world(corner) for corner in layer.data[0]])
        expected = [(box.y - 0.5, box.x - 0.5), (box.y - 0.5, box.x_stop - 0.5)]
        expected += [(box.y_stop - 0.5, box.x_stop - 0.5), (box.y_stop - 0.5, box.x - 0.5)]
        np.testing.assert_allclose(corners, np.array(expected) * 0.65)
    assert layer.nshapes == 1


def test_show_all_draws_every_box(previewed, viewer, dock, qtbot):
    plan = previewed()
    qtbot.mouseClick(dock.tiles.show_all, Qt.MouseButton.LeftButton)
    layer = viewer.layers["All tiles"]
    assert names(viewer) == ["Preview image", "All tiles", "Current tile"]
    boxes = [planned.tile.box for planned in plan.images[0]]
    expected = [[[b.y, b.x], [b.y, b.x_stop], [b.y_stop, b.x_stop], [b.y_stop, b.x]] for b in boxes]
    np.testing.assert_array_equal(np.array(layer.data) + 0.5, expected)
    qtbot.mouseClick(dock.tiles.show_all, Qt.MouseButton.LeftButton)
    assert names(viewer) == PREVIEW


def test_preview_follows_settings(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.show_all.setChecked(True)
    assert viewer.layers["All tiles"].nshapes == 12
    dock.tiles.editor("overlap_px").first.setValue(0)
    qtbot.waitUntil(lambda: viewer.layers["All tiles"].nshapes == 9)
    assert dock.tiles.slider.maximum() == 8
    dock.calibration.editor("enabled").setChecked(True)
    qtbot.waitUntil(lambda: viewer.layers["All tiles"].nshapes == 30)
    image, tiles = viewer.layers["Preview image"], viewer.layers["All tiles"]
    assert tiles.scale == pytest.approx([0.325, 0.325])
    corners = np.concatenate(tiles.data)
    for drawn, pixel in ((corners.min(axis=0), (-0.5, -0.5)), (corners.max(axis=0), np.array(image.data.shape) - 0.5)):
        np.testing.assert_allclose(tiles.data_to_world(drawn), image.data_to_world(pixel))
    assert len(viewer.layers) == 3


def test_large_grid_is_two_paths(previewed, viewer, dock, qtbot):
    previewed(tiling__size_px=2, tiling__overlap_px=0)
    dock.tiles.show_all.setChecked(True)
    assert viewer.layers["All tiles"].nshapes == 2
    assert dock.tiles.slider.maximum() == 48 * 40 - 1


def test_slider_by_key(previewed, dock, qtbot):
    previewed()
    qtbot.keyClick(dock.tiles.slider, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_0_001")
    assert dock.tiles.position.value() == 2
    dock.tiles.position.setValue(6)
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_0_005")


def test_other_image(previewed, viewer, dock, qtbot, images):
    previewed()
    dock.tiles.image.setCurrentIndex(1)
    qtbot.waitUntil(lambda: viewer.layers["Preview image"].data.shape == (130, 70))
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_1_000")
    assert names(viewer) == PREVIEW


def test_active_layer_and_names_of_users_stay(previewed, viewer, dock, qtbot):
    mine = viewer.add_image(np.zeros((5, 5)), name="Current tile", units=("µm", "µm"))
    viewer.layers.selection.active = mine
    dock.tiles.preview_button.click()
    previewed()
    qtbot.waitUntil(lambda: len(viewer.layers) == 3)
    assert viewer.layers.selection.active == mine
    dock.clear_state()
    assert list(viewer.layers) == [mine]


def test_removed_layers(previewed, viewer, dock, qtbot):
    previewed()
    dock.tiles.show_all.setChecked(True)
    viewer.layers.remove("All tiles")
    assert not dock.tiles.show_all.isChecked()
    viewer.layers.remove("Current tile")
    dock.tiles.slider.setValue(3)
    qtbot.waitUntil(lambda: names(viewer) == PREVIEW)
    viewer.layers.remove("Preview image")
    assert names(viewer) == []
    assert not dock.tiles.slider.isEnabled()
    dock.tiles.preview_button.click()
    qtbot.waitUntil(lambda: names(viewer) == PREVIEW)


def test_no_pixel_size(previewed, viewer, images, qtbot):
    for path in images.glob("*.tif"):
        path.unlink()
    tifffile.imwrite(images / "plain.tif", np.arange(96 * 80, dtype=np.float32).reshape(96, 80))
    previewed()
    assert viewer.layers["Preview image"].scale == pytest.approx([1, 1])
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"pixel"}


@pytest.mark.parametrize(
    ("shape", "how", "expected"),
    [
        pytest.param((3, 96, 80), {"axes": "CYX"}, np.s_[0], id="channels"),
        pytest.param((5, 96, 80), {"axes": "ZYX"}, np.s_[0], id="stack"),
    ],
)
def test_first_plane(previewed, viewer, images, shape, how, expected):
    for path in images.glob("*.tif"):
        path.unlink()
    pixels = np.random.default_rng(0).integers(0, 60000, shape, dtype=np.uint16)
    tifffile.imwrite(images / "stack.tif", pixels, imagej=True, metadata=how)
    previewed()
    np.testing.assert_array_equal(viewer.layers["Preview image"].data, pixels[expected])


def test_colour(previewed, viewer, images):
    for path in images.glob("*.tif"):
        path.unlink()
    pixels = np.random.default_rng(0).integers(0, 256, (96, 80, 3), dtype=np.uint8)
    tifffile.imwrite(images / "colour.tif", pixels, photometric="rgb")
    previewed()
    assert viewer.layers["Preview image"].rgb
    np.testing.assert_array_equal(viewer.layers["Preview image"].data, pixels)


def test_every_so_many_th_pixel_lies_over_those_it_stands_for(planned):
    from napari_tiles_creator._widget.viewing.placement import image_placement

    placement = image_placement(planned().images[0]).resampled(3, 3)
    assert placement.scale == pytest.approx((1.95, 1.95))
    # The first pixel stands for source pixels 0, 1 and 2: its upper edge is theirs.
    assert placement.translate[0] - placement.scale[0] / 2 == pytest.approx(-0.325)


def test_sample(dock, planned, viewer, qtbot, images):
    (images / "broken.tif").write_bytes(b"no image at all")
    planned()
    qtbot.mouseClick(dock.media.sample_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Sample names" in names(viewer))
    assert names(viewer) == ["Sample mosaic", "Sample names"]
    mosaic = viewer.layers["Sample mosaic"]
    assert mosaic.rgb
    assert mosaic.data.dtype == np.uint8
    assert list(viewer.layers["Sample names"].text.values) == [f"image_{i}.tif" for i in range(3)]
    assert "broken.tif" in dock.footer.result.text()
    qtbot.mouseClick(dock.media.shuffle_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dock._jobs.is_running("sample"))
    assert names(viewer) == ["Sample mosaic", "Sample names"]


def test_sample_and_preview_take_turns(dock, planned, viewer, qtbot):
    planned()
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample names" in names(viewer))
    dock.preview_tiles()
    qtbot.waitUntil(lambda: names(viewer) == PREVIEW)
    dock.show_sample()
    qtbot.waitUntil(lambda: names(viewer) == ["Sample mosaic", "Sample names"])


def test_sample_before_the_scan(dock, viewer, qtbot, images):
    dock.set_recipe(Recipe.preset("unet", source=str(images), output=""))
    dock.show_sample()
    qtbot.waitUntil(lambda: "Sample names" in names(viewer))
    assert viewer.layers["Sample names"].data.shape == (3, 2)


def test_image_that_vanished_is_told(dock, planned, viewer, qtbot, images):
    planned()
    (images / "image_0.tif").unlink()
    with qtbot.waitSignal(dock.failed) as told:
        dock.preview_tiles()
    assert "image_0.tif" in told.args[0]


def test_another_channel_has_a_contrast_of_its_own(previewed, planned, viewer, images, dock, qtbot):
    for path in images.glob("*.tif"):
        path.unlink()
    rng = np.random.default_rng(0)
    pixels = np.stack([rng.integers(0, 100, (96, 80)), rng.integers(20000, 60000, (96, 80))]).astype(np.uint16)
    tifffile.imwrite(images / "channels.tif", pixels, imagej=True, metadata={"axes": "CYX"})
    previewed(media__channel=0)
    layer = viewer.layers["Preview image"]
    assert tuple(layer.contrast_limits_range) == (pixels[0].min(), pixels[0].max())
    viewer.scene.camera.zoom = 3.25
    planned(media__channel=1)
    qtbot.waitUntil(lambda: viewer.layers["Preview image"].data[0, 0] == pixels[1, 0, 0])
    assert tuple(layer.contrast_limits_range) == (pixels[1].min(), pixels[1].max())
    assert tuple(layer.contrast_limits) == tuple(np.percentile(pixels[1], [0.5, 99.8]))
    assert viewer.scene.camera.zoom == 3.25


def test_another_plane_keeps_the_contrast(previewed, viewer, images, dock, qtbot):
    for path in images.glob("*.tif"):
        path.unlink()
    pixels = np.random.default_rng(0).integers(0, 60000, (2, 96, 80), dtype=np.uint16)
    tifffile.imwrite(images / "stack.tif", pixels, imagej=True, metadata={"axes": "ZYX"})
    previewed()
    viewer.layers["Preview image"].contrast_limits = (70, 700)
    dock.tiles.slider.setValue(13)
    qtbot.waitUntil(lambda: np.array_equal(viewer.layers["Preview image"].data, pixels[1]))
    assert tuple(viewer.layers["Preview image"].contrast_limits) == (70, 700)


def test_a_file_that_was_written_anew_is_shown_anew(previewed, viewer, images, dock, qtbot):
    previewed()
    path = images / "image_0.tif"
    pixels = write_image(path, (96, 80), 0.65, seed=9)  # as many bytes as before
    os.utime(path, ns=(0, 1_000_000_000))
    dock.media.rescanAsked.emit()
    qtbot.waitUntil(lambda: np.array_equal(viewer.layers["Preview image"].data, pixels))


def test_nothing_is_shown_of_a_plan_without_images(previewed, viewer, dock, qtbot):
    previewed()
    dock.normalization.editor("scope").set_value("none")
    dock.normalization.editor("dtype").set_value("uint8")  # the images have 16 bits
    qtbot.waitUntil(lambda: names(viewer) == [])
    assert not dock.tiles.slider.isEnabled()
    assert dock.tiles.tile_name.text() == ""
    dock.normalization.editor("dtype").set_value("float32")
    qtbot.waitUntil(lambda: names(viewer) == PREVIEW)


def test_padding_is_part_of_the_tile(previewed, viewer, dock):
    previewed(tiling__size_px=200, tiling__overlap_px=0)
    layer = viewer.layers["Current tile"]
    np.testing.assert_allclose(layer.data_to_world(layer.data[0][2]), (np.array([200, 200]) - 0.5) * 0.65)


def test_another_unit_is_shown_without_a_word_from_napari(previewed, viewer, dock, qtbot, images, tmp_path):
    """Layers in pixels beside layers in µm would be drawn in no unit, with a warning."""
    from napari.utils.notifications import notification_manager

    folder = tmp_path / "uncalibrated"
    folder.mkdir()
    write_image(folder / "plain.tif", (96, 80))
    roi = {"type": "Polygon", "coordinates": [[[5, 5], [70, 5], [70, 80], [5, 80], [5, 5]]]}
    said = []
    notification_manager.notification_ready.connect(said.append)
    dock.tiles.show_all.setChecked(True)
    dock.tiles.show_tile.setChecked(True)
    everything = {"Preview image", "Tile as exported", "All tiles", "Tile region", "Current tile"}
    for source, unit in ((folder, "pixel"), (images, "micrometer"), (folder, "pixel")):
        previewed(media__folder=str(source), tiling__roi=roi)
        qtbot.waitUntil(lambda unit=unit: {str(layer.units[-1]) for layer in viewer.layers} == {unit}, timeout=20000)
        qtbot.waitUntil(lambda: set(names(viewer)) == everything, timeout=20000)
    assert [str(notification) for notification in said] == []
