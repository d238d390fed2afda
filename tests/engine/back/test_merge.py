"""Tiles of an export put back into whole images."""

from contextlib import closing

import numpy as np
import pytest
import tifffile

from annotated_folder import make_annotated
from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.engine.back.merge import merge_steps
from napari_tiles_creator.engine.back.request import MergeRequest
from napari_tiles_creator.errors import DatasetError, ExportError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source


def export(images, out, preset="unet", **changes):
    small = {"tiling.size_px": 128, "tiling.overlap_px": 40}
    recipe = Recipe.preset(preset, source=images, output=out).changed(small | changes)
    list(run(make_plan(recipe)))
    return out


@pytest.fixture
def images(tmp_path):
    return make_folder(tmp_path / "images")


@pytest.mark.parametrize(
    ("edge", "blend"),
    [("shift", blend) for blend in ("linear", "hann", "gaussian", "mean", "core", "max")]
    + [("pad", "linear"), ("pad", "max"), ("spread", "hann"), ("ragged", "linear")],
)
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
        assert file.is_bigtiff
        y = file.pages[0].tags["YResolution"].value
        assert 1e4 * y[1] / y[0] == pytest.approx(0.325)
        assert file.pages[0].tags["ResolutionUnit"].value == 3
        assert 'PhysicalSizeY="0.325"' in file.ome_metadata


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
    assert "64 × 64 px" in report.failed[0].reason
    assert "128 × 128 px" in report.failed[0].reason


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


@pytest.mark.parametrize("missing", [300, -1, 0.5, "nan"])
def test_a_plane_without_a_tile_is_filled_with_what_its_type_can_hold(tmp_path, missing):
    (tmp_path / "images").mkdir()
    image = np.random.default_rng(0).integers(0, 256, (2, 200, 210), np.uint8)
    tifffile.imwrite(tmp_path / "images" / "stack.tif", image, imagej=True, metadata={"axes": "ZYX"})
    out = export(tmp_path / "images", tmp_path / "out", **{"normalization.scope": "none", "normalization.dtype": None})
    for number in range(4):  # those of the first plane
        (out / f"stack_{number:03d}.tif").unlink()
    (failure,) = merge(out, tmp_path / "merged", missing=missing).failed
    assert "uint8 tiles cannot hold" in failure.reason
    (path,) = merge(out, tmp_path / "merged", missing=7).files
    np.testing.assert_array_equal(tifffile.imread(path), [np.full_like(image[0], 7), image[1]])


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
        ({"kind": "masks"}, "kind 'masks'"),
        ({"blend": "median"}, "blend 'median'"),
        ({"at": "screen"}, "at 'screen'"),
        ({"format": "jpg"}, "format 'jpg'"),
        ({"format": "geojson"}, "format 'geojson' is not available for values"),
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


def annotated(tmp_path, layout, preset="unet", **changes):
    """Export images with what is drawn on them; return the folder of the images and the dataset."""
    folder = make_annotated(tmp_path / "data", classes=3)
    fields = {
        "annotations.labels": str(folder / "masks"),
        "annotations.classes": ["a", "b", "c"],
        "annotations.empty_tiles": "keep",
        "tiling.size_px": 64,
        "tiling.overlap_px": 16,
        "export.layout": layout,
        "export.split": {"train": 0.6, "val": 0.4},
    }
    return folder, export(folder / "images", tmp_path / "out", preset, **fields | changes)


@pytest.mark.parametrize(
    ("layout", "preset"), [("flat", "unet"), ("pairs", "unet"), ("yolo-segment", "yolo"), ("coco", "yolo")]
)
def test_what_stands_beside_the_tiles_is_no_tile(tmp_path, layout, preset):
    folder, out = annotated(tmp_path, layout, preset, **{"normalization.scope": "none", "normalization.dtype": None}
                            if preset == "unet" else {})  # fmt: skip
    report = merge(out, tmp_path / "merged")
    assert report.failed == ()
    assert [path.name for path in report.files] == ["cell_0.tif", "cell_1.tif", "cell_2.tif"]
    for path in report.files:
        image = tifffile.imread(folder / "images" / path.name).astype(np.float64)
        if preset == "yolo":
            image = np.rint((image - image.min()) / (image.max() - image.min()) * 255)
        np.testing.assert_array_equal(tifffile.imread(path), image)


