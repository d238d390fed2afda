"""COCO JSON files: against the COCO API itself, and files that are none."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_api
from pycocotools.coco import COCO

from napari_tiles_creator.annotations.coco_json import read_coco
from napari_tiles_creator.annotations.rasterize import rasterized
from napari_tiles_creator.errors import AnnotationError, TilesError

SHAPE = 30, 40
IMAGE = {"id": 7, "file_name": "a.tif", "height": 30, "width": 40}
CATEGORIES = [{"id": 90, "name": "wide"}, {"id": 3, "name": "round"}]


def dataset(*annotations, images=(IMAGE,), categories=CATEGORIES):
    entries = [{"id": at, "image_id": 7, "category_id": 3, **a} for at, a in enumerate(annotations, 1)]
    return {"images": list(images), "annotations": entries, "categories": list(categories)}


def write(tmp_path, data):
    path = tmp_path / "all.json"
    path.write_bytes(data if isinstance(data, bytes) else json.dumps(data).encode())
    return path


def objects(tmp_path, *annotations, **parts):
    file = read_coco(write(tmp_path, dataset(*annotations, **parts)))
    return file.objects(file.images[0], SHAPE)


def test_categories_become_classes_by_ascending_id(tmp_path):
    data = dataset({"bbox": [0, 0, 2, 2], "category_id": 90}, {"bbox": [4, 4, 2, 2]})
    file = read_coco(write(tmp_path, data))
    assert file.class_names == ("round", "wide")
    found = file.objects(file.images[0], SHAPE)
    assert found.class_numbers.tolist() == [1, 0]
    assert found.source_numbers.tolist() == [1, 2]
    assert found.only_boxes.all()
    assert found is file.objects(file.images[0], SHAPE)


def test_each_image_gets_its_own(tmp_path):
    images = (IMAGE, {"id": "b", "file_name": ".\\sub\\b.tif"}, {"id": 0, "file_name": "c.tif"})
    data = dataset(
        {"bbox": [0, 0, 2, 2], "image_id": "b"}, {"bbox": [4, 4, 2, 2]}, {"bbox": [9, 9, 1, 1], "image_id": "b"},
        images=images,
    )  # fmt: skip
    file = read_coco(write(tmp_path, data))
    assert [image.file_name for image in file.images] == ["a.tif", "sub/b.tif", "c.tif"]
    found = [file.objects(image, SHAPE) for image in file.images]
    assert [o.source_numbers.tolist() for o in found] == [[2], [1, 3], []]


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.4, 0.9]), st.booleans())
def test_run_lengths_become_outlines_with_the_very_pixels(tmp_path_factory, seed, share, compressed):
    mask = np.random.default_rng(seed).random(SHAPE) < share
    rle = coco_api.encode(np.asfortranarray(mask.astype(np.uint8)))
    if compressed:
        segmentation = {"size": list(SHAPE), "counts": rle["counts"].decode()}
    else:
        edges = np.flatnonzero(np.diff(mask.T.ravel().astype(int), prepend=0))
        segmentation = {"size": list(SHAPE), "counts": np.diff([0, *edges.tolist(), mask.size]).tolist()}
    found = objects(tmp_path_factory.getbasetemp(), {"segmentation": segmentation, "iscrowd": 1})
    (geometry,) = found.geometries
    assert geometry.is_valid
    assert geometry.area == mask.sum()
    assert np.array_equal(rasterized(geometry, SHAPE), mask)
    assert found.notes == ("all.json: 1 with iscrowd, taken for one object each",)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools 2.0.11
@given(st.lists(st.tuples(*[st.integers(0, 20)] * 2, *[st.integers(1, 10)] * 2), min_size=1, max_size=4))
def test_pieces_that_overlap_are_united_as_the_api_unites_them(tmp_path_factory, rectangles):
    polygons = [[x, y, x + w, y, x + w, y + h, x, y + h] for x, y, w, h in rectangles]
    path = write(tmp_path_factory.getbasetemp(), dataset({"segmentation": polygons, "bbox": [0, 0, 1, 1]}))
    file = read_coco(path)
    (geometry,) = file.objects(file.images[0], SHAPE).geometries
    api = COCO(str(path))
    expected = api.annToMask(api.anns[1]).astype(bool)
    assert geometry.area == expected.sum()
    assert np.array_equal(rasterized(geometry, SHAPE), expected)


def test_polygons_are_no_boxes_and_boxes_are(tmp_path):
    triangle = [0, 0, 10, 0, 0, 10]
    found = objects(
        tmp_path, {"segmentation": [triangle]}, {"segmentation": triangle}, {"segmentation": [], "bbox": [1, 2.5, 3, 4]}
    )
    assert [g.area for g in found.geometries] == [50, 50, 12]
    assert found.only_boxes.tolist() == [False, False, True]
    assert found.geometries[2].bounds == (1, 2.5, 4, 6.5)


def test_what_has_no_area_is_left_out_with_a_note(tmp_path):
    found = objects(
        tmp_path, {"bbox": [1, 1, 0, 5]}, {"segmentation": [[1, 1, 5, 5]]}, {"segmentation": [[0, 0, 5, 5, 9, 9]]},
        {"bbox": [1, 1, 2, 2]}, {"segmentation": {"size": [30, 40], "counts": [1200]}},
    )  # fmt: skip
    assert found.source_numbers.tolist() == [4]
    assert found.notes == ("all.json: 4 annotations left out, for want of an area",)


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        ({}, r"\(id 2\): it has neither a segmentation nor a bbox"),
        ({"bbox": [1, 2, 3]}, "its bbox has 3 numbers"),
        ({"bbox": [1, 2, -3, 4]}, "its bbox has width and height -3 and 4"),
        ({"bbox": [1, 2, "3", 4]}, r"its bbox has \[1, 2, '3', 4\], which is no list of numbers"),
        ({"bbox": "1 2 3 4"}, "its bbox has 1 2 3 4, which is no list of numbers"),
        ({"bbox": [1, 2, 1e300, 4]}, "its bbox has 1e\\+300, which is no pixel"),
        ({"bbox": [1, 2, 10**400, 4]}, "its bbox has"),
        ({"segmentation": [[1, 2, 3, 4, 5]]}, "a polygon of 5 numbers"),
        ({"segmentation": [[1, 2, 3, 4, [5], 6]]}, "no list of numbers"),
        ({"segmentation": [[[1, 2], [3, 4], [5, 6]]]}, "no list of numbers"),
        ({"segmentation": "abc"}, "its segmentation is abc: polygons or run lengths are needed"),
        ({"segmentation": {"counts": [1200]}}, "its segmentation has the size None: the image is 30 × 40 px"),
        ({"segmentation": {"size": [40, 30], "counts": [1200]}}, r"has the size \[40, 30\]"),
        ({"segmentation": {"size": [30, 40]}}, "has no counts"),
        ({"segmentation": {"size": [30, 40], "counts": [7, 7]}}, "cannot be decoded: the counts .* do not add up"),
        ({"segmentation": {"size": [30, 40], "counts": "~~~"}}, "cannot be decoded"),
        ({"segmentation": {"size": [30, 40], "counts": "µ\ud800"}}, "cannot be decoded"),
        ({"segmentation": {"size": [30, 40], "counts": None}}, "cannot be decoded"),
        ({"segmentation": {"size": [30, 40], "counts": [10**30]}}, "cannot be decoded"),
        ({"bbox": [0, 0, 1, 1], "category_id": 4}, "category_id 4 is the id of no category"),
        ({"bbox": [0, 0, 1, 1], "category_id": None}, "category_id None"),
        ({"bbox": [0, 0, 1, 1], "category_id": True}, "category_id True"),
        ({"bbox": [0, 0, 1, 1], "category_id": [3]}, r"category_id \[3\]"),
    ],
)
def test_a_wrong_annotation_fails_its_image_alone(tmp_path, annotation, told):
    other = {"id": 8, "file_name": "b.tif"}
    data = dataset({"bbox": [0, 0, 1, 1], "image_id": 8}, annotation, images=(IMAGE, other))
    file = read_coco(write(tmp_path, data))
    for _ in range(2):  # the second time it is kept
        with pytest.raises(AnnotationError, match=rf"^all\.json: annotation 2 .*{told}.*\(image a\.tif\)$"):
            file.objects(file.images[0], SHAPE)
    assert len(file.objects(file.images[1], (9, 9))) == 1


def test_an_image_of_another_size(tmp_path):
    file = read_coco(write(tmp_path, dataset()))
    with pytest.raises(AnnotationError, match=r"says that a\.tif is 30 × 40 px high and wide, it is 40 × 30"):
        file.objects(file.images[0], (40, 30))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is no JSON"),
        (b"\x89PNG\r\n", "is no JSON"),
        (b"[1, 2", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"images": [NaN]}', "is no JSON: NaN is no number"),
        (b"9" * 5000, "is no JSON"),
        (b"[]", "is no COCO JSON: it must be an object with images, annotations, categories"),
        ([{"image_id": 1, "bbox": [1, 2, 3, 4]}], "is no COCO JSON"),
        ({}, "it has no list of images"),
        ({"images": {}, "categories": []}, "it has no list of images, but {}"),
        ({"images": [], "annotations": []}, "it has no list of categories"),
        ({"images": [], "categories": []}, "it has no list of annotations"),
        ({"images": [4], "annotations": [], "categories": []}, "number 1 of its images is 4, not an object"),
        (dataset(images=[{"file_name": "a"}]), "image 1: its id is missing"),
        (dataset(images=[{"id": 1}]), r"image 1 \(id 1\): its file_name is missing"),
        (dataset(images=[{"id": 1, "file_name": 5}]), r"image 1 \(id 1\): its file_name is 5"),
        (dataset(images=[IMAGE, IMAGE]), r"image 2: its id 7 is that of a\.tif, too"),
        (dataset(images=[IMAGE | {"height": 0}]), "image 1: its height and width are 0 and 40"),
        (dataset(images=[IMAGE | {"width": "40"}]), 'image 1: its height and width are 30 and "40"'),
        (dataset(images=[IMAGE | {"width": None}]), "image 1: its height and width are 30 and missing"),
        (dataset({"image_id": 99}), "annotation 1: image_id 99 is the id of no image"),
        (dataset({"image_id": [7]}), r"annotation 1: image_id \[7\] is the id of no image"),
        (dataset(categories=[{"id": "x", "name": "a"}]), 'category 1: its id is "x": a whole number is needed'),
        (dataset(categories=[{"id": 1}]), r"category 1 \(id 1\): its name is missing"),
        (dataset(categories=[{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]), "category 2: its id 1 is that of a"),
        (dataset(categories=[{"id": 1, "name": "a"}, {"id": 2, "name": "a"}]), r"category 2 \(id 2\): its name \"a\""),
    ],
)
def test_files_that_are_none_tell_why(tmp_path, data, told):
    with pytest.raises(AnnotationError, match=f"^all.json: .*{told}"):
        read_coco(write(tmp_path, data))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_encodings_that_json_allows(tmp_path, encoding):
    path = write(tmp_path, json.dumps(dataset({"bbox": [0, 0, 1, 1]})).encode(encoding))
    file = read_coco(path, "other/name.json")
    assert file.name == "other/name.json"
    assert len(file.objects(file.images[0], SHAPE)) == 1


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "size", "counts"]), inner),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["segmentation", "bbox", "category_id", "iscrowd", "id", "image_id"]), values))
def test_any_annotation_is_objects_or_a_sentence(tmp_path_factory, annotation):
    path = write(tmp_path_factory.getbasetemp(), dataset(annotation))
    told = ""
    try:
        file = read_coco(path)
        assert len(file.objects(file.images[0], SHAPE)) <= 1
    except TilesError as error:
        told = str(error)
    assert not told or (told.startswith("all.json: ") and len(told) < 400)
