"""COCO's JSON, as pycocotools reads it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools.coco import COCO

from drawn_tiles import boxed, drawn, offer, texts_of, written
from napari_tiles_creator.datasets.base import Finished, TilePlace
from napari_tiles_creator.datasets.coco import CocoLayout, CocoPolygonsLayout
from napari_tiles_creator.geometry.objects import Bounds, SeenObject, TileAnnotations
from napari_tiles_creator.geometry.run_lengths import RunLengths

# pycocotools 2.0.11 decodes into arrays of a form that numpy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")

CELLS = np.array([[0, 1, 1, 0], [2, 1, 1, 0], [2, 2, 0, 0]])


def read(text, tmp_path):
    file = tmp_path / "instances.json"
    file.write_text(text, encoding="ascii")
    return COCO(str(file))


@pytest.mark.parametrize(("split", "path"), [("val", "images/val/a.png"), ("", "images/a.png")])
def test_paths(split, path):
    assert CocoLayout().tile_path(TilePlace("a", ".png", split)) == path


def dataset(layout, *annotations, splits=("train", "val")):
    tiles = []
    for number, drawing in enumerate(annotations):
        split = splits[number % len(splits)] if splits else ""
        tiles.append(written(layout, TilePlace(f"a_{number:03d}", ".png", split), drawing, CELLS.shape))
    return Finished(tiles, ("cell", "Zellkörper"), splits, 1)


def test_a_file_a_split_with_numbers_from_1(tmp_path):
    nothing = drawn(np.zeros(CELLS.shape, int))
    texts = texts_of(CocoLayout(), dataset(CocoLayout(), drawn(CELLS, {2: 1}), nothing, nothing, drawn(CELLS)))
    assert list(texts) == ["annotations/instances_train.json", "annotations/instances_val.json"]
    train = read(texts["annotations/instances_train.json"], tmp_path)
    assert [image["file_name"] for image in train.dataset["images"]] == ["a_000.png", "a_002.png"]
    assert train.dataset["categories"] == [
        {"id": 1, "name": "cell", "supercategory": ""},
        {"id": 2, "name": "Zellkörper", "supercategory": ""},
    ]
    assert train.imgs[1] == {
        "id": 1, "file_name": "a_000.png", "width": 4, "height": 3,
        "source": "folder/a.tif", "x": 20, "y": 10, "tile": "images/train/a_000.png",
    }  # fmt: skip
    assert [(a["id"], a["image_id"], a["category_id"]) for a in train.dataset["annotations"]] == [(1, 1, 1), (2, 1, 2)]
    first = train.anns[1]
    assert (first["bbox"], first["area"], first["iscrowd"]) == ([1, 0, 2, 2], 4, 0)
    assert (first["source_id"], first["truncated"], first["visible"]) == (101, 1, 0.75)
    val = read(texts["annotations/instances_val.json"], tmp_path)
    assert [a["image_id"] for a in val.dataset["annotations"]] == [2, 2]


def test_without_a_split_there_is_one_file_and_without_tiles_it_is_valid(tmp_path):
    texts = texts_of(CocoLayout(), dataset(CocoLayout(), drawn(CELLS), splits=()))
    assert list(texts) == ["annotations/instances.json"]
    assert len(read(texts["annotations/instances.json"], tmp_path).anns) == 2
    assert json.loads(texts_of(CocoLayout(), Finished([], (), (), 1))["annotations/instances.json"])["images"] == []


@given(arrays(np.uint32, CELLS.shape, elements=st.integers(0, 3)))
def test_shapes_are_exact_to_the_pixel(tmp_path, instances):
    _, numbers = np.unique(np.append(instances, 0), return_inverse=True)
    instances = numbers[:-1].reshape(CELLS.shape)
    coco = read(
        texts_of(CocoLayout(), dataset(CocoLayout(), drawn(instances), splits=()))["annotations/instances.json"],
        tmp_path,
    )
    assert len(coco.anns) == instances.max()
    for number, annotation in coco.anns.items():
        mask = coco.annToMask(annotation)
        np.testing.assert_array_equal(mask, instances == number)
        y, x = np.nonzero(mask)
        assert annotation["bbox"] == [x.min(), y.min(), x.max() + 1 - x.min(), y.max() + 1 - y.min()]
        assert annotation["area"] == mask.sum()


def test_area_and_box_are_those_of_the_pixels_where_outlines_are_finer(tmp_path):
    pixels = np.zeros(CELLS.shape, bool)
    pixels[1, 1:3] = True
    seen = SeenObject(1, 1, 0, Bounds(0.75, 0.75, 2.25, 3.25), 3.1, runs=RunLengths.of_mask(pixels))
    texts = texts_of(CocoLayout(), dataset(CocoLayout(), TileAnnotations((seen,)), splits=()))
    annotation = read(texts["annotations/instances.json"], tmp_path).anns[1]
    assert (annotation["bbox"], annotation["area"]) == ([1, 1, 2, 1], 2)


def test_boxes_alone_have_no_shape(tmp_path):
    assert CocoLayout.masks_need_shapes
    texts = texts_of(CocoLayout(), dataset(CocoLayout(), boxed((1, 0.5, 1.25, 2, 3)), splits=()))
    annotation = read(texts["annotations/instances.json"], tmp_path).anns[1]
    assert annotation["segmentation"] == []
    assert (annotation["bbox"], annotation["area"], annotation["category_id"]) == ([1.25, 0.5, 1.75, 1.5], 2.625, 2)


def test_an_object_without_a_pixel_has_no_shape():
    seen = SeenObject(1, 1, 0, Bounds(0, 0, 0.1, 0.1), 0.01, runs=RunLengths.of_mask(np.zeros((3, 4))))
    assert CocoLayout().segmentation(TileAnnotations((seen,)), 1) == ""


def test_polygons_on_wish(tmp_path):
    layout = CocoPolygonsLayout()
    instances = np.zeros(CELLS.shape, int)
    instances[0, 0] = instances[1:3, 2:4] = 1
    texts = texts_of(layout, dataset(layout, drawn(instances), splits=()))
    coco = read(texts["annotations/instances.json"], tmp_path)
    assert layout.wanted.outlines
    assert all(len(ring) >= 6 and len(ring) % 2 == 0 for ring in coco.anns[1]["segmentation"])
    assert len(coco.anns[1]["segmentation"]) == 2
    np.testing.assert_array_equal(coco.annToMask(coco.anns[1]), instances)
    assert coco.anns[1]["bbox"] == [0, 0, 4, 3]


def test_refusals():
    assert CocoLayout().refusal(offer(splits=(), format="tif", is_ragged=True, classes=("µ",))) is None
    assert CocoLayout().refusal(offer(annotated=False)).field == "annotations.labels"
