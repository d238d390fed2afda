"""Prediction of whole datasets: what stands on the disk afterwards, whatever happened on the way."""

import json
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image
from scipy.ndimage import label
from skimage.filters import threshold_otsu

from image_folder import contents
from napari_tiles_creator.engine.export.verify import plan_emptying, verify
from napari_tiles_creator.engine.predicting.predict import predict_steps
from napari_tiles_creator.engine.predicting.request import PredictRequest
from napari_tiles_creator.engine.steps import Progress, Warned, result_of
from napari_tiles_creator.errors import DatasetError, ExportError, ModelError
from predicted_dataset import field, make_dataset
from tiny_networks import bright, write_onnx


@pytest.fixture
def network(tmp_path):
    return str(write_onnx(tmp_path / "net.onnx"))


def predict(dataset, model="otsu", **options):
    return result_of(predict_steps(PredictRequest(dataset, model, **options)))


def tiles_of(dataset):
    return sorted(dataset.glob("*.tif"))


def mask_of(folder, tile):
    return np.asarray(Image.open(folder / "masks" / f"{tile.stem}_mask.png"))


def test_masks_of_a_network_are_those_computed_by_hand(tmp_path, network):
    dataset = make_dataset(tmp_path)
    report = predict(dataset, network, probabilities=True, threshold=0.3)
    tiles = tiles_of(dataset)
    assert (report.tiles, report.skipped, report.failed, report.kind) == (len(tiles), 0, (), "mask")
    objects = 0
    for tile in tiles:
        probability = bright(tifffile.imread(tile)[None])[0]
        found = tifffile.imread(dataset / "probabilities" / tile.name)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, probability, atol=1e-5)
        mask = mask_of(dataset, tile)
        assert mask.dtype == np.uint8
        assert set(np.unique(mask)) <= {0, 255}
        certain = np.abs(probability - 0.3) > 1e-4
        np.testing.assert_array_equal((mask > 0)[certain], (probability > 0.3)[certain])
        objects += label(mask)[1]
    assert report.objects == objects


def test_one_threshold_serves_all_tiles_of_an_image(tmp_path):
    dataset = make_dataset(tmp_path, normalization__scope="none", normalization__dtype="uint16")
    predict(dataset, "otsu", annotations="none")
    for tile in tiles_of(dataset):
        image = field(int(tile.stem.split("_")[1]))
        np.testing.assert_array_equal(mask_of(dataset, tile) > 0, tifffile.imread(tile) > threshold_otsu(image))
    assert sorted(path.name for path in dataset.glob("*.json")) == ["predictions.json", "tiles.json"]


def test_padding_shows_nothing(tmp_path):
    dataset = make_dataset(tmp_path, tiling__edge="pad", tiling__pad_mode="reflect")
    predict(dataset, "otsu-dark")
    padded = [tile for tile in tiles_of(dataset) if tile.stem.endswith("_003")]
    for tile in padded:  # the last of the first row: 190 = 3 * 48 + 46
        mask = mask_of(dataset, tile)
        assert mask[:, :46].any()
        assert not mask[:, 46:].any()


