"""What is shown as the exported tile is what an export writes."""

import threading

import dask.array as da
import numpy as np
import pytest
import tifffile
from PIL import Image
from qtpy.QtCore import Qt

from napari_tiles_creator import Recipe
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.recipe.media import OPEN_LAYERS

TILE = "Tile as exported"


def replace_images(folder, pixels, **how):
    for path in folder.glob("*.tif"):
        path.unlink()
    for number, image in enumerate(pixels):
        tifffile.imwrite(folder / f"a{number}.tif", image, **how)


@pytest.fixture
def shown(dock, planned, viewer, qtbot):
    """Return a function that previews a recipe with the tile shown, and waits for it."""

    def show(index=0, **changes):
        plan = planned(**changes)
        if not dock.preview.is_on:
            dock.preview_tiles()
        qtbot.waitUntil(lambda: dock.tiles.slider.isEnabled())
        dock.tiles.slider.setValue(index)
        if not dock.tiles.show_tile.isChecked():
            qtbot.mouseClick(dock.tiles.show_tile, Qt.MouseButton.LeftButton)
        wait_for_tile(dock, viewer, qtbot, plan, index)
        return plan

    return show


def wait_for_tile(dock, viewer, qtbot, plan, index):
    def is_shown():
        assert TILE in viewer.layers
        shown_plan, shown_index = dock.preview.exported_tile
        assert shown_plan is plan
        assert shown_index == index

    qtbot.waitUntil(is_shown)


def exported(dock, qtbot):
    """Export, and return the files by name."""
    with qtbot.waitSignal(dock.exportFinished, timeout=20000):
        dock.export_tiles()
    folder = dock.recipe().export.folder
    from pathlib import Path

    return {path.stem: path for path in Path(folder).iterdir() if path.suffix in (".tif", ".png", ".bmp")}


def read(path):
    return tifffile.imread(path) if path.suffix == ".tif" else np.array(Image.open(path))


def assert_shown_is_written(dock, viewer, qtbot, plan, indexes):
    found = {}
    for index in indexes:
        dock.tiles.slider.setValue(index)
        wait_for_tile(dock, viewer, qtbot, plan, index)
        found[plan.images[0][index].name] = np.array(viewer.layers[TILE].data)
    files = exported(dock, qtbot)
    for name, pixels in found.items():
        written = read(files[name])
        assert written.dtype == pixels.dtype
        np.testing.assert_array_equal(pixels, written, err_msg=name)


INTEGERS = {"normalization__high": None}


@pytest.mark.parametrize("scope", ["none", "tile", "image", "dataset"])
@pytest.mark.parametrize(
    ("dtype", "format_name"), [("float32", "tif"), ("uint16", "tif"), ("uint16", "png"), ("uint8", "png")]
)
def test_every_scope_and_type(shown, dock, viewer, qtbot, images, scope, dtype, format_name):
    rng = np.random.default_rng(1)
    most = 250 if dtype == "uint8" else 4000  # what scope none stores as it is
    kind = np.uint8 if dtype == "uint8" else np.uint16
    replace_images(images, [rng.integers(3, most - 50 * i, (96, 80), dtype=kind) for i in range(3)])
    plan = shown(normalization__scope=scope, normalization__dtype=dtype, export__format=format_name, tiling__edge="pad")
    assert_shown_is_written(dock, viewer, qtbot, plan, (0, 5, len(plan.images[0]) - 1))


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "lanczos"])
@pytest.mark.parametrize("factor", [0.5, 1.7])
@pytest.mark.parametrize("dtype", ["float32", "uint16"])
def test_every_interpolation(shown, dock, viewer, qtbot, interpolation, factor, dtype):
    plan = shown(
        calibration__enabled=True,
        calibration__target_pixel_size_um=0.65 / factor,
        calibration__interpolation=interpolation,
        normalization__dtype=dtype,
    )
    layer = viewer.layers[TILE]
    assert layer.scale == pytest.approx([0.65 / image_scale for image_scale in plan.images[0].scale])
    assert_shown_is_written(dock, viewer, qtbot, plan, (0, len(plan.images[0]) - 1))


