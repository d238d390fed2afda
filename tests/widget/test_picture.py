"""The pixels of the preview: small planes whole, large ones as a pyramid that reads what is asked for."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator import Recipe, make_plan
from napari_tiles_creator._widget.viewing.picture import LONGEST_SIDE, read_picture
from napari_tiles_creator.engine.pixels import pyramid
from napari_tiles_creator.engine.steps import result_of


def picture_of(path, **changes):
    recipe = Recipe.preset("unet").changed({"media.folder": str(path), "calibration.enabled": False, **changes})
    plan = make_plan(recipe)
    return result_of(read_picture(plan.images[0], recipe.media))


@pytest.fixture(scope="module")
def plane():
    """A plane wider than what is held, whose values tell where they are."""
    y, x = np.mgrid[:2100, : LONGEST_SIDE + 1000]
    return (y * 31 + x * 7).astype(np.uint16)


def test_a_small_plane_is_held_as_it_is(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 4000, (300, 200), np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", pixels)
    picture = picture_of(tmp_path / "a.tif")
    assert np.array_equal(picture.pixels, pixels)
    assert picture.limits == (pixels.min(), pixels.max())


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tile": (256, 256)},
        {"tile": (256, 256), "compression": "zlib"},
        {"rowsperstrip": 64, "compression": "zlib"},
    ],
)
def test_the_full_level_is_the_file_where_one_looks_closely(tmp_path, plane, settings):
    tifffile.imwrite(tmp_path / "a.tif", plane, **settings)
    levels = picture_of(tmp_path / "a.tif").pixels
    assert [level.shape for level in levels[:2]] == [plane.shape, (1050, (LONGEST_SIDE + 1001) // 2)]
    assert max(levels[-1].shape) <= 1024
    part = np.s_[700:900, 5000:5300]
    assert np.array_equal(levels[0][part], plane[part])
    assert np.array_equal(levels[0][800, 5000:5005], plane[800, 5000:5005])
    assert levels[0][800, 5000] == plane[800, 5000]
    assert np.array_equal(levels[0][700:900:7, 5000:5300:9], plane[700:900:7, 5000:5300:9])


def test_colours(tmp_path, plane):
    colours = np.stack([plane, plane + 1, plane // 2], -1).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colours, tile=(256, 256), photometric="rgb")
    picture = picture_of(tmp_path / "a.tif")
    assert picture.is_rgb
    assert picture.pixels[0].shape == colours.shape
    part = np.s_[100:200, 50:90]
    assert np.array_equal(picture.pixels[0][part], colours[part])
    assert np.array_equal(picture.pixels[0][100:200, 50:90, :], colours[part])
    assert picture.pixels[-1][:].shape == picture.pixels[-1].shape


def test_a_wide_view_of_a_fine_level_decodes_little(tmp_path, plane, monkeypatch):
    """What would cost too much comes from the overview: alike, not equal."""
    smooth = (np.add.outer(np.arange(2100), np.arange(plane.shape[1])) // 2).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", smooth, tile=(256, 256))
    levels = picture_of(tmp_path / "a.tif").pixels
    monkeypatch.setattr(pyramid, "MOST_PIXELS", 1 << 20)
    seen = levels[0][:2000, :4000]
    assert seen.shape == (2000, 4000)
    assert seen.dtype == np.uint16
    assert np.abs(seen.astype(int) - smooth[:2000, :4000]).max() < 20
    assert np.array_equal(levels[0][:500, :500], smooth[:500, :500])


def test_the_levels_of_a_file_are_used(tmp_path, plane):
    dark = np.zeros((plane.shape[0] // 4, plane.shape[1] // 4), np.uint16)  # unlike the full level: to be told apart
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(plane, tile=(256, 256), subifds=1)
        file.write(dark, tile=(256, 256), subfiletype=1)
    picture = picture_of(tmp_path / "a.tif")
    assert picture.pixels[0][100:110, 100:110].any()
    assert picture.pixels[1][100:110, 100:110].any()
    assert not picture.pixels[2][:].any()
    assert not picture.pixels[-1][:].any()


def test_a_vanished_file_leaves_the_overview(tmp_path, plane):
    tifffile.imwrite(tmp_path / "a.tif", plane)
    levels = picture_of(tmp_path / "a.tif").pixels
    (tmp_path / "a.tif").unlink()
    assert levels[0][:100, :100].shape == (100, 100)


def test_reading_can_be_stopped(tmp_path, plane):
    tifffile.imwrite(tmp_path / "a.tif", plane, tile=(256, 256))
    recipe = Recipe.preset("unet").changed({"media.folder": str(tmp_path / "a.tif"), "calibration.enabled": False})
    steps = read_picture(make_plan(recipe).images[0], recipe.media)
    next(steps)
    steps.close()
    (tmp_path / "a.tif").rename(tmp_path / "b.tif")  # where an open file cannot be renamed, this tells


def test_the_viewer_shows_it_and_reads_what_is_on_the_canvas(viewer, dock, qtbot, tmp_path, plane):
    tifffile.imwrite(tmp_path / "a.tif", plane, tile=(256, 256))
    dock.media.editor("folder").line.setText(str(tmp_path / "a.tif"))
    dock.set_recipe(dock.recipe().changed({"calibration.enabled": False}))
    qtbot.waitUntil(lambda: dock.plan is not None and bool(dock.plan.images))
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Preview image" in viewer.layers)
    layer = viewer.layers["Preview image"]
    assert layer.multiscale
    viewer.scene.camera.center = (1000, 4000)
    viewer.scene.camera.zoom = 4
    viewer.screenshot(flash=False)  # draws
    assert layer.data_level == 0
    assert layer.get_value((1000, 4000), world=False) == (0, plane[1000, 4000])