def test_all_classes(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    report = predict(dataset, network, wanted=None, probabilities=True)
    assert report.kind == "classes"
    for tile in tiles_of(dataset):
        maps = tifffile.imread(dataset / "probabilities" / tile.name)
        assert maps.shape == (2, 64, 64)
        np.testing.assert_array_equal(mask_of(dataset, tile), maps.argmax(axis=0))


@pytest.fixture
def function(tmp_path, monkeypatch):
    """Give a function that numbers bright pieces; it fails on tiles whose sum is told by a file beside it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "bad").touch()
    (tmp_path / "pieces.py").write_text(
        "from pathlib import Path\nfrom scipy.ndimage import label\nfrom skimage.filters import gaussian\n"
        "def numbered(tile):\n"
        f"    if repr(tile.sum()) in Path({str(tmp_path / 'bad')!r}).read_text():\n"
        "        raise ValueError('it is one of the bad ones')\n"
        "    return label(gaussian(tile, 1) > 0.5)[0]\n"
    )
    return f"{tmp_path / 'pieces.py'}:numbered"


def test_numbered_objects_are_kept_as_they_are(tmp_path, function):
    dataset = make_dataset(tmp_path, 1)
    from skimage.filters import gaussian

    steps = predict_steps(PredictRequest(dataset, function, allow_code=True, probabilities=True))
    told = [step for step in steps if isinstance(step, Warned)]
    assert "numbered objects and no probabilities" in told[0].message
    for tile in tiles_of(dataset):
        found = tifffile.imread(dataset / "masks" / f"{tile.stem}_mask.tif")
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, label(gaussian(tifffile.imread(tile), 1) > 0.5)[0])
        content = json.loads((dataset / f"{tile.stem}__labels.json").read_text())
        assert len(content["labels"]) == found.max()
    assert predict(dataset, function, allow_code=True, probabilities=True).tiles == 0


@pytest.mark.parametrize("batch", [1, 5])
def test_stopped_anywhere_it_goes_on_and_ends_in_the_same_bytes(tmp_path, network, batch):
    dataset = make_dataset(tmp_path)
    options = {"batch": batch, "probabilities": True, "annotations": "coco"}
    predict(dataset, network, output=tmp_path / "whole", **options)
    whole = contents(tmp_path / "whole")
    stops = 0
    while True:
        steps = predict_steps(PredictRequest(dataset, network, output=tmp_path / "parts", **options))
        for number, _ in enumerate(steps, 1):
            if number == 3:
                steps.close()
                break
        else:
            break
        stops += 1
        there = contents(tmp_path / "parts")
        assert all(whole[name] == content for name, content in there.items())
    assert stops >= 3
    assert contents(tmp_path / "parts") == whole


def test_the_number_of_workers_changes_nothing(tmp_path, network):
    dataset = make_dataset(tmp_path)
    for workers in (1, 4):
        predict(dataset, network, workers=workers, output=tmp_path / str(workers))
    assert contents(tmp_path / "1") == contents(tmp_path / "4")


def test_annotations_corrected_by_hand_stay(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    predict(dataset, network)
    tile = tiles_of(dataset)[0]
    corrected = dataset / f"{tile.stem}__labels.json"
    corrected.write_text("{}")
    (dataset / "masks" / f"{tile.stem}_mask.png").unlink()
    report = predict(dataset, network)
    assert (report.tiles, report.skipped) == (1, len(tiles_of(dataset)) - 1)
    assert corrected.read_text() == "{}"
    predict(dataset, network, overwrite=True)
    assert "labels" in json.loads(corrected.read_text())


def test_other_forms_are_added(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    predict(dataset, network, annotations="none")
    before = contents(dataset)
    predict(dataset, network, annotations="labelme", probabilities=True)
    after = contents(dataset)
    assert before.items() <= after.items()
    stems = [tile.stem for tile in tiles_of(dataset)]
    assert set(after) - set(before) == {f"{s}.json" for s in stems} | {f"probabilities/{s}.tif" for s in stems}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "li"}, "their model is net.onnx, not li"),
        ({"threshold": 0.25}, "their threshold is 0.5, not 0.25"),
        ({"wanted": None}, "they are of class 1, not all"),
    ],
)
def test_other_predictions_are_never_mixed_with_these(tmp_path, network, changes, words):
    dataset = make_dataset(tmp_path, 1)
    predict(dataset, network)
    before = contents(dataset)
    with pytest.raises(ExportError) as caught:
        predict(dataset, **({"model": network} | changes))
    assert words in str(caught.value)
    assert "--overwrite" in str(caught.value)
    assert contents(dataset) == before
    predict(dataset, **({"model": network} | changes), overwrite=True)
    assert contents(dataset) != before
    assert verify(dataset).ok


def test_a_model_that_has_changed_is_another(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    predict(dataset, network)
    write_onnx(tmp_path / "net.onnx", end="Softmax")
    with pytest.raises(ExportError, match=r"net\.onnx has changed since"):
        predict(dataset, network)


def test_files_of_others_are_neither_taken_nor_removed(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    mine = dataset / f"{tiles_of(dataset)[0].stem}__labels.json"
    mine.write_text("drawn by hand")
    for overwrite in (False, True):
        with pytest.raises(ExportError, match="is in the way of a prediction, and no prediction wrote it"):
            predict(dataset, network, overwrite=overwrite)
    assert mine.read_text() == "drawn by hand"


def test_damaged_tiles_fail_by_name_and_the_others_go_on(tmp_path, network):
    dataset = make_dataset(tmp_path)
    tiles = tiles_of(dataset)
    tiles[2].write_bytes(b"II*\0")
    tiles[5].unlink()
    tifffile.imwrite(tiles[7], np.zeros((60, 64), np.float32))
    report = predict(dataset, network, batch=4)
    assert report.tiles == len(tiles) - 3
    assert [tile.name for tile in tiles if any(tile.name in one.reason for one in report.failed)] == [
        tiles[2].name,
        tiles[5].name,
        tiles[7].name,
    ]
    assert "60 × 64" in report.failed[-1].reason
    assert not (dataset / "masks" / f"{tiles[2].stem}_mask.png").exists()


def test_tiles_that_the_model_fails_on_are_told_with_its_words(tmp_path, function):
    dataset = make_dataset(tmp_path)
    bad = tiles_of(dataset)[3:6] + tiles_of(dataset)[-1:]
    (tmp_path / "bad").write_text(" ".join(repr(tifffile.imread(tile).sum()) for tile in bad))
    report = predict(dataset, function, allow_code=True, batch=3)
    reasons = [one.reason for one in report.failed]
    assert [reason.partition(":")[0] for reason in reasons] == [tile.name for tile in bad]
    assert all("failed: ValueError: it is one of the bad ones" in reason for reason in reasons)
    assert report.tiles == len(tiles_of(dataset)) - len(bad)
    (tmp_path / "bad").write_text("")
    assert predict(dataset, function, allow_code=True, batch=3).tiles == len(bad)


def test_a_model_that_fails_everywhere_is_told_once(tmp_path):
    dataset = make_dataset(tmp_path)
    (tmp_path / "never.py").write_text("def f(tile): raise ValueError('never')\n")
    report = predict(dataset, f"{tmp_path}/never.py:f", allow_code=True)
    assert [one.source for one in report.failed] == ["cell_0.tif", "cell_1.tif"]
    assert report.tiles == 0


def test_what_failed_is_in_the_way_of_nothing(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    before = contents(dataset)
    (tmp_path / "never.py").write_text("def f(tile): raise ValueError('never')\n")
    with pytest.raises(ModelError, match="--class 2 is none"):
        predict(dataset, "otsu", wanted=2)
    assert len(predict(dataset, f"{tmp_path}/never.py:f", allow_code=True, annotations="coco").failed) == 1
    with pytest.raises(ModelError, match="--class 4 is none"):
        predict(dataset, network, wanted=4, output=tmp_path / "new")
    assert contents(dataset) == before
    assert not (tmp_path / "new").exists()
    # As a run leaves it that was killed before its first tile.
    record = json.dumps({"schema": 1, "model": "another", "class": 7})
    (dataset / "predictions.json").write_text(record)
    assert not predict(dataset, network).failed
    assert json.loads((dataset / "predictions.json").read_text())["model"] == "net.onnx"


def test_an_output_with_files_of_others_is_refused(tmp_path, network):
    dataset, mine = make_dataset(tmp_path, 1), tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("words")
    with pytest.raises(ExportError, match=r"mine holds files that no prediction wrote \(thesis.txt\): choose an empty"):
        predict(dataset, network, output=mine)
    assert [path.name for path in mine.iterdir()] == ["thesis.txt"]
    with pytest.raises(ExportError) as caught:
        predict(dataset, network, output=mine / "thesis.txt" / "masks")
    assert "cannot write" in str(caught.value)
    assert "export" not in str(caught.value)


def test_tiles_of_another_type_fail_by_name(tmp_path, network):
    dataset = make_dataset(tmp_path, 1)
    tile = tiles_of(dataset)[4]
    tifffile.imwrite(tile, (tifffile.imread(tile) * 255).astype(np.uint8))
    for model in ("otsu", network):
        (failure,) = predict(dataset, model, output=tmp_path / f"of_{model[:4].strip('/')}").failed
        assert failure.reason == f"{tile.name} holds uint8 pixels and was written with float32"


def test_pixels_that_are_no_numbers_are_background_to_thresholds(tmp_path, network):
    dataset = make_dataset(tmp_path, 2)
    tile = tiles_of(dataset)[4]
    pixels = tifffile.imread(tile)
    pixels[20:30] = np.nan
    tifffile.imwrite(tile, pixels)
    steps = list(predict_steps(PredictRequest(dataset, "otsu-dark")))
    assert [step.message for step in steps if isinstance(step, Warned)] == [
        "pixels that are no numbers (NaN) count as background with otsu-dark"
    ]
    assert not mask_of(dataset, tile)[20:30].any()
    (failure,) = predict(dataset, network, output=tmp_path / "net").failed
    assert failure.reason.startswith(f"{tile.name}: ")
    assert "cannot take pixels that are no numbers" in failure.reason


def test_a_function_can_neither_end_the_program_nor_print_into_its_result(tmp_path, tiles_creator):
    dataset = make_dataset(tmp_path, 1)
    (tmp_path / "quits.py").write_text(
        "import sys\n"
        "def quits(tile): sys.exit(0)\n"
        "def needs(tile): raise MemoryError\n"
        "def speaks(tile): print('a tile'); return tile > 0.5\n"
    )
    (tmp_path / "at_once.py").write_text("raise SystemExit\n")
    run = ["predict", dataset, "--allow-code", "--json", "--model"]
    code, out, err = tiles_creator(*run, f"{tmp_path}/quits.py:quits")
    assert code == 2
    assert "it asked the program to end (sys.exit(0))" in json.loads(out)["failed"][0]["reason"]
    code, out, err = tiles_creator(*run, f"{tmp_path}/at_once.py:f")
    assert (code, out) == (2, "")
    assert "cannot be imported: SystemExit: it asked the program to end (sys.exit())" in err
    code, out, err = tiles_creator(*run, f"{tmp_path}/quits.py:needs")
    assert (code, out) == (2, "")
    assert err == "error: not enough memory: lower --batch or --workers, or export smaller tiles\n"
    code, out, err = tiles_creator(*run, f"{tmp_path}/quits.py:speaks")
    assert (code, json.loads(out)["tiles"]) == (0, len(tiles_of(dataset)))
    assert "a tile\n" in err


def test_a_dataset_for_trainers_gets_a_folder_of_its_own(tmp_path, network):
    split = {"train": 0.5, "val": 0.5}
    dataset = make_dataset(tmp_path, export__layout="pairs", export__split=split, tiling__overlap_px=0)
    before = contents(dataset)
    predict(dataset, network)
    after = contents(dataset)
    assert before.items() <= after.items()
    new = sorted(set(after) - set(before))
    assert all(name.startswith("predictions/") for name in new)
    assert "predictions/masks/train/images/cell_0_000_mask.png" in new or (
        "predictions/masks/val/images/cell_0_000_mask.png" in new
    )
    for output in (dataset, dataset / "train", dataset / "train" / "masks"):
        with pytest.raises(ExportError, match="lies in the dataset"):
            predict(dataset, network, output=output)


@pytest.mark.parametrize("layout", ["flat", "pairs"])
@pytest.mark.parametrize("annotations", ["labels", "labelme", "coco"])
def test_verify_and_empty_know_predictions(tmp_path, network, layout, annotations):
    dataset = make_dataset(tmp_path, 1, export__layout=layout)
    before = contents(dataset)
    predict(dataset, network, annotations=annotations, probabilities=True)
    predictions = set(contents(dataset)) - set(before)
    (dataset / "notes.txt").touch()
    verdict = verify(dataset)
    assert verdict.ok
    assert (set(verdict.predictions), verdict.extra) == (predictions, ("notes.txt",))
    emptying = plan_emptying(dataset)
    assert set(emptying.keep) == {*predictions, "notes.txt"}
    emptying.carry_out()
    assert set(contents(dataset)) == {*predictions, "notes.txt"}


def test_what_cannot_be_predicted_is_told_in_one_sentence(tmp_path, network):
    with pytest.raises(DatasetError, match="no dataset"):
        predict(tmp_path)
    dataset = make_dataset(tmp_path, 1)
    with pytest.raises(ModelError, match="the model tells 2 classes, numbered from 0, which is background: --class 4"):
        predict(dataset, network, wanted=4)
    with pytest.raises(ModelError, match="--threshold 1 is no probability"):
        predict(dataset, network, threshold=1)
    with pytest.raises(ModelError, match="takes tiles of 32 × 32 px only, and these are 64 × 64"):
        predict(dataset, str(write_onnx(tmp_path / "small.onnx", size=(32, 32))), output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_progress_counts_the_pixels_of_all_tiles(tmp_path, network):
    dataset = make_dataset(tmp_path)
    steps = [step for step in predict_steps(PredictRequest(dataset, network)) if isinstance(step, Progress)]
    total = 64 * 64 * len(tiles_of(dataset))
    assert {step.total_px for step in steps} == {total}
    assert [step.done_px for step in steps] == list(range(0, total + 1, 64 * 64))


def test_the_command_tells_what_it_did(tmp_path, network, tiles_creator):
    dataset = make_dataset(tmp_path)
    count = len(tiles_of(dataset))
    tiles_of(dataset)[0].unlink()
    code, out, err = tiles_creator("predict", dataset, "--model", network, "--json")
    told = json.loads(out)
    assert (code, told["tiles"], told["skipped"], told["kind"]) == (1, count - 1, 0, "mask")
    assert [one["source"] for one in told["failed"]] == ["cell_0.tif"]
    code, out, err = tiles_creator("predict", dataset, "--model", network)
    assert code == 1
    assert f"{count - 1} tiles there already" in out
    assert "failed: cell_0.tif: cell_0_000.tif" in err
    code, out, err = tiles_creator("predict", dataset, "--model", "os:getcwd")
    assert code == 2
    assert err.startswith("error: os:getcwd runs code: it imports os and calls getcwd in it: add --allow-code")
    assert len(err.splitlines()) == 1
    assert tiles_creator("predict", dataset, "--model", "otsu", "--class", "one")[0] == 2