@pytest.mark.parametrize("in_one_folder", [True, False])
def test_results_of_a_layout_with_folders_are_merged(tmp_path, in_one_folder):
    """Programs write what they predict into one folder, whatever folders the tiles lie in."""
    folder, out = annotated(tmp_path, "pairs")
    results = tmp_path / "results"
    for mask in sorted(out.glob("*/masks/*.tif")):
        place = results / ("" if in_one_folder else mask.relative_to(out).as_posix().replace("masks", "images"))
        place = place / mask.name if in_one_folder else place
        place.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(place, tifffile.imread(mask))
    report = merge(out, tmp_path / "merged", tiles=results, blend="core")
    assert report.failed == ()
    for path in report.files:
        np.testing.assert_array_equal(tifffile.imread(path), tifffile.imread(folder / "masks" / path.name))


def test_gaps_between_the_blocks_of_splits_are_named_or_filled(tmp_path):
    images = make_folder(tmp_path / "images", count=1)
    out = export(images, tmp_path / "out", **{"export.split": {"train": 0.5, "val": 0.5}})
    (failure,) = merge(out, tmp_path / "merged").failed
    assert "pixels lie in no tile" in failure.reason
    assert "--missing" in failure.reason
    report = merge(out, tmp_path / "merged", missing=-1)
    merged, image = tifffile.imread(report.files[0]), tifffile.imread(images / "cell_0.tif").astype(float)
    held = merged != -1
    assert 0 < np.count_nonzero(~held) < 0.5 * held.size
    expected = (image - image.min()) / (image.max() - image.min())
    np.testing.assert_allclose(merged[held], expected[held], atol=2e-7)


@pytest.mark.parametrize("factor", ["1/3", 0.5, 2])
def test_results_come_back_in_the_size_of_the_source(tmp_path, factor):
    """Smooth images survive being made smaller or larger and back; the sides are no multiples of the factor."""
    folder = tmp_path / "images"
    folder.mkdir()
    y, x = np.mgrid[:301, :422]
    image = (2000 + 900 * np.sin(y / 40) + 900 * np.cos(x / 55)).astype(np.uint16)
    tifffile.imwrite(folder / "a.tif", image, imagej=True, resolution=(2, 2), metadata={"unit": "um"})
    changes = {"calibration.enabled": True, "calibration.scale": factor, "normalization.scope": "none"}
    out = export(folder, tmp_path / "out", **changes, **{"normalization.dtype": None})
    (path,) = merge(out, tmp_path / "merged", at="source").files
    merged = tifffile.imread(path)
    assert merged.dtype == np.uint16
    assert merged.shape == image.shape
    inner = np.abs(merged.astype(int) - image)[8:-8, 8:-8]
    assert inner.max() <= 6
    with closing(open_source(path)) as source:
        assert source.info.pixel_size.y_um == pytest.approx(0.5)


