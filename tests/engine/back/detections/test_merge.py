"""From label files of tiles, in every form, to those of whole images."""

import base64
import io
import json
import math
import re

import numpy as np
import pytest
import shapely
import tifffile
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from annotated_folder import make_annotated
from napari_tiles_creator import Recipe, make_plan, merge, run
from napari_tiles_creator.annotations.coco_json import read_coco
from napari_tiles_creator.annotations.geojson_objects import geojson_objects
from napari_tiles_creator.annotations.outlines import outline
from napari_tiles_creator.annotations.yolo_text import read_yolo
from napari_tiles_creator.engine.back.detections.rule import JoinRule
from napari_tiles_creator.engine.export.manifest import Manifest
from napari_tiles_creator.errors import AnnotationError, DatasetError, ExportError
from napari_tiles_creator.geometry.run_lengths import RunLengths

SHAPE = (150, 190)
# pycocotools 2.0.11 decodes into arrays of a form that numpy 2 warns of.
OF_PYCOCOTOOLS = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def export(folder, out, **changes):
    small = {
        "tiling.size_px": 64,
        "tiling.overlap_px": 20,
        "annotations.labels": str(folder / "masks"),
        "annotations.at_border": "keep",
        "annotations.min_visible": 0.0,
        "export.layout": "flat",
        "normalization.dtype": "uint8",
        "normalization.high": 255,
        "export.format": "png",
    }
    recipe = Recipe.preset("unet", source=folder / "images", output=out).changed(small | changes)
    list(run(make_plan(recipe)))
    return out


