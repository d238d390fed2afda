"""Tiles of an export put back into whole images."""

import numpy as np
import pytest
import tifffile

from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.errors import DatasetError, ExportError


def export(images, out, preset="unet", **changes):
    small = {"tiling.size_px": 128, "tiling.overlap_px": 40}
    recipe = Recipe.preset(preset, source=images, output=out).changed(small | changes)
    list(run(make_plan(recipe)))
    return out


@pytest.fixture
def images(tmp_path):
    return make_folder(tmp_path / "images")


@pytest.mark.parametrize("blend", ["linear", "hann", "mean", "core"])
@pytest.mark.parametrize("edge", ["shift", "spread", "pad", "ragged"])
def test_merging_gives_back_the_normalized_image(images, tmp_path, blend, edge):
    out = export(images, tmp_path / "out", **{"tiling.edge": edge})
    report = merge(out, tmp_path / "merged", blend=blend)
    assert [path.name for path in report.files] == ["cell_0.tif", "cell_1.tif", "cell_2.tif"]
    assert report.warnings == report.failed == ()
    for path in report.files:
        image = tifffile.imread(images / path.name).astype(float)
        expected = (image - image.min()) / (image.max() - image.min())
        np.testing.assert_allclose(tifffile.imread(path), expected, atol=2e-7)


def test_denormalizing_gives_back_the_source_exactly(images, tmp_path):
    out = export(images, tmp_path / "out")
    merge(out, tmp_path / "merged", denormalize=True)
    for path in sorted(images.iterdir()):
        merged = tifffile.imread(tmp_path / "merged" / path.name)
        assert merged.dtype == np.uint16
        np.testing.assert_array_equal(merged, tifffile.imread(path))


def test_merged_images_carry_the_pixel_size(images, tmp_path):
    out = export(images, tmp_path / "out", **{"calibration.enabled": True})
    (path, *_) = merge(out, tmp_path / "merged").files
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].shape == (600, 840)
        y = file.pages[0].tags["YResolution"].value
        assert y[1] / y[0] == pytest.approx(0.325)
        assert file.imagej_metadata["unit"] == "micron"


@pytest.mark.parametrize(
    ("axes", "shape"), [("CYX", (2, 200, 210)), ("ZCYX", (3, 2, 150, 160)), ("TYX", (4, 130, 131))]
)
def test_channels_and_planes_come_back_in_place(tmp_path, axes, shape):
    (tmp_path / "images").mkdir()
    image = np.random.default_rng(0).integers(0, 60000, shape, np.uint16)
    tifffile.imwrite(tmp_path / "images" / "stack.tif", image, imagej=True, metadata={"axes": axes})
    out = export(tmp_path / "images", tmp_path / "out", **{"normalization.scope": "none", "normalization.dtype": None})
    (path,) = merge(out, tmp_path / "merged").files
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == axes
    np.testing.assert_array_equal(tifffile.imread(path), image)


def test_rgb_comes_back(tmp_path):
    (tmp_path / "images").mkdir()
    image = np.random.default_rng(0).integers(0, 256, (200, 210, 3), np.uint8)
    tifffile.imwrite(tmp_path / "images" / "rgb.tif", image, photometric="rgb")
    out = export(tmp_path / "images", tmp_path / "out", "axons", **{"tiling.overlap_px": 9})
    (path,) = merge(out, tmp_path / "merged").files
    np.testing.assert_array_equal(tifffile.imread(path), image)


def test_results_named_like_the_tiles_are_merged(images, tmp_path):
    """Masks as PNG for tif tiles: what a predictor would have written."""
    out = export(images, tmp_path / "out")
    results = tmp_path / "masks"
    results.mkdir()
    for path in out.glob("*.tif"):
        from PIL import Image

        Image.fromarray((tifffile.imread(path) > 0.5).astype(np.uint8) * 255).save(results / f"{path.stem}.png")
    merge(out, tmp_path / "merged", tiles=results)
    for path in sorted(images.iterdir()):
        image = tifffile.imread(path).astype(float)
        expected = ((image - image.min()) / (image.max() - image.min())).astype(np.float32) > 0.5
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "merged" / path.name), expected * np.uint8(255))


