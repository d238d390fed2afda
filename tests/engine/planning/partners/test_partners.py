"""What is drawn on each image of real folders: found, missing, doubtful, wrong, changed."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
import tifffile
from PIL import Image

from napari_tiles_creator import Recipe
from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
from napari_tiles_creator.engine.planning.partners.label_files import without_label_images
from napari_tiles_creator.engine.planning.partners.partners import find_partners
from napari_tiles_creator.engine.planning.resolve import resolve_image
from napari_tiles_creator.engine.planning.scan import Scanned, scan
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.folder import Found

SHAPE = 40, 50


def write(path: Path, pixels=None, **how):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.zeros(SHAPE, np.uint8) if pixels is None else pixels
    if path.suffix == ".npy":
        np.save(path, pixels)
    elif path.suffix == ".tif":
        tifffile.imwrite(path, pixels, **({"photometric": "minisblack"} | how))
    else:
        Image.fromarray(pixels).save(path)
    return path


def text(path: Path, content: str = ""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def coco(path: Path, names, annotations=(), **image):
    data = {
        "images": [{"id": at, "file_name": name, **image} for at, name in enumerate(names)],
        "annotations": [{"id": at, **entry} for at, entry in enumerate(annotations)],
        "categories": [{"id": 5, "name": "cell"}, {"id": 2, "name": "dirt"}],
    }
    return text(path, json.dumps(data))


@pytest.fixture
def root(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / "images" / f"{name}.tif")
    return tmp_path


def plans(root, media=None, **fields):
    recipe = Recipe.of({"media": {"folder": str(root / "images")} | (media or {}), **fields})
    return [resolve_image(recipe, item) for item in without_label_images(recipe, list(scan(recipe.media)))]


def partners(root, media=None, given=None, drawn=None, known=(), **annotations):
    annotations = {
        field: str(root / value) if field in ("labels", "boxes") and ":" not in value else value
        for field, value in annotations.items()
    }
    recipe = Recipe.of({"annotations": annotations})
    images = plans(root, media, annotations=annotations)
    return find_partners(recipe.annotations, images, given, drawn, known)


def reason(found, name="a.tif"):
    return found.problems[name]


def test_label_images_are_found_and_their_headers_read(root):
    write(root / "masks" / "a.png")
    write(root / "masks" / "b_Mask.npy", np.zeros(SHAPE, np.float64))  # whole numbers, as some programs write them
    found = partners(root, labels="masks")
    assert not found.problems
    assert found.warnings == []
    assert found.classes == ("object",)
    assert found.has_labels
    assert found.has_shapes
    a, b = found.of("a.tif"), found.of("b.tif")
    assert a.labels.path == root / "masks" / "a.png"
    assert a.names == ("a.png",)
    assert a.files == (root / "masks" / "a.png",)
    assert b.labels.dtype == np.float64
    assert b.names == ("b_Mask.npy",)
    assert found.of("nothing.tif") is None
    assert a.fingerprints[0]["path"] == "a.png"


def test_missing_doubtful_and_extra_label_images_are_named(root):
    for name in ("b.tif", "b_mask.tif", "c.tif", "d_mask.tif"):
        write(root / "masks" / name)
    found = partners(root, labels="masks")
    assert reason(found) == (
        "no label image for a.tif in masks: a.tif or a_mask.tif is missing (an image without objects needs one of 0 "
        "alone)",
        "annotations.labels",
    )
    assert reason(found, "b.tif")[0] == "2 label images for b.tif in masks: b.tif, b_mask.tif: leave only one there"
    assert found.warnings == ["label images without an image: c.tif, d_mask.tif"]
    assert partners(root, labels="masks", known=["c.png", "d.tif"]).warnings == []


CHANNELS, PLANES = ({"metadata": {"axes": axes}, "ome": True} for axes in ("CYX", "ZYX"))


@pytest.mark.parametrize(
    ("name", "pixels", "how", "told"),
    [
        ("a.tif", np.zeros((40, 51), np.uint8), {}, "a.tif: is 40 × 51 px high and wide, its image a.tif 40 × 50"),
        ("a.png", np.zeros((*SHAPE, 3), np.uint8), {}, "a.png: holds red, green and blue: a label image has one num"),
        ("a.jpg", np.zeros(SHAPE, np.uint8), {}, "a.jpg: JPEG changes the values of labels"),
        ("a.tif", np.zeros((2, *SHAPE), np.uint8), CHANNELS, "a.tif: holds 2 channels"),
        ("a.tif", np.zeros((3, *SHAPE), np.uint8), PLANES, "a.tif: has 3 planes along Z"),
    ],
)  # fmt: skip
def test_label_images_that_do_not_fit_tell_why(root, name, pixels, how, told):
    write(root / "masks" / name, pixels, **how)
    why, field = reason(partners(root, labels="masks"))
    assert why.startswith(told)
    assert field == "annotations.labels"


def test_damaged_label_images_tell_why(root):
    text(root / "masks" / "a.tif", "nonsense")
    assert reason(partners(root, labels="masks"))[0].startswith("a.tif cannot be read")


def test_labels_of_stacks(root):
    stack = {"metadata": {"axes": "ZYX"}, "ome": True}
    write(root / "images" / "a.tif", np.zeros((3, *SHAPE), np.uint8), **stack)
    write(root / "masks" / "b.tif")
    write(root / "masks" / "a.tif")
    assert reason(partners(root, labels="masks"))[0] == (
        "a.tif: has 1 plane along Z, its image a.tif has 3: each plane needs labels of its own"
    )
    for z in (1, "max"):  # one plane of the image, one of labels
        images = plans(root, {"z": z, "exclude": ["b.tif"]})
        annotations = Recipe.of({"annotations": {"labels": str(root / "masks")}}).annotations
        assert not find_partners(annotations, images).problems
    write(root / "masks" / "a.tif", np.zeros((3, *SHAPE), np.uint8), **stack)
    assert not partners(root, labels="masks").problems
    write(root / "masks" / "a.npy", np.zeros((3, *SHAPE), np.uint8))  # does not tell what its axes are
    (root / "masks" / "a.tif").unlink()
    assert partners(root, labels="masks").of("a.tif").labels.axes == "ZYX"


def test_labels_beside_the_images_are_no_images(root):
    write(root / "images" / "a_mask.tif")
    write(root / "images" / "b-labels.png")
    found = partners(root, labels="images")
    assert {name: partner.names for name, partner in found.by_image.items()} == {
        "a.tif": ("a_mask.tif",), "b.tif": ("b-labels.png",),
    }  # fmt: skip
    assert not found.problems
    assert not found.warnings
    (root / "images" / "a_mask.tif").unlink()
    assert reason(partners(root, labels="images"))[0].startswith("no label image for a.tif in images")


def test_a_folder_of_labels_among_the_images(root):
    write(root / "images" / "masks" / "a.tif")
    write(root / "images" / "masks" / "b.tif")
    found = partners(root, {"recursive": True}, labels="images/masks")
    assert list(found.by_image) == ["a.tif", "b.tif"]
    assert not found.problems
    # The other way round: images in the folder of labels are images all the same.
    write(root / "a.tif")
    assert list(partners(root, labels=".").by_image) == ["a.tif", "b.tif"]


def test_folders_of_images_and_labels_correspond(root):
    for day in ("1", "2"):
        write(root / "images" / day / "c.tif")
        write(root / "masks" / day / "c.tif", np.zeros(SHAPE, np.uint8))
    write(root / "masks" / "a.tif")
    write(root / "masks" / "b.tif")
    found = partners(root, {"recursive": True}, labels="masks")
    assert found.of("2/c.tif").names == ("2/c.tif",)
    assert found.of("2/c.tif").labels.path == root / "masks" / "2" / "c.tif"
    assert not found.problems


def test_one_file_for_one_image(root):
    write(root / "any.tif")
    with pytest.raises(RecipeError, match=r"annotations\.labels: .*any\.tif is one file, there are 2 images"):
        partners(root, labels="any.tif")
    assert partners(root, {"pattern": "a*"}, labels="any.tif").of("a.tif").names == ("any.tif",)
    text(root / "any.txt", "0 0.5 0.5 0.5 0.5")
    with pytest.raises(RecipeError, match=r"annotations\.boxes: .*any\.txt is one text, there are 2 images"):
        partners(root, boxes="any.txt")
    assert len(partners(root, {"pattern": "a*"}, boxes="any.txt").of("a.tif").objects) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"labels": "nowhere"}, "annotations.labels: .*nowhere: no such folder or file"),
        ({"labels": "texts"}, "annotations.labels: .*texts: holds no image"),
        ({"boxes": "nowhere"}, "annotations.boxes: .*nowhere: no such folder or file"),
        ({"boxes": "images"}, "annotations.boxes: .*images holds no text"),
        ({"boxes": "images/a.tif"}, "annotations.boxes: .* is neither a folder of YOLO texts"),
        ({"boxes": "bad.json"}, "annotations.boxes: bad.json: is no JSON"),
        ({"boxes": "texts", "classes": "nowhere.txt"}, "annotations.classes: nowhere.txt: cannot be read"),
        ({"labels": "napari:layers"}, "annotations.labels: napari:layers: open layers exist only in napari"),
        ({"boxes": "napari:layers"}, "annotations.boxes: napari:layers: open layers exist only in napari"),
    ],
)
def test_wrong_paths_are_errors_of_the_field(root, fields, told):
    text(root / "texts" / "a.txt")
    text(root / "bad.json", "{")
    with pytest.raises(RecipeError, match=told):
        partners(root, **fields)


def test_texts_are_found_and_counted(root):
    text(root / "labels" / "a.txt", "0 0.5 0.5 0.5 0.5\n2 0.1 0.1 0.1 0.1\n")
    text(root / "labels" / "b.txt")
    text(root / "labels" / "classes.txt", "x\ny\nz\n")
    found = partners(root, boxes="labels")
    assert not found.problems
    assert found.warnings == []
    assert found.classes == ("x", "y", "z")
    assert not found.has_shapes
    assert not found.has_labels
    assert found.of("a.tif").objects.geometries[0].bounds == (12.5, 10, 37.5, 30)
    assert len(found.of("b.tif").objects) == 0
    (fingerprint,) = found.of("a.tif").fingerprints
    assert fingerprint["path"] == "a.txt"
    text(root / "labels" / "a.txt", "0 0.5 0.5 0.5 0.5\n1 0.1 0.1 0.1 0.1\n")
    os.utime(root / "labels" / "a.txt", ns=(1, 1))
    assert partners(root, boxes="labels").of("a.tif").fingerprints != [fingerprint]


def test_missing_extra_and_wrong_texts_are_named(root):
    text(root / "labels" / "b.txt", "0 1 2")
    text(root / "labels" / "c.txt")
    text(root / "labels" / "README.txt")
    found = partners(root, boxes="labels")
    assert reason(found) == (
        "no text for a.tif in labels: write an empty a.txt if nothing is drawn on it, or leave the image out "
        "(media.exclude)",
        "annotations.boxes",
    )
    assert reason(found, "b.tif")[0].startswith("b.txt, line 1: has 3 columns")
    assert found.warnings == ["annotations without an image: c.txt"]


def test_a_link_that_leads_nowhere_fails_its_image_alone(root):
    text(root / "labels" / "b.txt")
    (root / "labels" / "a.txt").symlink_to(root / "gone.txt")
    write(root / "masks" / "b.tif")
    (root / "masks" / "a.tif").symlink_to(root / "gone.tif")
    assert partners(root, boxes="labels").problems == {
        "a.tif": ("a.txt: cannot be read: No such file or directory", "annotations.boxes")
    }
    assert partners(root, labels="masks").problems == {
        "a.tif": ("a.tif: the file is not there any more", "annotations.labels")
    }


def test_a_folder_is_called_by_its_name_whatever_the_path(root, monkeypatch):
    (root / "texts").mkdir()
    text(root / "texts" / "x.txt")
    monkeypatch.chdir(root / "texts")
    images = plans(root)
    annotations = Recipe.of({"annotations": {"boxes": "."}}).annotations
    assert find_partners(annotations, images).problems["a.tif"][0].startswith("no text for a.tif in texts: ")


def test_what_is_read_is_kept_until_the_file_changes(root):
    path = text(root / "labels" / "a.txt", "0 0.5 0.5 0.5 0.5")
    text(root / "labels" / "b.txt")
    first = partners(root, boxes="labels").of("a.tif").objects
    assert partners(root, boxes="labels").of("a.tif").objects is first
    path.write_text("0 0.5 0.5 0.5 0.5\n0 0.5 0.5 0.2 0.2")
    assert len(partners(root, boxes="labels").of("a.tif").objects) == 2


def test_names_of_classes(root):
    text(root / "labels" / "a.txt", "# first\n0 0.5 0.5 0.5 0.5\n3 0.5 0.5 0.5 0.5\n")
    text(root / "labels" / "b.txt", "1 0.5 0.5 0.5 0.5\n")
    assert partners(root, boxes="labels").classes == ("class_0", "class_1", "class_2", "class_3")
    found = partners(root, boxes="labels", classes=["x", "y"])
    assert found.classes == ("x", "y")
    assert found.problems == {
        "a.tif": (
            "a.txt, line 3: class 3 has no name, there are 2: 0 x, 1 y; name it (annotations.classes), or correct the "
            "file",
            "annotations.classes",
        )
    }
    text(root / "names.txt", "p\nq\nr\ns\n")
    assert partners(root, boxes="labels", classes=str(root / "names.txt")).classes == ("p", "q", "r", "s")
    text(root / "classes.txt", "k\nl\nm\nn\no\n")  # beside the folder, as Label Studio has it
    assert partners(root, boxes="labels").classes == ("k", "l", "m", "n", "o")
    text(root / "classes.txt", "k\nk\n")
    with pytest.raises(RecipeError, match=r"annotations\.boxes: classes\.txt, line 2: names 'k' twice"):
        partners(root, boxes="labels")


BOX = {"bbox": [5, 5, 10, 10]}
TRIANGLE = {"segmentation": [[0, 0, 10, 0, 0, 10]]}


def test_coco(root):
    coco(root / "all.json", ["train/a.tif", "b.png", "c.tif"], [{"image_id": 0, "category_id": 5, **BOX}])
    found = partners(root, boxes="all.json")
    assert not found.problems
    assert found.classes == ("dirt", "cell")
    assert found.of("a.tif").objects.class_numbers.tolist() == [1]
    assert len(found.of("b.tif").objects) == 0
    assert found.of("b.tif").names == ("all.json",)
    assert found.warnings == ["annotations without an image: c.tif"]
    assert partners(root, boxes="all.json", known=["c.tif"]).warnings == []


def test_names_that_are_given_order_the_categories(root):
    annotations = [{"image_id": 0, "category_id": 5, **BOX}, {"image_id": 0, "category_id": 2, **TRIANGLE}]
    coco(root / "all.json", ["a.tif", "b.tif"], annotations)
    found = partners(root, boxes="all.json", classes=["cell", "vessel", "dirt"])
    assert found.of("a.tif").objects.class_numbers.tolist() == [0, 2]
    found = partners(root, boxes="all.json", classes=["DIRT", "Cell"])  # whatever the case
    assert found.of("a.tif").objects.class_numbers.tolist() == [1, 0]
    assert found.has_shapes
    assert found.warnings == ["of 1 of 2 objects boxes alone are known: as shapes they are filled"]


@pytest.mark.parametrize("classes", [["one", "two"], ["cell"], ["cell", "dirts"], ["cell", "Dirt", "DIRT"]])
def test_categories_that_no_given_name_means_are_refused(root, classes):
    """Never taken by their place: a name that is misspelt would swap all of them."""
    annotations = [{"image_id": 0, "category_id": 5, **BOX}, {"image_id": 0, "category_id": 2, **TRIANGLE}]
    coco(root / "all.json", ["a.tif", "b.tif"], annotations)
    with pytest.raises(RecipeError, match=r"the annotations have a class '(dirt|cell)', which is none of them"):
        partners(root, boxes="all.json", classes=classes)


def test_categories_of_which_nothing_is_drawn_need_no_name(root):
    coco(root / "all.json", ["a.tif", "b.tif"], [{"image_id": 0, "category_id": 5, **BOX}])
    found = partners(root, boxes="all.json", classes=["vessel", "cell"])
    assert found.of("a.tif").objects.class_numbers.tolist() == [1]


def test_background_is_no_class_of_a_label_image(root):
    write(root / "masks" / "a.tif")
    with pytest.raises(RecipeError, match="0 is the background of a label image: leave Background out"):
        partners(root, labels="masks", classes=["Background", "cell"])


def test_two_images_never_share_a_label_image_unnoticed(root):
    (root / "images" / "b.tif").unlink()
    write(root / "images" / "a.png", np.zeros(SHAPE, np.uint8))
    write(root / "masks" / "a.tif")
    found = partners(root, labels="masks")
    assert found.of("a.tif").labels is not None
    assert reason(found, "a.png")[0].startswith("no label image for a.png")
    (root / "masks" / "a.tif").rename(root / "masks" / "a_mask.tif")
    found = partners(root, labels="masks")
    for name in ("a.tif", "a.png"):
        assert reason(found, name)[0].startswith(f"a_mask.tif may belong to {name} or to another image of that name")


def test_composed_and_decomposed_accents_are_one_name(root):
    """As macOS and everybody else write them."""
    write(root / "images" / "u\u0308x.tif", np.zeros(SHAPE, np.uint8))
    write(root / "masks" / "\u00fcx.tif")
    found = partners(root, labels="masks")
    assert found.of("u\u0308x.tif").labels is not None


def test_one_pixel_of_a_label_image_makes_another_fingerprint(root):
    labels = np.zeros((400, 500), np.uint16)
    write(root / "images" / "a.tif", np.zeros(labels.shape, np.uint8))
    prints = set()
    for place in (None, (77, 201), (78, 201)):
        changed = labels.copy()
        if place:
            changed[place] = 1
        write(root / "masks" / "a.tif", changed)
        prints.add(str(partners(root, labels="masks").of("a.tif").fingerprints))
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("names", "image", "told"),
    [
        (["b.tif"], {}, "a.tif is not listed in all.json: add it to its images if nothing is drawn on it"),
        (["x/a.tif", "y/a.tif", "b.tif"], {}, "all.json: lists 2 images for a.tif: x/a.tif, y/a.tif"),
        (["a.tif", "b.tif"], {"height": 50, "width": 40}, "all.json: says that a.tif is 50 × 40 px high and wide"),
    ],
)
def test_coco_images_that_are_missing_doubtful_or_of_another_size(root, names, image, told):
    coco(root / "all.json", names, **image)
    assert reason(partners(root, boxes="all.json"))[0].startswith(told)


def test_images_of_one_name_in_several_folders_need_their_folders(root):
    write(root / "images" / "sub" / "a.tif")
    coco(root / "all.json", ["x/a.tif", "b.tif"])
    found = partners(root, {"recursive": True}, boxes="all.json")
    assert set(found.problems) == {"a.tif", "sub/a.tif"}
    assert "file_name needs the folder, too" in reason(found)[0]
    coco(root / "all.json", ["sub/a.tif", "a.tif", "b.tif"])
    assert not partners(root, {"recursive": True}, boxes="all.json").problems


def test_boxes_of_a_stack_are_those_of_every_plane(root):
    write(root / "images" / "a.tif", np.zeros((3, *SHAPE), np.uint8), metadata={"axes": "ZYX"}, ome=True)
    coco(root / "all.json", ["a.tif", "b.tif"], [{"image_id": 0, "category_id": 5, **BOX}])
    assert partners(root, boxes="all.json").warnings == ["the same boxes are drawn on each of their planes: a.tif"]


def test_labels_and_boxes_together(root):
    for name in ("a", "b"):
        write(root / "masks" / f"{name}.tif")
        text(root / "labels" / f"{name}.txt", "0 0.5 0.5 0.5 0.5")
    found = partners(root, labels="masks", boxes="labels")
    assert found.has_shapes
    assert [entry["path"] for entry in found.of("a.tif").fingerprints] == ["a.tif", "a.txt"]
    assert found.of("a.tif").names == ("a.tif", "a.txt")
    (root / "labels" / "a.txt").unlink()
    assert reason(partners(root, labels="masks", boxes="labels"))[1] == "annotations.boxes"


def layer(name, shape=SHAPE):
    info = SourceInfo(Path(name), "YX", shape, np.dtype("int32"), files=())
    return Scanned(Found(name, info.path, name), 0, info)


def test_open_layers_are_given(root):
    drawn = {"a.tif": DrawnObjects.of([shapely.box(0, 0, 3, 3)], 1)}
    found = partners(
        root, given={"a.tif": layer("A"), "b.tif": layer("B", (9, 9))}, drawn=drawn, labels="napari:layers",
        boxes="napari:layers", classes=["x", "y"],
    )  # fmt: skip
    a = found.of("a.tif")
    assert a.labels.path == Path("A")
    assert a.objects is drawn["a.tif"]
    assert a.names == ("A", "shapes of a.tif")
    assert a.files == ()
    assert a.fingerprints[0] == {"path": "A", "fingerprint": None}
    assert reason(found, "b.tif")[0].startswith("B: is 9 × 9 px high and wide, its image b.tif 40 × 50")
    found = partners(root, given={}, labels="napari:layers")
    assert reason(found)[0] == "no labels layer for a.tif: add one, or leave the image out (media.exclude)"
    found = partners(root, drawn={}, boxes="napari:layers")
    assert reason(found)[0].startswith("no shapes layer for a.tif")
    found = partners(root, drawn=drawn, boxes="napari:layers", classes=["x"], media={"exclude": ["b.tif"]})
    assert reason(found)[0].startswith("shapes of a.tif, shape 1: class 1 has no name, there are 1: 0 x")


def test_channels_in_several_files(root):
    for channel in ("d0", "d1"):
        write(root / "images" / f"f_{channel}.tif")
    write(root / "masks" / "f.tif")
    media = {"channels_from": "f_{channel}.tif", "pattern": "f*"}
    assert partners(root, media, labels="masks").of("f_{channel}.tif").names == ("f.tif",)
    (root / "masks" / "f.tif").rename(root / "masks" / "f_d1_mask.tif")
    assert partners(root, media, labels="masks").of("f_{channel}.tif").names == ("f_d1_mask.tif",)


def test_no_image_at_all(root):
    write(root / "masks" / "a.tif")
    annotations = Recipe.of({"annotations": {"labels": str(root / "masks")}}).annotations
    found = find_partners(annotations, [])
    assert found.by_image == {}
    assert found.problems == {}


def test_real_pairs_and_real_boxes(real_data):
    media = {"folder": str(real_data / "pairs" / "images")}
    recipe = Recipe.of({"media": media, "annotations": {"labels": str(real_data / "pairs" / "masks")}})
    images = [resolve_image(recipe, item) for item in scan(recipe.media)]
    found = find_partners(recipe.annotations, images)
    assert len(images) == len(found.by_image) == 5
    assert not found.problems
    assert not found.warnings
    media = {"folder": str(real_data / "boxes" / "images")}
    recipe = Recipe.of({"media": media, "annotations": {"boxes": str(real_data / "boxes" / "labels_yolo")}})
    images = [resolve_image(recipe, item) for item in scan(recipe.media)]
    found = find_partners(recipe.annotations, images)
    assert not found.problems
    assert found.classes == ("RBC", "WBC", "Platelets")
    assert all(len(partner.objects) for partner in found.by_image.values())
    one = images[0]
    smaller = replace(one, name="other.jpg")
    assert find_partners(recipe.annotations, [smaller]).problems["other.jpg"][1] == "annotations.boxes"