@pytest.fixture
def folder(tmp_path):
    """Two images of round objects whose bounds are apart, each 30 px or less, so that a tile shows some whole."""
    made = make_annotated(tmp_path / "data", 2)
    for number, path in enumerate(sorted((made / "masks").iterdir())):
        labels, rng = np.zeros(SHAPE, np.uint16), np.random.default_rng(number)
        y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
        for at in range(20):
            centre = 19 + 38 * (at // 5), 19 + 38 * (at % 5)
            radii = rng.uniform(3, 17, 2)
            labels[((y - centre[0]) / radii[0]) ** 2 + ((x - centre[1]) / radii[1]) ** 2 < 1] = at + 1
        tifffile.imwrite(path, labels)
    return made


def truth(folder, name="cell_0.tif"):
    """Return the outline of each object by its bounds."""
    labels = tifffile.imread(folder / "masks" / name)
    shapes = [outline(RunLengths.of_mask(labels == number)) for number in np.unique(labels)[1:]]
    return {shapely.bounds(shape).round().astype(int).tobytes(): shape for shape in shapes}


def assert_found(shapes, expected, *, outlines):
    """Each expected object is there once, at its place to a hundredth of a pixel."""
    assert len(shapes) == len(expected)
    for shape in shapes:
        bounds = shapely.bounds(shape)
        np.testing.assert_allclose(bounds, bounds.round(), atol=1e-2)
        true = expected[bounds.round().astype(int).tobytes()]
        assert shapely.is_valid(shape)
        if outlines:
            assert shapely.symmetric_difference(shape, true).area < 0.05 * math.sqrt(true.area)


def features(path):
    content = json.loads(path.read_text())
    return content["features"], [shapely.from_geojson(json.dumps(one["geometry"])) for one in content["features"]]


SPLIT = {"export.split": {"train": 0.5, "val": 0.5}}


@pytest.mark.parametrize(
    ("changes", "outlines"),
    [
        pytest.param({"export.layout": "flat"}, False, id="flat"),
        pytest.param({"export.layout": "yolo", **SPLIT}, False, id="yolo"),
        pytest.param({"export.layout": "yolo-segment", **SPLIT}, True, id="yolo-segment"),
        pytest.param({"export.layout": "coco", **SPLIT}, True, id="coco"),
        pytest.param({"tiling.size_px": 40, "tiling.overlap_px": 1}, False, id="overlap of 1 px"),
        pytest.param({"tiling.size_px": 17, "tiling.overlap_px": 5, "tiling.edge": "pad"}, False, id="small, padded"),
        pytest.param({"tiling.size_px": 50, "tiling.overlap_px": 7, "tiling.edge": "ragged"}, False, id="ragged"),
    ],
)
def test_a_dataset_s_own_labels_give_the_objects_back(folder, tmp_path, tiles_creator, changes, outlines):
    out = export(folder, tmp_path / "tiles", **changes)
    code, text, _ = tiles_creator("merge", out, tmp_path / "merged", "--kind", "detections", "--json")
    assert code == 0
    told = json.loads(text.splitlines()[-1])
    assert [*told["warnings"], *told["failed"]] == []
    for name in ("cell_0", "cell_1"):
        found, shapes = features(tmp_path / "merged" / f"{name}.geojson")
        assert_found(shapes, truth(folder, f"{name}.tif"), outlines=outlines)
        assert {one["properties"]["classification"]["name"] for one in found} == {"object"}
        assert "measurements" not in found[0]["properties"]
    assert sorted(path.name for path in (tmp_path / "merged").iterdir()) == ["cell_0.geojson", "cell_1.geojson"]


def test_at_source_scales_exactly(folder, tmp_path):
    calibrated = {"calibration.enabled": True, "calibration.scale": 2, "calibration.interpolation": "nearest"}
    out = export(folder, tmp_path / "tiles", **calibrated)
    merge(out, tmp_path / "calibrated", kind="detections", at="calibrated")
    merge(out, tmp_path / "source", kind="detections", at="source")
    (_, large), (_, shapes) = (features(tmp_path / at / "cell_0.geojson") for at in ("calibrated", "source"))
    assert_found(shapes, truth(folder), outlines=False)
    np.testing.assert_allclose(shapely.bounds(large), shapely.bounds(shapes) * 2, atol=1e-5)


def detections_of(rows):
    """Return YOLO's text of some boxes ``class x y x_stop y_stop [score]`` of a tile of 64 px."""
    text = ""
    for number, x, y, x_stop, y_stop, *score in rows:
        centre = (x + x_stop) / 128, (y + y_stop) / 128, (x_stop - x) / 64, (y_stop - y) / 64
        text += " ".join(map(str, (number, *centre, *score))) + "\n"
    return text


@pytest.fixture
def dataset(folder, tmp_path):
    return export(folder, tmp_path / "tiles")


@pytest.fixture
def results(tmp_path):
    made = tmp_path / "results"
    made.mkdir()
    return made


def test_results_with_scores_are_written_with_scores(dataset, results, tmp_path):
    # cell_0_000 shows x 0…64, cell_0_001 x 42…106 (shift: 150 × 190 in 4 × 4 tiles).
    second = next(row for row in Manifest.read(dataset).rows.values() if row.tile == "cell_0_001.png")
    x = int(second.x)
    (results / "cell_0_000.txt").write_text(detections_of([(0, 5, 5, 20, 20, 0.25), (1, 40, 30, 64, 50, 0.5)]))
    (results / "cell_0_001.txt").write_text(detections_of([(1, 40 - x + 4, 30, 40, 50, 0.75), (0, 50, 4, 60, 9, 0.1)]))
    rule = JoinRule(min_score=0.2)
    report = merge(dataset, tmp_path / "merged", tiles=results, kind="detections", format="yolo", join=rule)
    assert report.failed == ()
    (warning,) = [text for text in report.warnings if "no result" in text]
    tiles = len(Manifest.read(dataset).rows)
    assert warning.startswith(f"{tiles - 2} of {tiles} tiles have no result")
    found = read_yolo(tmp_path / "merged" / "cell_0.txt", SHAPE, scored=True)
    assert found.class_numbers.tolist() == [0, 1]
    assert found.scores.tolist() == [0.25, 0.75]
    np.testing.assert_allclose(shapely.bounds(found.geometries), [[5, 5, 20, 20], [40, 30, 40 + x, 50]], atol=2e-3)
    assert (tmp_path / "merged" / "cell_1.txt").read_text() == ""
    assert (tmp_path / "merged" / "classes.txt").read_text() == "object\nclass_1\n"


@OF_PYCOCOTOOLS
def test_coco_is_read_by_pycocotools_and_by_ourselves(folder, tmp_path, tiles_creator):
    out = export(folder, tmp_path / "tiles", **{"export.layout": "coco", **SPLIT})
    merged = tiles_creator("merge", out, tmp_path / "merged", "--kind", "detections", "--format", "coco")
    assert merged[0] == 0
    path = tmp_path / "merged" / "annotations.json"
    coco = COCO(str(path))
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == ["cell_0.tif", "cell_1.tif"]
    assert sorted(coco.anns) == list(range(1, len(coco.anns) + 1))
    for image in coco.loadImgs(coco.getImgIds()):
        assert (image["height"], image["width"]) == SHAPE
        labels = tifffile.imread(folder / "masks" / image["file_name"])
        masks = [coco.annToMask(one) for one in coco.loadAnns(coco.getAnnIds(image["id"]))]
        assert len(masks) == len(np.unique(labels)) - 1
        np.testing.assert_array_equal(sum(masks), labels > 0)
    read = read_coco(path)
    assert_found(read.objects(read.images[0], SHAPE).geometries, truth(folder), outlines=True)


def test_a_merged_coco_and_a_yolo_text_hold_the_same(folder, tmp_path):
    out = export(folder, tmp_path / "tiles", **{"export.layout": "yolo-segment", **SPLIT})
    merge(out, tmp_path / "coco", kind="detections", format="coco")
    merge(out, tmp_path / "yolo", kind="detections", format="yolo")
    coco = read_coco(tmp_path / "coco" / "annotations.json")
    first = coco.objects(coco.images[0], SHAPE)
    second = read_yolo(tmp_path / "yolo" / "cell_0.txt", SHAPE)
    assert len(first) == len(second) > 0
    assert shapely.area(shapely.symmetric_difference(first.geometries, second.geometries)).max() < 0.2


def test_a_coco_list_of_results_refers_to_the_dataset_s_images(folder, results, tmp_path):
    out = export(folder, tmp_path / "tiles", **{"export.layout": "coco", **SPLIT})
    own = {path.stem: json.loads(path.read_text()) for path in (out / "annotations").iterdir()}
    assert set(own) == {"instances_train", "instances_val"}
    for split, content in own.items():
        found = [
            {**{key: one[key] for key in ("image_id", "category_id", "bbox", "segmentation")}, "score": 0.625}
            for one in content["annotations"]
        ]
        (results / f"predictions_{split.partition('_')[2]}.json").write_text(json.dumps(found))
    merge(out, tmp_path / "merged", tiles=results, kind="detections")
    for name in ("cell_0", "cell_1"):
        found, shapes = features(tmp_path / "merged" / f"{name}.geojson")
        assert_found(shapes, truth(folder, f"{name}.tif"), outlines=True)
        assert {one["properties"]["measurements"]["score"] for one in found} == {0.625}


def test_a_coco_list_may_name_tiles_as_ultralytics_does(dataset, tmp_path):
    results = tmp_path / "predictions.json"
    found = [{"image_id": "cell_0_000", "category_id": 1, "bbox": [5, 6, 7, 8], "score": 0.5}]
    results.write_text(json.dumps(found))
    merge(dataset, tmp_path / "merged", tiles=results, kind="detections")
    ((feature,), (shape,)) = features(tmp_path / "merged" / "cell_0.geojson")
    assert shape.bounds == (5, 6, 12, 14)
    assert feature["properties"] == {
        "objectType": "detection",
        "classification": {"name": "object", "color": [230, 159, 0]},
        "measurements": {"score": 0.5},
        "metadata": {"shape": "box"},
    }


RING = [[10.0, 10.0], [50.0, 10.0], [50.0, 50.0], [10.0, 50.0]]
HOLE = [[20.0, 20.0], [30.0, 20.0], [30.0, 30.0], [20.0, 30.0]]


def labeller_ring(points):
    return [{"x": x, "y": y} for x, y in points]


@pytest.mark.parametrize(
    ("name", "content", "score"),
    [
        pytest.param(
            "cell_0_000__labels.json",
            {
                "image_filename": "cell_0_000.png",
                "completed_tasks": [],
                "labels": [
                    {
                        "label_type": "polygon",
                        "object_id": "1__1",
                        "label_class": "axon",
                        "source": "auto",
                        "anno_data": {},
                        "regions": [labeller_ring(RING), labeller_ring(HOLE)],
                    },
                    {"label_type": "point", "label_class": "axon", "position": {"x": 1, "y": 2}},
                ],
            },
            None,
            id="django-labeller",
        ),
        pytest.param(
            "cell_0_000.geojson",
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": "Polygon", "coordinates": [[*RING, RING[0]], [*HOLE, HOLE[0]]]},
                        "properties": {"classification": {"name": "axon"}, "measurements": {"Score": 0.75}},
                    },
                    {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {}},
                ],
            },
            0.75,
            id="geojson",
        ),
    ],
)
def test_polygons_with_holes_of_named_classes(dataset, results, tmp_path, name, content, score):
    (results / name).write_text(json.dumps(content))
    report = merge(dataset, tmp_path / "merged", tiles=results, kind="detections")
    ((feature,), (shape,)) = features(tmp_path / "merged" / "cell_0.geojson")
    assert shape.equals(shapely.Polygon(RING, [HOLE]))
    assert feature["properties"]["classification"]["name"] == "axon"
    assert feature["properties"].get("measurements", {}).get("score") == score
    assert any(name in text and "want of an area: 1" in text for text in report.warnings)


