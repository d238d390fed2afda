"""What models of one's own make of a dataset's tiles in the window."""

import numpy as np
import pytest
import tifffile
from napari.layers import Image, Labels
from qtpy.QtCore import Qt
from scipy.ndimage import gaussian_filter
from skimage.measure import label

from napari_tiles_creator._widget.prediction import Prediction
from predicted_layers import blobs, results

LEFT = Qt.MouseButton.LeftButton
# Tiles that are not normalized: 16-bit clouds are probabilities × 65 535.
PLAIN = {"normalization.scope": "none", "normalization.dtype": None}
# As networks without context are: the nearer to the tile's border, the more all is taken for background, or for the
# object at the other end.
NEAR_BORDERS_WRONG = """
import numpy as np
REACH = 6
def share(tile):
    found = tile.astype("float32") / 65535
    for axis in (0, 1):
        place = np.arange(found.shape[axis])
        begin, end = (np.clip(near / REACH, 0, 1) for near in (place, place[::-1]))
        begin, end = (ramp[:, None] if axis == 0 else ramp for ramp in (begin, end))
        found = found * begin * end + (1 - end)
    return found.astype("float32")
"""
OBJECTS = """
from skimage.measure import label
def objects(tile):
    return label(tile > 1000)
"""
CLASSES = """
import numpy as np
def three(tile):
    share = tile.astype("float32") / 65535
    near = np.stack([np.exp(-8 * abs(share - centre)) for centre in (0, 0.5, 1)])
    return near / near.sum(axis=0)
"""


def clouds(shape=(192, 224)):
    """Return a smooth image whose values are the probability of an object, × 65 535."""
    values = gaussian_filter(np.random.default_rng(3).random(shape), 9)
    values = np.clip(0.5 + (values - values.mean()) / values.std() * 0.2, 0, 1)
    return np.rint(values * 65535).astype(np.uint16)


@pytest.fixture
def function(tmp_path):
    """Return a function that names one whose text is given."""

    def named(text, name):
        (tmp_path / f"{name}.py").write_text(text)
        return {"model": "function", "function": f"{tmp_path / name}.py:{name}", "allow_code": True}

    return named


def worst_step(probability, borders):
    """Return the largest mean step across borders of tiles, in steps as they are elsewhere; the image's edge apart."""
    inside = probability[10:-10, 10:-10]
    steps = abs(np.diff(inside, axis=1)).mean(axis=0)
    across = [border - 11 for border in borders if 20 < border < probability.shape[1] - 20]
    return max(steps[across]) / np.median(steps)


@pytest.mark.parametrize("overlap", [32, 0])
def test_what_a_model_gets_wrong_near_the_borders_of_tiles_is_no_seam(
    viewer, dock, predict, dataset, function, overlap, tmp_path
):
    """With an overlap the map is seamless, and the mask is what that map is above its threshold; without, it is not."""
    pixels = clouds()
    dataset(pixels, **PLAIN, **{"tiling.size_px": 64, "tiling.overlap_px": overlap})
    model = function(NEAR_BORDERS_WRONG, "share")
    predict(**model, shown="probabilities")
    (layer,) = results(viewer)
    starts = [*range(0, 224 - 64, 64 - overlap), 224 - 64]
    step = worst_step(layer.data, {edge for start in starts for edge in (start, start + 64)})
    assert step < 2.5 if overlap else step > 20
    predict(shown="mask", folder=str(tmp_path / "kept"))
    (mask,) = results(viewer)
    assert isinstance(mask, Labels)
    assert np.array_equal(mask.data > 0, layer.data > 0.5)
    assert np.array_equal(tifffile.imread(tmp_path / "kept" / "cells.tif"), mask.data)
    inside = np.s_[16:-16, 16:-16]
    wrong = np.mean((mask.data > 0)[inside] != (pixels > 65535 / 2)[inside])
    assert wrong < 0.03 if overlap else wrong > 0.05


