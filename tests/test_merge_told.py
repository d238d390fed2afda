"""What a merge tells: before it begins, where it may surprise, and what it counted."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage.io import imread

from annotated_folder import label_image
from image_folder import make_folder
from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.engine.back.going_on import with_way_on
from napari_tiles_creator.engine.placing import not_written
from napari_tiles_creator.errors import DatasetError, ExportError

PLAIN = {"normalization.scope": "none", "normalization.dtype": None}


def export(images, out, preset="unet", **changes):
    small = {"tiling.size_px": 64, "tiling.overlap_px": 20}
    recipe = Recipe.preset(preset, source=images, output=out).changed(small | changes)
    list(run(make_plan(recipe)))
    return out


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the float32 tiles of five images."""
    folder = tmp_path_factory.mktemp("told")
    return export(make_folder(folder / "images", count=5), folder / "out", **{"tiling.size_px": 128})


def sparse(tmp_path, layout="flat", **changes):
    """Export three images: objects in one corner, everywhere, nowhere; of tiles without objects no mask is written."""
    shape = (150, 190)
    for name in ("images", "masks"):
        (tmp_path / "data" / name).mkdir(parents=True)
    labels = [np.zeros(shape, np.uint16), label_image(1), np.zeros(shape, np.uint16)]
    labels[0][10:30, 10:30], labels[0][5:40, 50:70] = 1, 2
    for number, drawn in enumerate(labels):
        tifffile.imwrite(tmp_path / "data" / "images" / f"a_{number}.tif", (drawn > 0).astype(np.uint8) * 200)
        tifffile.imwrite(tmp_path / "data" / "masks" / f"a_{number}.tif", drawn)
    fields = {"annotations.labels": str(tmp_path / "data" / "masks"), "export.layout": layout}
    border = {"annotations.at_border": "keep", "annotations.min_visible": 0.0}
    return labels, export(tmp_path / "data" / "images", tmp_path / "out", **fields, **border, **changes)


def named_masks(dataset, folder, made_of):
    """Write ``{tile}.png`` for each tile of a dataset, of its pixels; return the folder."""
    folder.mkdir()
    for tile in dataset.glob("*.tif"):
        Image.fromarray(made_of(tifffile.imread(tile))).save(folder / f"{tile.stem}.png")
    return folder


@pytest.mark.parametrize("kind", ["labels", "classes"])
def test_tiles_that_an_export_wrote_no_mask_of_are_zero(tmp_path, kind):
    labels, out = sparse(tmp_path)
    rows = (out / "tiles.csv").read_text().splitlines()
    assert len(list((out / "labels").glob("*.tif"))) < len(rows) - 1
    report = merge(out, tmp_path / "merged", kind=kind)
    assert (report.failed, report.warnings) == ((), ())
    for path, drawn in zip(report.files, labels, strict=True):
        np.testing.assert_array_equal(tifffile.imread(path) > 0, drawn > 0)
    if kind == "labels":
        assert report.counts == {f"a_{i}.tif": len(np.unique(drawn)) - 1 for i, drawn in enumerate(labels)}
        assert report.to_dict()["counts"] == report.counts


def test_a_mask_that_is_gone_and_results_of_others_are_missing_all_the_same(tmp_path):
    _, out = sparse(tmp_path)
    results = tmp_path / "results"
    results.mkdir()
    for mask in (out / "labels").glob("*.tif"):
        (results / mask.name).write_bytes(mask.read_bytes())
    foreign = merge(out, tmp_path / "foreign", kind="labels", tiles=results)
    assert [failure.source for failure in foreign.failed] == ["a_0.tif", "a_2.tif"]
    (out / "labels" / "a_0_000.tif").unlink()
    own = merge(out, tmp_path / "own", kind="labels")
    assert [failure.source for failure in own.failed] == ["a_0.tif"]
    assert "a_0_000.tif" in own.failed[0].reason


@pytest.mark.parametrize("kind", ["values", "labels", "classes"])
def test_what_the_edge_policy_drop_leaves_out_is_told(tmp_path, kind):
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "a.tif", np.full((100, 128), 3, np.uint8))
    out = export(tmp_path / "images", tmp_path / "out", **PLAIN, **{"tiling.edge": "drop", "tiling.overlap_px": 0})
    report = merge(out, tmp_path / "merged", kind=kind)
    assert "the edge policy drop left 36 % of a.tif in no tile: 0 stands there" in report.warnings
    merged = tifffile.imread(report.files[0])
    assert merged[:64].all()
    assert not merged[64:].any()
    again = merge(out, tmp_path / "filled", missing=9).warnings
    assert again == ("the edge policy drop left 36 % of a.tif in no tile: 9 stands there",)


