"""The command merge, as users type it."""

import json

import numpy as np
import pytest
import tifffile
from skimage.measure import label

from image_folder import contents, make_folder
from napari_tiles_creator import Recipe, make_plan, run

SMALL = {"tiling.size_px": 128, "tiling.overlap_px": 48}


@pytest.fixture
def dataset(tmp_path):
    """Return the tiles of three images, as they are."""
    images = make_folder(tmp_path / "images")
    recipe = Recipe.preset("unet", source=images, output=tmp_path / "tiles").changed(SMALL)
    list(run(make_plan(recipe)))
    return tmp_path / "tiles"


def test_objects_across_tiles_get_one_number(tmp_path, tiles_creator):
    """Discs of 30 px: labelled in each tile on its own, then put together; the small ones are left out."""
    (tmp_path / "images").mkdir()
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:400, :500]
    image = np.zeros((400, 500), np.uint8)
    centres = [
        (cy + rng.integers(-8, 9), cx + rng.integers(-8, 9)) for cy in range(30, 390, 55) for cx in range(30, 490, 55)
    ]
    for number, (cy, cx) in enumerate(centres):
        image[(y - cy) ** 2 + (x - cx) ** 2 < (15 if number % 7 else 3) ** 2] = 255
    tifffile.imwrite(tmp_path / "images" / "a.tif", image)
    recipe = Recipe.preset("yolo", source=tmp_path / "images", output=tmp_path / "tiles").changed(
        SMALL | {"export.format": "tif"}
    )
    list(run(make_plan(recipe)))
    (tmp_path / "results").mkdir()
    for tile in (tmp_path / "tiles").glob("*.tif"):
        tifffile.imwrite(
            tmp_path / "results" / f"{tile.stem}_mask.tif", label(tifffile.imread(tile) > 0).astype(np.uint16)
        )
    options = ("--tiles", tmp_path / "results", "--kind", "labels")
    code, text, err = tiles_creator("merge", tmp_path / "tiles", tmp_path / "all", *options)
    assert (code, text, err) == (
        0,
        f"a.tif → a.tif: {len(centres)} objects\n1 image merged into {tmp_path / 'all'}\n",
        "",
    )
    merged, truth = tifffile.imread(tmp_path / "all" / "a.tif"), label(image)
    assert merged.max() == len(centres) == truth.max()
    assert len(np.unique(np.stack([merged, truth]).reshape(2, -1), axis=1)[0]) == len(centres) + 1
    assert tiles_creator("merge", tmp_path / "tiles", tmp_path / "large", *options, "--min-area", 100)[0] == 0
    assert tifffile.imread(tmp_path / "large" / "a.tif").max() == sum(1 for number in range(len(centres)) if number % 7)


def test_json_tells_files_warnings_and_failures(dataset, tmp_path, tiles_creator):
    (dataset / "cell_1_004.tif").unlink()
    code, text, err = tiles_creator("merge", dataset, tmp_path / "out", "--json", "--format", "h5", "--workers", 2)
    told = json.loads(text)
    assert code == 1
    assert told["files"] == [str(tmp_path / "out" / f"cell_{i}.h5") for i in (0, 2)]
    assert told["failed"][0]["source"] == "cell_1.tif"
    assert "cell_1_004.tif" in told["failed"][0]["reason"]
    assert told["warnings"] == []
    assert not err


def test_exit_codes_tell_some_from_all(dataset, tmp_path, tiles_creator):
    for number in range(3):
        (dataset / f"cell_{number}_002.tif").unlink()
        code, _, err = tiles_creator("merge", dataset, tmp_path / f"out{number}")
        assert code == (1 if number < 2 else 2)
        assert err.count("failed: cell_") == number + 1
    code, text, err = tiles_creator("merge", dataset, tmp_path / "filled", "--missing", "0")
    assert (code, err) == (0, "")
    assert "3 images" in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--kind", "labels", "--blend", "mean"], "--blend is for --kind values, not for labels"),
        (["--hull"], "--hull is for --kind labels, not for values"),
        (["--kind", "classes", "--min-area", "5"], "--min-area is for --kind labels, not for classes"),
        (["--kind", "labels", "--min-score", "0.5"], "--min-score is for --kind detections, not for labels"),
        (["--threshold", "0.5"], "--threshold is for --kind labels and detections, not for values"),
        (["--kind", "labels", "--threshold", "2"], "--threshold must be above 0 and at most 1"),
        (["--kind", "labels", "--match", "ios"], "--match must be"),
        (["--kind", "labels", "--smooth", "-1"], "--smooth must be 0 or more"),
        (["--kind", "labels", "--denormalize"], "denormalize maps values"),
        (["--kind", "detections", "--format", "png"], "format 'png' is not available for detections"),
        (["--kind", "masks"], "kind 'masks' is not available"),
        (["--blend", "median"], "blend 'median' is not available"),
        (["--memory", "much"], "write MiB"),
        (["--tiles", "nowhere"], "no such folder of results"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_options_that_do_not_fit_are_told_and_nothing_is_written(dataset, tmp_path, tiles_creator, options, words):
    before = contents(dataset)
    code, _, err = tiles_creator("merge", dataset, tmp_path / "out", *options)
    assert code == 2
    assert words in err
    assert contents(dataset) == before
    assert not (tmp_path / "out").exists()