@pytest.mark.parametrize("pad_mode", ["constant", "reflect", "edge"])
def test_padding(shown, dock, viewer, qtbot, pad_mode):
    plan = shown(tiling__edge="pad", tiling__pad_mode=pad_mode, tiling__size_px=60, tiling__overlap_px=0)
    last = len(plan.images[0]) - 1
    assert plan.images[0][last].tile.pad_bottom
    assert_shown_is_written(dock, viewer, qtbot, plan, (0, last))
    assert viewer.layers[TILE].data.shape == (60, 60)


@pytest.mark.parametrize(("scope", "dtype", "name"), [("none", "uint8", "png"), ("image", "float32", "tif")])
def test_colours(shown, dock, viewer, qtbot, images, scope, dtype, name):
    pixels = np.random.default_rng(0).integers(0, 256, (96, 80, 3), dtype=np.uint8)
    replace_images(images, [pixels], photometric="rgb")
    plan = shown(normalization__scope=scope, normalization__dtype=dtype, export__format=name)
    assert viewer.layers[TILE].rgb
    assert_shown_is_written(dock, viewer, qtbot, plan, (0, 7))


@pytest.mark.parametrize("per_channel", [True, False])
def test_channels(shown, dock, viewer, qtbot, images, per_channel):
    pixels = np.random.default_rng(0).integers(0, 60000, (3, 96, 80), dtype=np.uint16)
    replace_images(images, [pixels], imagej=True, metadata={"axes": "CYX"})
    plan = shown(normalization__per_channel=per_channel)
    assert viewer.layers[TILE].data.shape == (3, 32, 32)
    assert not viewer.layers[TILE].rgb
    assert_shown_is_written(dock, viewer, qtbot, plan, (0, 7))
    shown(media__channel=1)
    assert viewer.layers[TILE].data.shape == (32, 32)


def test_planes(shown, dock, viewer, qtbot, images):
    pixels = np.random.default_rng(0).integers(0, 60000, (3, 64, 64), dtype=np.uint16)
    replace_images(images, [pixels], imagej=True, metadata={"axes": "ZYX"})
    plan = shown(tiling__overlap_px=0)
    assert_shown_is_written(dock, viewer, qtbot, plan, (1, 5, 11))


def test_it_lies_on_its_pixels_under_the_outline(shown, viewer, dock):
    plan = shown(index=7, normalization__scope="none", normalization__dtype=None)
    box = plan.images[0][7].tile.box
    layer, image = viewer.layers[TILE], viewer.layers["Preview image"]
    np.testing.assert_array_equal(layer.data, image.data[box.slices])
    np.testing.assert_allclose(layer.data_to_world((0, 0)), image.data_to_world((box.y, box.x)))
    assert [str(unit) for unit in layer.units] == ["micrometer", "micrometer"]
    assert [layer.name for layer in viewer.layers] == ["Preview image", TILE, "Current tile"]


def test_contrast_is_the_bounds(shown, viewer):
    shown(normalization__low=-1.0, normalization__high=3.0)
    assert tuple(viewer.layers[TILE].contrast_limits) == (-1, 3)


def test_pixels_exported_as_they_are_look_like_the_image(shown, viewer, dock, qtbot):
    plan = shown(normalization__scope="none", normalization__dtype="uint16")
    layer = viewer.layers[TILE]
    assert tuple(layer.contrast_limits_range) == (0, 65535)
    assert tuple(layer.contrast_limits) == tuple(viewer.layers["Preview image"].contrast_limits)
    layer.contrast_limits = (7, 700)
    dock.tiles.slider.setValue(3)
    wait_for_tile(dock, viewer, qtbot, plan, 3)
    assert tuple(viewer.layers[TILE].contrast_limits) == (7, 700)  # as the user set it


def test_it_follows_every_setting(shown, dock, viewer, qtbot):
    shown()
    dock.normalization.editor("scope").set_value("tile")
    qtbot.waitUntil(lambda: dock.plan.recipe.normalization.scope == "tile")
    wait_for_tile(dock, viewer, qtbot, dock.plan, 0)
    assert viewer.layers[TILE].data.max() == 1
    dock.tiles.editor("size_px").first.setValue(24)
    qtbot.waitUntil(lambda: dock.plan.recipe.tiling.size_px == 24)
    qtbot.waitUntil(lambda: viewer.layers[TILE].data.shape == (24, 24))