def test_objects_of_tiles_become_those_of_the_image(viewer, dock, predict, dataset, function):
    pixels = blobs()
    dataset(pixels, **PLAIN, **{"tiling.overlap_px": 16})
    predict(**function(OBJECTS, "objects"))
    (layer,) = results(viewer)
    whole = label(pixels > 1000)
    pairs = set(zip(whole.ravel().tolist(), layer.data.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == whole.max() + 1


def test_all_classes_and_the_probabilities_of_one(viewer, dock, qtbot, predict, dataset, function):
    pixels = clouds()
    dataset(pixels, **PLAIN)
    panel = dock.predict
    predict(**function(CLASSES, "three"), class_number=None)
    assert panel.editor("threshold").isHidden()
    (layer,) = results(viewer)
    share = pixels / 65535
    assert np.array_equal(layer.data, (share > 0.25).astype(int) + (share > 0.75))
    predict(class_number=2, shown="probabilities")
    assert not panel.editor("class_number").isHidden()
    (layer,) = results(viewer)
    assert isinstance(layer, Image)
    near = np.stack([np.exp(-8 * abs(share - centre)) for centre in (0, 0.5, 1)])
    assert np.abs(layer.data - near[2] / near.sum(axis=0)).max() < 1e-4


def test_tiles_that_are_not_there_are_told(viewer, dock, predict, dataset):
    dataset(blobs(), **{"tiling.sampling": "random", "tiling.count": 3, "normalization.scope": "tile"})
    predict(model="otsu")
    told = dock.predict.result.text()
    assert "random ones and do not cover the image" in told
    assert "normalized on its own" in told


def test_settings_of_a_script_count_at_once(viewer, dock, qtbot, dataset):
    """Nothing is known yet of the dataset when the action begins."""
    folder = dataset(blobs(), blobs(seed=1))
    dock.predict.set_value(Prediction(dataset=str(folder), image="other.tif"))
    with qtbot.waitSignal(dock.merged) as ended:
        dock.predict_and_merge()
    assert [original.name for _, original in ended.args[0].layers] == ["other.tif"]
    assert dock.predict.value().image == "other.tif"
    # Another folder has other images: what was chosen is no longer meant.
    dock.predict.editor("dataset").line.clear()
    qtbot.keyClicks(dock.predict.editor("dataset").line, "/nowhere")
    assert dock.predict.value().image == ""


def test_a_problem_stays_until_it_is_mended(viewer, dock, qtbot, dataset):
    """The images of the dataset become known after it was refused: that mends nothing."""
    folder = dataset(blobs(), blobs(seed=1))
    text = (folder / "tiles.json").read_text()
    (folder / "tiles.json").write_text(text.replace('"finished": true', '"finished": false'))
    panel = dock.predict
    panel.header.unfold()
    panel.set_value(Prediction(dataset=str(folder)))
    assert panel.editor("image").count() == 0
    with qtbot.waitSignal(dock.failed):
        dock.predict_and_merge()
    qtbot.waitUntil(lambda: panel.editor("image").count() == 3)
    assert "did not come to its end" in panel.problems["dataset"]
    panel.editor("dataset").line.clear()
    assert panel.problems == {}


def test_more_images_than_are_shown_are_made_only_where_they_are_kept(viewer, dock, qtbot, predict, images, tmp_path):
    from image_folder import write_image
    from napari_tiles_creator import Recipe, make_plan, run

    for number in range(3, 6):
        write_image(images / f"image_{number}.tif", (64, 64), 0.65, seed=number)
    recipe = Recipe.preset("unet", source=str(images), output=str(tmp_path / "tiles"))
    for _ in run(make_plan(recipe.changed({"tiling.size_px": 64, "tiling.overlap_px": 0}))):
        pass
    every = {"dataset": str(tmp_path / "tiles"), "image": None}
    predict(**every)
    assert len(results(viewer)) == 4
    assert "2 images left out" in dock.predict.result.text()
    merged = predict(**every, folder=str(tmp_path / "kept"))
    assert len(results(viewer)) == 4
    assert sorted(path.name for path in merged.files) == [f"image_{number}.tif" for number in range(6)]
    assert all(path.is_file() for path in merged.files)