def test_a_missing_result_is_named_or_filled(images, tmp_path):
    out = export(images, tmp_path / "out", **{"tiling.overlap_px": 0, "tiling.edge": "pad"})
    (out / "cell_1_000.tif").unlink()
    report = merge(out, tmp_path / "merged")
    assert [path.name for path in report.files] == ["cell_0.tif", "cell_2.tif"]
    assert "cell_1_000.tif" in report.failed[0].reason
    report = merge(out, tmp_path / "filled", missing="0.25")
    assert len(report.files) == 3
    merged = tifffile.imread(tmp_path / "filled" / "cell_1.tif")
    image = tifffile.imread(images / "cell_1.tif").astype(float)
    expected = (image - image.min()) / (image.max() - image.min())
    expected[:128, :128] = 0.25
    np.testing.assert_allclose(merged, expected, atol=2e-7)


def test_a_missing_tile_in_an_overlap_leaves_its_neighbours_values(images, tmp_path):
    out = export(images, tmp_path / "out")
    (out / "cell_0_001.tif").unlink()
    merge(out, tmp_path / "merged", missing=-1)
    merged = tifffile.imread(tmp_path / "merged" / "cell_0.tif")
    image = tifffile.imread(images / "cell_0.tif").astype(float)
    expected = (image - image.min()) / (image.max() - image.min())
    expected[:88, 128:176] = -1  # in no other tile
    np.testing.assert_allclose(merged, expected, atol=3e-7)


def test_a_result_of_another_size_is_named(images, tmp_path):
    out = export(images, tmp_path / "out")
    tifffile.imwrite(out / "cell_2_003.tif", np.zeros((64, 64), np.float32))
    report = merge(out, tmp_path / "merged")
    assert [path.name for path in report.files] == ["cell_0.tif", "cell_1.tif"]
    assert "cell_2_003.tif" in report.failed[0].reason
    assert "(64, 64)" in report.failed[0].reason


def test_what_may_surprise_is_told(images, tmp_path):
    out = export(images, tmp_path / "out", **{"normalization.scope": "tile"})
    assert "scope tile" in merge(out, tmp_path / "merged").warnings[0]
    random = export(images, tmp_path / "random", "imgsplit", **{"tiling.count": 5})
    report = merge(random, tmp_path / "merged_random", missing=7)
    assert "random" in report.warnings[0]
    merged = tifffile.imread(tmp_path / "merged_random" / "cell_0.tif")
    image = tifffile.imread(images / "cell_0.tif")
    assert set(np.unique(merged[merged != image])) <= {7}
    assert (merged == image).sum() >= 128 * 128


def test_dropped_edges_are_zero(images, tmp_path):
    out = export(images, tmp_path / "out", **{"tiling.edge": "drop", "tiling.overlap_px": 0})
    merge(out, tmp_path / "merged", denormalize=True)
    merged = tifffile.imread(tmp_path / "merged" / "cell_0.tif")
    image = tifffile.imread(images / "cell_0.tif")
    np.testing.assert_array_equal(merged[:256, :384], image[:256, :384])
    assert not merged[256:].any()
    assert not merged[:, 384:].any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "labels"}, "kind 'labels'"),
        ({"blend": "median"}, "blend 'median'"),
        ({"at": "source"}, "at 'source'"),
        ({"missing": "nothing"}, "missing 'nothing'"),
    ],
)
def test_unknown_options_are_told(images, tmp_path, options, words):
    out = export(images, tmp_path / "out")
    with pytest.raises(DatasetError, match=words):
        merge(out, tmp_path / "merged", **options)
    with pytest.raises(DatasetError, match="dataset itself"):
        merge(out, out)


def test_an_image_that_is_there_already_is_never_overwritten(images, tmp_path):
    out = export(images, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in images.iterdir()}
    with pytest.raises(ExportError, match=r"cell_0\.tif is there already"):
        merge(out, images)
    assert {path.name: path.read_bytes() for path in images.iterdir()} == before


def test_a_fill_that_the_tiles_cannot_hold_is_told(images, tmp_path):
    out = export(images, tmp_path / "out", "yolo")
    (out / "cell_0_000.png").unlink()
    report = merge(out, tmp_path / "merged", missing=300)
    assert "uint8 tiles cannot hold 300" in report.failed[0].reason
