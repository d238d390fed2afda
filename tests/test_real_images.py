"""What comes out of real microscopy files, each stated by hand; nothing wraps, nothing is converted in silence."""

import csv

import numpy as np
import pytest
import tifffile
from skimage.io import imread
from skimage.transform import resize

from image_folder import expected_tiles, read
from napari_tiles_creator import Recipe, make_plan, run

# folder/file: tiles with 512/128, pixel size of the tiles in µm, range of the image
GREY = {
    "fluo16/xy_12bit__saturated_plant.tif": (1, 2.48592, (9, 4095)),
    "fluo16/xy_16bit__bacteria_cords_thick.tif": (1, 0.628171, (16, 1488)),
    "fluo16/xy_16bit__bacteria_cords_thin.tif": (1, 0.628171, (16, 1077)),
    "fluo16/xy_16bit__rat_hippocampal_neuron.tif": (1, 0.16, (526, 6238)),
    "fluo16/xy_calibrated_16bit__cells_eres_noisy.tif": (1, 0.229674, (473, 2257)),
    "mixed/0_1_N_R.png": (3 * 4, None, (13824, 47871)),
    "mixed/1-162hrhoe2.tif": (3 * 3, None, (294, 2319)),
    "mixed/cell.png": (2 * 2, None, (0, 255)),
    "mixed/xy_16bit__nuclei_high_dynamic_range.tif": (1, None, (233, 1867)),
    "mixed/xy_8bit__nuclei_PLK1_control.tif": (2 * 2, 0.166053, (0, 251)),
    "mixed/xy_8bit__nup_bgsubtracted.tif": (1, 0.263576, (-5, 202)),
    "calibrated/xy_calibrated_16bit__nuclear_protein_control.tif": (3 * 3, 0.113214, (8, 3804)),
    "calibrated/xy_8bit__em_mitochondria_er.tif": (2 * 1, 0.008, (24, 254)),
    "calibrated/em_mitochondria_er_ome_nm.ome.tif": (2 * 1, 0.008, (24, 254)),
    "calibrated/xy_8bit__mitocheck_incenp_t1.tif": (1, 0.1, (17, 66)),
    "calibrated/rat_hippocampal_neuron_ome_um.ome.tif": (1, 0.16, (526, 6238)),
    "calibrated/rat_hippocampal_neuron_cm_tags.tif": (1, 0.16, (526, 6238)),
    "multichannel/one_file_per_channel/AS_09125_050116030001_D03f00d0.tif": (1, None, (7, 255)),
    "multichannel/one_file_per_channel/AS_09125_050116030001_D03f00d1.tif": (1, None, (7, 245)),
    "multichannel/one_file_per_channel/AS_09125_050116030001_D03f00d2.tif": (1, None, (2, 255)),
}
RGB = {"rgb/slide.jpeg": 7 * 7, "rgb/DMSO_B5_t0.JPG": 4 * 6, "rgb/xy_rgb__cells.tif": 1}
CHANNELS = {
    "multichannel/xyc_16bit__cell_dna_mts_actin.tif": (1, 3, 0.132492),
    "multichannel/xyc_8bit__dapi_tublin.tif": (2 * 3, 2, 0.454),
}


def export(source, out, preset, **changes):
    recipe = Recipe.preset(preset, source=source, output=out).changed(changes)
    last = list(run(make_plan(recipe)))[-1]
    with (out / "tiles.csv").open(newline="", encoding="utf-8") as file:
        return last, list(csv.DictReader(file))


def test_every_file_of_these_folders_is_stated(real_data):
    stated = {*GREY, *RGB, *CHANNELS}
    for folder in ("fluo16", "mixed", "calibrated", "rgb", "multichannel"):
        for path in (real_data / folder).rglob("*.*"):
            assert path.relative_to(real_data).as_posix() in stated


@pytest.mark.parametrize("name", GREY)
@pytest.mark.parametrize(("preset", "high", "dtype"), [("unet", 1, "float32"), ("yolo", 255, "uint8")])
def test_grey_images(real_data, tmp_path, name, preset, high, dtype):
    tiles, pixel_size, (low_value, high_value) = GREY[name]
    image = imread(real_data / name)
    assert (image.min(), image.max()) == (low_value, high_value)
    last, rows = export(real_data / name, tmp_path / "out", preset)
    assert (last.tiles, last.failed, len(rows)) == (tiles, (), tiles)
    expected = expected_tiles(image, 512, 128, 0, high, dtype)
    for row, tile in zip(rows, expected, strict=True):
        found = read(tmp_path / "out" / row["tile"])
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, tile)
        assert (float(row["norm_low"]), float(row["norm_high"])) == (low_value, high_value)
        if pixel_size is None:
            assert row["pixel_size_um"] == ""
        else:
            assert float(row["pixel_size_um"]) == pytest.approx(pixel_size, rel=1e-5)