def test_labelme_shapes_of_every_kind(dataset, results, tmp_path):
    png = io.BytesIO()
    Image.fromarray(np.array([[0, 255], [255, 255], [255, 0]], np.uint8)).save(png, "PNG")
    shapes = [
        {"label": "cell", "shape_type": "polygon", "points": [[10, 10], [30, 10], [10, 30]], "score": 0.5},
        {"label": "cell", "shape_type": "rectangle", "points": [[50, 40], [35, 30]]},
        {"label": "disk", "shape_type": "circle", "points": [[20, 45], [20, 50]]},
        {
            "label": "cell",
            "shape_type": "mask",
            "points": [[5, 3], [6, 5]],
            "mask": base64.b64encode(png.getvalue()).decode(),
        },
    ]
    content = {"version": "6.3.1", "shapes": shapes, "imagePath": "a.png", "imageHeight": 64, "imageWidth": 64}
    (results / "cell_0_000.json").write_text(json.dumps(content))
    merge(dataset, tmp_path / "merged", tiles=results, kind="detections")
    found, there = features(tmp_path / "merged" / "cell_0.geojson")
    assert [one["properties"]["classification"]["name"] for one in found] == ["cell", "cell", "disk", "cell"]
    assert [shape.bounds for shape in there] == [(10, 10, 30, 30), (35, 30, 50, 40), (15, 40, 25, 50), (5, 3, 7, 6)]
    assert [round(shape.area) for shape in there] == [200, 150, 79, 4]