def test_labels_at_source_take_the_nearest_pixel(tmp_path):
    """Classes: what stands at source index floor((i + ½)·old/new), as the tiles' own labels were made."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(1)
    classes = np.kron(rng.integers(0, 5, (20, 30)), np.ones((10, 10), int)).astype(np.uint8)[:193, :287]
    tifffile.imwrite(folder / "a.tif", classes)
    changes = {"calibration.enabled": True, "calibration.scale": 0.7, "calibration.interpolation": "nearest"}
    out = export(folder, tmp_path / "out", **changes, **{"normalization.scope": "none", "normalization.dtype": None})
    (small,) = merge(out, tmp_path / "small", kind="classes").files
    (path,) = merge(out, tmp_path / "merged", kind="classes", at="source").files
    calibrated = tifffile.imread(small)
    rows, columns = (((2 * np.arange(n) + 1) * m // (2 * n)) for n, m in zip((193, 287), calibrated.shape, strict=True))
    np.testing.assert_array_equal(tifffile.imread(path), calibrated[np.ix_(rows, columns)])


def test_every_format_holds_the_same_image(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    image = np.random.default_rng(0).integers(0, 60000, (2, 3, 150, 160), np.uint16)
    tifffile.imwrite(folder / "stack.tif", image, imagej=True, metadata={"axes": "ZCYX"})
    plain = {"normalization.scope": "none", "normalization.dtype": None}
    out = export(folder, tmp_path / "out", **plain)
    for name in ("tif", "zarr", "h5"):
        (path,) = merge(out, tmp_path / "merged", format=name).files
        assert path.name == f"stack.{name}"
        with closing(open_source(path)) as source:
            assert (source.info.length("Z"), source.info.length("C")) == (2, 3)
            planes = [source.read(Box(0, 0, 150, 160), z=z) for z in range(2)]
        np.testing.assert_array_equal(planes, image)
    (failure,) = merge(out, tmp_path / "merged", format="png").failed
    assert "stack.tif: PNG holds one grey or RGB plane, not 2 planes: use --format tif, zarr or h5" in failure.reason
    assert sorted(path.name for path in (tmp_path / "merged").iterdir()) == ["stack.h5", "stack.tif", "stack.zarr"]


@pytest.mark.parametrize("name", ["tif", "zarr", "h5", "png"])
def test_nothing_is_overwritten_and_nothing_half_done_stays(images, tmp_path, name):
    out = export(images, tmp_path / "out", "yolo")
    merged = tmp_path / "merged"
    (out / "cell_1_011.png").write_bytes(b"damaged")
    report = merge(out, merged, format=name)
    assert [path.name for path in report.files] == [f"cell_0.{name}", f"cell_2.{name}"]
    assert "cell_1_011.png" in report.failed[0].reason
    assert sorted(path.name for path in merged.iterdir()) == [f"cell_0.{name}", f"cell_2.{name}"]
    with pytest.raises(ExportError, match=rf"cell_0\.{name} is there already"):
        merge(out, merged, format=name)


def test_a_stopped_merge_leaves_nothing_behind(images, tmp_path):
    out = export(images, tmp_path / "out")
    steps = merge_steps(MergeRequest(out, tmp_path / "merged"))
    for step in steps:
        assert 0 <= step.done_px <= step.total_px
        hidden = list((tmp_path / "merged").glob(".*")) if (tmp_path / "merged").exists() else []
        if hidden:
            break
    assert hidden
    steps.close()
    assert [path.name for path in (tmp_path / "merged").iterdir()] in ([], ["cell_0.tif"])


def test_progress_ends_at_all_pixels_even_where_a_source_fails(images, tmp_path):
    out = export(images, tmp_path / "out")
    (out / "cell_1_003.tif").unlink()
    *_, last = merge_steps(MergeRequest(out, tmp_path / "merged"))
    assert last.done_px == last.total_px == sum((300 + 17 * i) * 420 for i in range(3))


def test_tiles_that_filters_left_out_are_counted(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    image = np.zeros((256, 256), np.uint16)
    image[:128] = np.random.default_rng(0).integers(500, 4000, (128, 256), np.uint16)
    tifffile.imwrite(folder / "a.tif", image)
    out = export(folder, tmp_path / "out", **{"tiling.overlap_px": 0, "tiling.min_foreground": 0.05})
    report = merge(out, tmp_path / "merged", missing=0, denormalize=True)
    assert "2 of 4 tiles of the grid are not in the dataset" in report.warnings[0]
    np.testing.assert_array_equal(tifffile.imread(report.files[0]), image)


def test_the_masks_beside_the_tiles_are_merged_as_classes(tmp_path):
    folder, out = annotated(tmp_path, "pairs")
    report = merge(out, tmp_path / "merged", kind="classes")
    assert report.failed == ()
    for path in report.files:
        np.testing.assert_array_equal(tifffile.imread(path), tifffile.imread(folder / "masks" / path.name))


def test_objects_of_a_stack_are_numbered_plane_by_plane(tmp_path):
    """Discs that lie across tiles; the deeper the plane, the fewer."""
    folder = tmp_path / "images"
    folder.mkdir()
    y, x = np.mgrid[:230, :260]
    stack = np.zeros((3, 230, 260), np.uint16)
    for z in range(3):
        for number, (cy, cx) in enumerate((cy, cx) for cy in range(25, 220, 40) for cx in range(25, 250 - 60 * z, 40)):
            stack[z][(y - cy) ** 2 + (x - cx) ** 2 < 150] = 1000 + number
    tifffile.imwrite(folder / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    plain = {"normalization.scope": "none", "normalization.dtype": None}
    out = export(folder, tmp_path / "out", **plain)
    (path,) = merge(out, tmp_path / "merged", kind="labels").files
    with tifffile.TiffFile(path) as file:
        assert file.series[0].axes == "ZYX"
    for plane, truth in zip(tifffile.imread(path), stack, strict=True):
        count = len(np.unique(truth)) - 1
        assert list(np.unique(plane)) == list(range(count + 1))
        assert len(np.unique(np.stack([plane, truth]).reshape(2, -1), axis=1)[0]) == count + 1