@pytest.mark.parametrize("name", RGB)
def test_rgb_images(real_data, tmp_path, name):
    image = imread(real_data / name)
    last, rows = export(real_data / name, tmp_path / "yolo", "yolo")
    assert (last.tiles, last.failed) == (RGB[name], ())
    low, high = image.min(), image.max()  # one range for red, green and blue
    x = image.astype(float)
    values = np.rint((x - low) / (float(high) - low) * 255).astype(np.uint8)
    for row in rows:
        y, x, height, width = (int(row[key]) for key in ("y", "x", "height", "width"))
        found = read(tmp_path / "yolo" / row["tile"])
        assert found.shape == (512, 512, 3)
        np.testing.assert_array_equal(found[:height, :width], values[y : y + height, x : x + width])
    last, rows = export(real_data / name, tmp_path / "unet", "unet")
    assert read(tmp_path / "unet" / rows[0]["tile"]).shape == (512, 512, 3)
    assert read(tmp_path / "unet" / rows[0]["tile"]).dtype == np.float32


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_stay_in_tif_and_are_refused_by_png(real_data, tmp_path, name):
    tiles, channels, pixel_size = CHANNELS[name]
    image = tifffile.imread(real_data / name)
    last, rows = export(real_data / name, tmp_path / "unet", "unet")
    assert (last.tiles, last.failed) == (tiles, ())
    x = image.astype(float)
    low, high = x.min(axis=(1, 2), keepdims=True), x.max(axis=(1, 2), keepdims=True)
    values = ((x - low) / (high - low)).astype(np.float32)
    for row in rows:
        found = tifffile.imread(tmp_path / "unet" / row["tile"])
        assert found.shape == (channels, 512, 512)
        y, x, height, width = (int(row[key]) for key in ("y", "x", "height", "width"))
        np.testing.assert_array_equal(found[:, :height, :width], values[:, y : y + height, x : x + width])
        assert float(row["pixel_size_um"]) == pytest.approx(pixel_size, rel=1e-4)
        assert row["norm_low"] == ";".join(str(int(v)) for v in low.ravel())
    plan = make_plan(Recipe.preset("yolo", source=real_data / name, output=tmp_path / "yolo"))
    assert len(plan) == 0
    assert f"png cannot hold {channels} channels" in plan.failed[0].reason
    assert "media.channel" in plan.failed[0].reason
    last, rows = export(real_data / name, tmp_path / "one", "yolo", **{"media.channel": 1})
    expected = expected_tiles(image[1], 512, 128, 0, 255, "uint8")
    assert len(rows) == len(expected) == tiles
    for row, tile in zip(rows, expected, strict=True):
        assert row["channel"] == "1"
        np.testing.assert_array_equal(read(tmp_path / "one" / row["tile"]), tile)


@pytest.mark.parametrize("name", [name for name in GREY if name.startswith("fluo16")])
@pytest.mark.parametrize(("preset", "high", "dtype"), [("unet", 1, "float32"), ("yolo", 255, "uint8")])
def test_rescaled_from_half_a_micrometre(real_data, tmp_path, name, preset, high, dtype):
    calibration = {"calibration.enabled": True, "calibration.pixel_size_um": 0.5}
    _, rows = export(real_data / name, tmp_path / "out", preset, **calibration)
    rescaled = resize(
        imread(real_data / name), (788, 788), order=3, mode="reflect", preserve_range=True, anti_aliasing=False
    )
    expected = expected_tiles(rescaled, 512, 128, 0, high, dtype)
    assert len(rows) == len(expected) == 4
    for row, tile in zip(rows, expected, strict=True):
        found = read(tmp_path / "out" / row["tile"])
        np.testing.assert_allclose(found, tile, atol=1e-6 if dtype == "float32" else 0)
        assert float(row["pixel_size_um"]) == pytest.approx(0.5 * 512 / 788)


def test_scope_none_refuses_what_it_cannot_hold(real_data, tmp_path):
    recipe = Recipe.preset("axons", source=real_data / "mixed", output=tmp_path / "out")
    plan = make_plan(recipe)
    assert {image.name for image in plan.images} == {"cell.png", "xy_8bit__nuclei_PLK1_control.tif"}
    reasons = {failure.source: failure.reason for failure in plan.failed}
    assert "uint8 cannot hold its uint16 values" in reasons["0_1_N_R.png"]
    assert "uint8 cannot hold its float32 values" in reasons["xy_8bit__nup_bgsubtracted.tif"]


def test_calibration_without_a_pixel_size_fails_by_name(real_data, tmp_path):
    recipe = Recipe.preset("unet", source=real_data / "mixed", output=tmp_path / "out")
    plan = make_plan(recipe.changed({"calibration.enabled": True}))
    assert {image.name for image in plan.images} == {
        "xy_8bit__nuclei_PLK1_control.tif",
        "xy_8bit__nup_bgsubtracted.tif",
    }
    for failure in plan.failed:
        assert failure.source in failure.reason
        assert "no pixel size: give --pixel-size" in failure.reason