def test_classes_txt_of_the_results_tells_what_their_numbers_mean(dataset, results, tmp_path):
    (results / "classes.txt").write_text("dead\nobject\n")
    (results / "cell_0_000.txt").write_text(detections_of([(0, 5, 5, 20, 20), (1, 30, 5, 40, 20)]))
    merge(dataset, tmp_path / "merged", tiles=results, kind="detections", format="yolo")
    found = read_yolo(tmp_path / "merged" / "cell_0.txt", SHAPE)
    assert (tmp_path / "merged" / "classes.txt").read_text() == "object\ndead\n"
    assert found.class_numbers.tolist() == [1, 0]


def test_results_that_cannot_be_understood_fail_their_source_alone(dataset, results, tmp_path):
    (results / "cell_0_000.txt").write_text("0 0.5 0.5 0.1 0.1\n0 0.5 0.5 12 0.1\n")
    (results / "cell_1_000.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    report = merge(dataset, tmp_path / "merged", tiles=results, kind="detections")
    (failure,) = report.failed
    assert failure.source == "cell_0.tif"
    assert "cell_0_000.txt, line 2: '12' is outside 0…1" in failure.reason
    assert [path.name for path in report.files] == ["cell_1.geojson"]


@pytest.mark.parametrize("file_format", ["geojson", "coco", "yolo"])
def test_nothing_is_overwritten_and_nothing_is_left_behind(dataset, tmp_path, file_format):
    target = tmp_path / "merged"
    files = merge(dataset, target, kind="detections", format=file_format).files
    before = {path: path.read_bytes() for path in target.iterdir()}
    assert set(files) == set(before)
    with pytest.raises(ExportError, match="is there already"):
        merge(dataset, target, kind="detections", format=file_format)
    assert {path: path.read_bytes() for path in target.iterdir()} == before
    again = merge(dataset, tmp_path / "again", kind="detections", format=file_format).files
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in files]