def test_masks_that_are_taken_for_labels_are_told(tmp_path, plain):
    rng = np.random.default_rng(0)
    masks = named_masks(plain, tmp_path / "masks", lambda pixels: np.uint8(pixels > 0.5) * 255)
    told = merge(plain, tmp_path / "of_masks", kind="labels", tiles=masks).warnings
    words = "its tiles hold one value, 255: masks rather than numbers of objects? use --kind classes"
    assert told == (*(f"cell_{i}.tif: {words}" for i in range(3)), "of 2 more images the same is to be said")
    several = named_masks(plain, tmp_path / "labels", lambda pixels: rng.integers(0, 3, pixels.shape).astype(np.uint8))
    for report in (
        merge(plain, tmp_path / "of_labels", kind="labels", tiles=several),
        merge(plain, tmp_path / "classes", kind="classes", tiles=masks),
    ):
        assert not any("one value" in message for message in report.warnings)


def test_masks_of_classes_are_told_once_where_the_layout_says_so(tmp_path):
    _, out = sparse(tmp_path, "pairs", **{"export.split": {"train": 0.5, "val": 0.5}})
    told = merge(out, tmp_path / "merged", kind="labels", missing=0).warnings
    (classes,) = [message for message in told if "classes" in message]
    assert "the masks of layout pairs hold classes rather than numbers of objects" in classes
    assert "use --kind classes" in classes


def test_objects_that_only_the_rim_of_a_tile_shows_are_counted(tmp_path):
    """Two tiles overlap by 40 px; one shows a speck there that it does not own, and the other shows nothing."""
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "a.tif", np.zeros((64, 88), np.uint8))
    out = export(tmp_path / "images", tmp_path / "out", **PLAIN, **{"tiling.overlap_px": 40})
    for kind in ("labels", "detections"):
        results = tmp_path / kind
        results.mkdir()
        for tile, boxes in {"a_000": [(10, 10, 20), (50, 30, 6)], "a_001": [(45, 10, 12)]}.items():
            pixels, rows = np.zeros((64, 64), np.uint8), []
            for number, (x, y, side) in enumerate(boxes, 1):
                pixels[y : y + side, x : x + side] = number
                rows.append(f"0 {(x + side / 2) / 64} {(y + side / 2) / 64} {side / 64} {side / 64}\n")
            if kind == "labels":
                tifffile.imwrite(results / f"{tile}.tif", pixels)
            else:
                (results / f"{tile}.txt").write_text("".join(rows))
        report = merge(out, tmp_path / f"{kind}_merged", kind=kind, tiles=results)
        assert report.counts == {"a.tif": 2}
        assert report.to_dict()["left_out"] == 1
        assert "1 object was left out that only the rim of a tile shows" in report.warnings


@pytest.mark.parametrize("name", ["tif", "zarr", "h5", "png"])
def test_a_merge_goes_on_where_it_was_stopped(tmp_path, name):
    out = export(make_folder(tmp_path / "images"), tmp_path / "out", "yolo", **{"tiling.size_px": 128})
    whole = merge(out, tmp_path / "whole", format=name)
    part = tmp_path / "part"
    part.mkdir()
    (part / whole.files[1].name).write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"cell_1\..* is there already and is never overwritten.*--skip-existing"):
        merge(out, part, format=name)
    report = merge(out, part, format=name, skip_existing=True)
    assert [path.name for path in report.files] == [f"cell_0.{name}", f"cell_2.{name}"]
    assert report.there_already == ("cell_1.tif",)
    assert (part / whole.files[1].name).read_bytes() == b"mine"
    for path in report.files if name in ("tif", "png") else ():
        np.testing.assert_array_equal(imread(path), imread(whole.files[0].parent / path.name))
    again = merge(out, part, format=name, skip_existing=True)
    assert (again.files, len(again.there_already)) == ((), 3)


