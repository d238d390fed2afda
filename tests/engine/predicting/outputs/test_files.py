"""Annotations that predictions write, read back by the programs they are for, or by their rules."""

import base64
import io
import json
import uuid

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from napari_tiles_creator.annotations.rasterize import rasterized
from napari_tiles_creator.engine.predicting.predict import predict_steps
from napari_tiles_creator.engine.predicting.request import PredictRequest
from napari_tiles_creator.engine.steps import result_of
from predicted_dataset import make_dataset


@pytest.fixture(params=["1", "all"])
def dataset(request, tmp_path):
    """Give a dataset and its class: of a mask, or of three classes."""
    (tmp_path / "three.py").write_text(
        "import numpy as np\n"
        "from skimage.filters import gaussian\n"
        "def maps(tile):\n"
        "    levels = np.clip((gaussian(tile, 1) * 4).astype(int), 0, 2)\n"
        "    return np.stack([levels == k for k in range(3)]).astype(float)\n"
    )
    return make_dataset(tmp_path, 1), 1 if request.param == "1" else None, f"{tmp_path}/three.py:maps"


def predict(dataset, annotations):
    folder, wanted, model = dataset
    result_of(predict_steps(PredictRequest(folder, model, wanted, allow_code=True, annotations=annotations)))
    masks = {}
    for tile in sorted(folder.glob("*.tif")):
        mask = np.asarray(Image.open(folder / "masks" / f"{tile.stem}_mask.png"))
        masks[tile.stem] = (mask > 0).astype(np.uint8) if wanted else mask
    assert any(mask.any() for mask in masks.values())
    return masks


NUMBERS = {"object": 1, "class_1": 1, "class_2": 2}


def test_regions_of_labeller_json_are_the_mask_again_by_exclusive_or(dataset):
    from shapely import Polygon

    holes = 0
    for stem, mask in predict(dataset, "labels").items():
        content = json.loads((dataset[0] / f"{stem}__labels.json").read_text())
        assert content["image_filename"] == f"{stem}.tif"
        assert content["completed_tasks"] == []
        found = np.zeros(mask.shape, np.uint8)
        for number, one in enumerate(content["labels"], 1):
            assert (one["label_type"], one["source"], one["anno_data"]) == ("polygon", "auto", {})
            prefix, _, place = one["object_id"].rpartition("__")
            assert (str(uuid.UUID(prefix)), place) == (prefix, str(number))
            inside = np.zeros(mask.shape, bool)
            for region in one["regions"]:
                assert len(region) >= 3
                inside ^= rasterized(Polygon([(point["x"], point["y"]) for point in region]), mask.shape)
            holes += len(one["regions"]) > 1
            assert not found[inside].any()
            found[inside] = NUMBERS[one["label_class"]]
        np.testing.assert_array_equal(found, mask)
    assert holes


def test_labelme_json_is_the_mask_again(dataset):
    from shapely import Polygon

    kinds = set()
    for stem, mask in predict(dataset, "labelme").items():
        content = json.loads((dataset[0] / f"{stem}.json").read_text())
        assert (content["imagePath"], content["imageHeight"], content["imageWidth"]) == (f"{stem}.tif", *mask.shape)
        assert {"version", "flags", "shapes", "imageData"} < set(content)
        found = np.zeros(mask.shape, np.uint8)
        for shape in content["shapes"]:
            kinds.add(shape["shape_type"])
            if shape["shape_type"] == "polygon":
                inside = rasterized(Polygon(shape["points"]), mask.shape)
            else:
                (x, y), (x_last, y_last) = np.array(shape["points"], int)
                part = np.asarray(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))) > 0
                inside = np.zeros(mask.shape, bool)
                inside[y : y_last + 1, x : x_last + 1] = part
            found[inside] = NUMBERS[shape["label"]]
        np.testing.assert_array_equal(found, mask)
    assert kinds == {"polygon", "mask"}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools 2.0.11
def test_coco_is_the_mask_again_by_its_own_program(dataset, capsys):
    masks = predict(dataset, "coco")
    coco = COCO(str(dataset[0] / "predictions_coco.json"))
    capsys.readouterr()
    assert [image["file_name"] for image in coco.imgs.values()] == [f"{stem}.tif" for stem in masks]
    assert min(coco.anns) == 1
    for number, image in coco.imgs.items():
        mask = masks[image["file_name"].removesuffix(".tif")]
        found = np.zeros(mask.shape, np.uint8)
        for one in coco.imgToAnns[number]:
            inside = coco.annToMask(one) > 0
            rows, columns = np.nonzero(inside)
            box = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
            assert (one["bbox"], one["area"]) == (box, inside.sum())
            found[inside] = NUMBERS[coco.cats[one["category_id"]]["name"]]
        np.testing.assert_array_equal(found, mask)


def test_paths_from_another_folder_lead_to_the_tiles(dataset, tmp_path):
    folder, wanted, model = dataset
    output = tmp_path / "elsewhere" / "deep"
    request = PredictRequest(folder, model, wanted, allow_code=True, annotations="labelme", output=output)
    result_of(predict_steps(request))
    for path in output.glob("*_00?.json"):
        assert (output / json.loads(path.read_text())["imagePath"]).resolve() == (folder / f"{path.stem}.tif").resolve()