def test_fast_moves_end_at_the_last(shown, dock, viewer, qtbot):
    plan = shown()
    for index in range(12):
        dock.tiles.slider.setValue(index)
    wait_for_tile(dock, viewer, qtbot, plan, 11)
    files = exported(dock, qtbot)
    np.testing.assert_array_equal(viewer.layers[TILE].data, read(files["image_0_011"]))


def test_removed_by_the_user(shown, dock, viewer):
    shown()
    viewer.layers.remove(TILE)
    assert not dock.tiles.show_tile.isChecked()


def test_taken_away(shown, dock, viewer, qtbot):
    shown()
    qtbot.mouseClick(dock.tiles.show_tile, Qt.MouseButton.LeftButton)
    assert TILE not in viewer.layers
    dock.tiles.slider.setValue(3)
    qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "image_0_003")
    assert TILE not in viewer.layers


def test_image_that_vanished(shown, dock, viewer, qtbot, images):
    shown()
    (images / "image_0.tif").unlink()
    with qtbot.waitSignal(dock.failed) as told:
        dock.normalization.editor("scope").set_value("tile")
    assert "image_0.tif" in told.args[0]
    assert TILE not in viewer.layers
    assert not dock.tiles.show_tile.isChecked()


def test_a_tile_never_lies_on_another_image(dock, viewer, qtbot):
    """Over layers there is no picture to wait for: what is measured first comes last."""
    goes_on = threading.Event()

    def block(block_id):
        assert goes_on.wait(20)
        return np.arange(2500, dtype=np.uint16).reshape(50, 50)

    lazy = da.map_blocks(block, chunks=((50,), (50,)), dtype=np.uint16, meta=np.empty((0, 0), np.uint16))
    viewer.add_image(np.random.default_rng(0).integers(0, 4000, (50, 50), dtype=np.uint16), name="fast")
    viewer.add_image(lazy, name="slow", visible=False, contrast_limits=(0, 2500))
    dock.set_recipe(Recipe.preset("unet", source=OPEN_LAYERS, output="").changed({"tiling.size_px": 130}))
    qtbot.waitUntil(lambda: dock.plan is not None)
    dock.preview_tiles()
    dock.tiles.show_tile.setChecked(True)
    try:
        wait_for_tile(dock, viewer, qtbot, dock.plan, 0)
        dock.tiles.image.setCurrentIndex(1)
        qtbot.waitUntil(lambda: dock.tiles.tile_name.text() == "slow_000")
        assert TILE not in viewer.layers
        assert dock.tiles.show_tile.isChecked()
        dock.tiles.image.setCurrentIndex(0)  # does not wait for the other one
        wait_for_tile(dock, viewer, qtbot, dock.plan, 0)
        dock.tiles.image.setCurrentIndex(1)
    finally:
        goes_on.set()
    qtbot.waitUntil(lambda: TILE in viewer.layers)
    np.testing.assert_allclose(viewer.layers[TILE].data[:50, :50].ravel(), np.arange(2500) / 2499, atol=1e-6)


def test_the_tile_follows_the_level_it_is_made_from(previewed, viewer, dock, qtbot, images):
    """Levels that differ in their values: a range that was measured of one must not be used for the other."""
    pixels = np.random.default_rng(0).integers(0, 4000, (400, 400), np.uint16)
    with tifffile.TiffWriter(images / "levels.tif") as file:
        file.write(pixels, subifds=1, tile=(64, 64))
        file.write(pixels[::2, ::2] // 3, subfiletype=1, tile=(64, 64))
    fields = {"media__pattern": "levels*", "calibration__enabled": True, "calibration__scale": "1/4"}
    previewed(**fields, normalization__scope="image")
    dock.tiles.show_tile.setChecked(True)
    for uses, level in ((True, 1), (False, 0), (True, 1)):
        dock.calibration.editor("use_pyramid").setChecked(uses)
        qtbot.waitUntil(lambda level=level: [image.level for image in dock.plan.images] == [level])
        qtbot.waitUntil(lambda: (dock.preview.exported_tile or (None,))[0] is dock.plan)
        maker = TileMaker(dock.plan, dock.plan.images[0])
        for _ in maker.prepare():
            pass
        np.testing.assert_array_equal(viewer.layers["Tile as exported"].data, maker.tile(0).pixels)
        maker.close()