@pytest.mark.parametrize("name", ["geojson", "coco", "yolo"])
def test_detections_go_on_with_the_same_numbers_of_classes(tmp_path, name):
    """Results name classes that the dataset does not know, in another order on the second image."""
    out = export(make_folder(tmp_path / "images", count=2), tmp_path / "out", "yolo", **{"tiling.size_px": 128})
    results = tmp_path / "results"
    results.mkdir()
    for stem, classes in (("cell_0_000", "ab"), ("cell_1_000", "ba")):
        shapes = [
            {"label": label, "points": [[9 + 40 * i, 9], [30 + 40 * i, 30]], "shape_type": "rectangle"}
            for i, label in enumerate(classes)
        ]
        content = {"version": "5", "shapes": shapes, "imagePath": f"{stem}.png", "imageHeight": 128, "imageWidth": 128}
        (results / f"{stem}.json").write_text(json.dumps(content))
    options = {"kind": "detections", "tiles": results, "format": name}
    whole = merge(out, tmp_path / "whole", **options)
    assert whole.counts == {"cell_0.tif": 2, "cell_1.tif": 2}
    part = tmp_path / "part"
    part.mkdir()
    if name != "coco":
        first = whole.files[0]
        (part / first.name).write_bytes(first.read_bytes())
        with pytest.raises(ExportError, match="--skip-existing"):
            merge(out, part, **options)
    report = merge(out, part, skip_existing=True, **options)
    assert report.there_already == (() if name == "coco" else ("cell_0.tif",))
    for path in whole.files:
        assert (part / path.name).read_bytes() == path.read_bytes()
    again = merge(out, part, skip_existing=True, **options)
    assert (again.files, len(again.there_already)) == ((), 2)


def test_a_full_disk_is_told_with_how_to_go_on(tmp_path):
    error = not_written(tmp_path / "a.tif", OSError(28, "No space left on device"))
    error.__cause__ = OSError(28, "No space left on device")
    assert str(with_way_on(error)).endswith(
        "then run this again with --skip-existing, which passes over what is there already"
    )
    assert with_way_on(ExportError("no permission")) is None


def test_places_that_cannot_be_are_told_before_anything_is_done(tmp_path, plain):
    (tmp_path / "afile").write_bytes(b"mine")
    for output in (tmp_path / "afile", tmp_path / "afile" / "below"):
        with pytest.raises(DatasetError, match="afile is a file: choose a folder"):
            merge(plain, output)
    assert (tmp_path / "afile").read_bytes() == b"mine"
    before = sorted(path.name for path in plain.iterdir())
    with pytest.raises(DatasetError, match=r"below/merged lies inside the dataset .*: choose another folder"):
        merge(plain, plain / "below" / "merged")
    assert sorted(path.name for path in plain.iterdir()) == before
    with pytest.raises(DatasetError, match=r"tiles\.csv is a file: name the dataset's folder"):
        merge(plain / "tiles.csv", tmp_path / "merged")


def test_a_format_that_holds_no_pixel_is_told_once(tmp_path, plain):
    with pytest.raises(DatasetError, match=r"^PNG holds no float32 pixels.*--denormalize.*--kind labels or classes"):
        merge(plain, tmp_path / "merged", format="png")
    assert not (tmp_path / "merged").exists()
    assert len(merge(plain, tmp_path / "merged", format="png", denormalize=True).files) == 5


def test_a_table_that_is_gone_is_told(tmp_path):
    out = export(make_folder(tmp_path / "images", count=1), tmp_path / "out")
    (out / "tiles.csv").unlink()
    with pytest.raises(DatasetError, match=r"out: tiles\.csv is missing"):
        merge(out, tmp_path / "merged")


def test_what_is_counted_and_renamed_has_a_line(tmp_path, tiles_creator):
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "a b.tif", label_image(0))
    tifffile.imwrite(tmp_path / "images" / "c.tif", label_image(1))
    out = export(tmp_path / "images", tmp_path / "out", **PLAIN)
    code, text, _ = tiles_creator("merge", out, tmp_path / "values")
    assert (code, text) == (0, f"a b.tif → a_b.tif\n2 images merged into {tmp_path / 'values'}\n")
    (tmp_path / "values" / "c.tif").unlink()
    code, text, _ = tiles_creator("merge", out, tmp_path / "values", "--skip-existing")
    assert (code, text) == (0, f"1 image merged into {tmp_path / 'values'}, 1 there already\n")
    code, text, _ = tiles_creator("merge", out, tmp_path / "values", "--skip-existing")
    assert (code, text) == (0, f"0 images merged into {tmp_path / 'values'}, 2 there already\n")
    code, text, _ = tiles_creator("merge", out, tmp_path / "objects", "--kind", "labels")
    merged = tifffile.imread(tmp_path / "objects" / "a_b.tif")
    assert text.splitlines()[0] == f"a b.tif → a_b.tif: {merged.max()} objects"