def test_a_folder_without_any_result_is_refused(dataset, results, tmp_path):
    (results / "another.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DatasetError, match=r"holds no result of any tile, such as cell_0_000\.png"):
        merge(dataset, tmp_path / "merged", tiles=results, kind="detections")
    assert not (tmp_path / "merged").exists()


def test_planes_of_a_stack_are_written_apart(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "results").mkdir()
    stack = np.zeros((3, 70, 80), np.uint8)
    tifffile.imwrite(tmp_path / "images" / "a.tif", stack, imagej=True, metadata={"axes": "ZYX"})
    recipe = Recipe.preset("unet", source=tmp_path / "images", output=tmp_path / "tiles")
    list(run(make_plan(recipe.changed({"tiling.size_px": 64, "tiling.overlap_px": 20, "normalization.scope": "none"}))))
    for row in Manifest.read(tmp_path / "tiles").rows.values():
        if row.row == row.column == "0" and row.z != "1":
            name = row.tile.rpartition(".")[0]
            (tmp_path / "results" / f"{name}.txt").write_text(detections_of([(0, 5, 5, 20 + int(row.z), 20)]))
    for file_format in ("geojson", "yolo", "coco"):
        merge(
            tmp_path / "tiles",
            tmp_path / file_format,
            tiles=tmp_path / "results",
            kind="detections",
            format=file_format,
        )
    found, shapes = features(tmp_path / "geojson" / "a.geojson")
    assert [(one["geometry"]["plane"]["z"], shape.bounds[2]) for one, shape in zip(found, shapes, strict=True)] == [
        (0, 20),
        (2, 22),
    ]
    texts = {path.name: path.read_text().count("\n") for path in (tmp_path / "yolo").iterdir()}
    assert texts == {"a_z000.txt": 1, "a_z001.txt": 0, "a_z002.txt": 1, "classes.txt": 1}
    coco = json.loads((tmp_path / "coco" / "annotations.json").read_text())
    assert [image["file_name"] for image in coco["images"]] == ["a_z000.tif", "a_z001.tif", "a_z002.tif"]
    assert [one["image_id"] for one in coco["annotations"]] == [1, 3]


def test_merged_geojson_reads_back_as_it_was(folder, tmp_path):
    out = export(folder, tmp_path / "tiles", **{"export.layout": "yolo-segment", **SPLIT})
    merge(out, tmp_path / "merged", kind="detections")
    content = json.loads((tmp_path / "merged" / "cell_0.geojson").read_text())
    read = geojson_objects(content, "cell_0.geojson")
    assert_found(read.objects.geometries, truth(folder), outlines=True)
    assert not read.objects.only_boxes.any()
    assert len({feature["id"] for feature in content["features"]}) == len(content["features"])
    with pytest.raises(AnnotationError, match="feature 1: its geometry"):
        geojson_objects({"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[1]]}}, "a")


@OF_PYCOCOTOOLS
def test_pycocotools_decodes_a_hole(tmp_path, dataset, results):
    shape = shapely.Polygon(RING, [HOLE])
    feature = {"type": "Feature", "geometry": shapely.geometry.mapping(shape), "properties": {}}
    (results / "cell_0_000.geojson").write_text(json.dumps(feature))
    merge(dataset, tmp_path / "merged", tiles=results, kind="detections", format="coco")
    (one,) = json.loads((tmp_path / "merged" / "annotations.json").read_text())["annotations"]
    decoded = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(one["segmentation"], *SHAPE)))
    assert decoded.sum() == pytest.approx(shape.area, abs=2)
    assert one["area"] == shape.area == 1500


BOX = {"category_id": 1, "bbox": [5, 6, 7, 8]}
WHOLE = {
    "images": [{"id": 5, "file_name": "cell_0_000.png"}],
    "categories": [{"id": 1, "name": "object"}],
    "annotations": [{"id": 1, "image_id": 5, **BOX}],
}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.json": [{"image_id": 3, **BOX}]}, "a.json: is a list of results by numbers of images"),
        ({"a.json": WHOLE, "b.json": WHOLE}, "a.json and b.json each have an image cell_0_000.png"),
        ({"a.json": {"some": "thing"}}, "holds no result of any tile"),
        ({"a.json": {**WHOLE, "annotations": [{"image_id": 7}]}}, "image_id 7 is the id of no image"),
    ],
)
def test_coco_files_that_tell_nothing_are_refused(dataset, results, tmp_path, files, words):
    for name, content in files.items():
        (results / name).write_text(json.dumps(content))
    with pytest.raises((AnnotationError, DatasetError), match=re.escape(words)):
        merge(dataset, tmp_path / "merged", tiles=results, kind="detections")
    assert not (tmp_path / "merged").exists()


def test_a_list_that_may_refer_to_several_files_asks_for_the_split(folder, results, tmp_path):
    out = export(folder, tmp_path / "tiles", **{"export.layout": "coco", **SPLIT})
    (results / "found.json").write_text(json.dumps([{"image_id": 1, **BOX}]))
    with pytest.raises(AnnotationError, match=r"such as found_val\.json"):
        merge(out, tmp_path / "merged", tiles=results, kind="detections")


def test_a_file_that_is_no_result_fails_its_source(dataset, results, tmp_path):
    (results / "cell_0_000.json").write_text('{"a": 1}')
    (failure,) = merge(dataset, tmp_path / "merged", tiles=results, kind="detections").failed
    assert failure.reason.startswith("cell_0_000.json: is neither GeoJSON nor JSON as LabelMe")


def test_a_number_without_a_name_fails_its_source(dataset, results, tmp_path):
    (results / "classes.txt").write_text("object\n")
    (results / "cell_0_000.txt").write_text(detections_of([(0, 5, 5, 20, 20), (2, 5, 5, 20, 20)]))
    (failure,) = merge(dataset, tmp_path / "merged", tiles=results, kind="detections").failed
    assert "cell_0_000.txt, line 2: class 2 has no name" in failure.reason
