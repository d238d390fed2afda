"""Predict & merge: a dataset's tiles or an open layer become a layer exactly over the image."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from napari.layers import Image, Labels, Shapes
from qtpy.QtCore import Qt, QThreadPool
from skimage.filters import threshold_otsu
from skimage.measure import label

from napari_tiles_creator._widget.predicting.merged_layers import file_layer
from napari_tiles_creator.engine.steps import result_of
from predicted_layers import blobs, results, tile_rows

LEFT = Qt.MouseButton.LeftButton


def test_a_layer_is_segmented_in_place(viewer, dock, qtbot, predict):
    pixels = blobs()
    units, scale, translate = ("µm", "µm"), (0.5, 0.25), (10, -20)
    image = viewer.add_image(pixels, name="cells", scale=scale, translate=translate, rotate=30, units=units)
    recipe = dock.recipe().changed({"tiling.size_px": 48, "tiling.overlap_px": 16})
    dock.set_recipe(recipe)
    merged = predict(of="layer", layer="cells", model="otsu")
    (layer,) = results(viewer)
    assert isinstance(layer, Labels)
    assert layer.name == "cells merged"
    assert np.array_equal(layer.data > 0, pixels > threshold_otsu(pixels))
    for where in ((0, 0), (50, 70)):
        assert np.allclose(layer.data_to_world(where), image.data_to_world(where))
    assert layer.units == image.units
    assert "cells merged" in dock.predict.result.text()
    assert merged.layers[0][0] is layer


def test_results_of_other_programs_are_merged(viewer, dock, qtbot, predict, dataset, tmp_path):
    """Objects that another program found tile by tile, each tile numbering them from 1."""
    pixels = blobs()
    folder = dataset(pixels, **{"tiling.overlap_px": 16})
    whole = label(pixels > 1000)
    (tmp_path / "results").mkdir()
    for row in tile_rows(folder):
        y, x = int(row["y"]), int(row["x"])
        found = label(whole[y : y + 32, x : x + 32] > 0).astype(np.uint16)
        tifffile.imwrite(tmp_path / "results" / f"{Path(row['tile']).stem}_cp_masks.tif", found)
    image = viewer.add_image(pixels, name="cells.tif", scale=(0.5, 0.5), translate=(3, 4), units=("µm", "µm"))
    predict(of="dataset", model="results", holds="labels", results=str(tmp_path / "results"))
    (layer,) = results(viewer)
    assert isinstance(layer, Labels)
    assert layer.name == "cells merged"
    # The same partition: which number an object has is for the merge to say.
    pairs = set(zip(whole.ravel().tolist(), layer.data.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs}) == whole.max() + 1
    assert np.allclose(layer.data_to_world((5, 6)), image.data_to_world((5, 6)))
    assert layer.units == image.units


def test_values_become_an_image_where_no_layer_shows_the_source(viewer, dock, qtbot, predict, dataset, tmp_path):
    pixels = blobs()
    folder = dataset(pixels, **{"tiling.overlap_px": 8})
    (tmp_path / "results").mkdir()
    share = np.linspace(0, 1, pixels.size, dtype=np.float32).reshape(pixels.shape)
    for row in tile_rows(folder):
        y, x = int(row["y"]), int(row["x"])
        tifffile.imwrite(tmp_path / "results" / Path(row["tile"]).name, share[y : y + 32, x : x + 32])
    predict(of="dataset", model="results", holds="values", results=str(tmp_path / "results"))
    (layer,) = results(viewer)
    assert isinstance(layer, Image)
    assert np.allclose(layer.data, share, atol=1e-6)
    assert tuple(layer.scale) == (0.5, 0.5)
    assert str(layer.units[-1]) == "micrometer"
    assert tuple(layer.translate) == (0, 0)
    assert "Open cells.tif" in dock.predict.result.text()
    # They number no objects: that is told beside their folder, in this window's words.
    dock.predict.editor("holds").set_value("labels")
    with qtbot.waitSignal(dock.failed) as told:
        qtbot.mouseClick(dock.predict.predict_button, LEFT)
    assert "choose Values" in told.args[0]
    assert "--" not in told.args[0]
    assert "results" in dock.predict.problems
    assert results(viewer) == [layer]


def test_the_tiles_of_a_dataset_are_segmented(viewer, dock, qtbot, predict, dataset):
    """The preview of the image is open: the result lies over it."""
    pixels = blobs()
    other = pixels[::-1].copy()
    dataset(pixels, other)
    qtbot.mouseClick(dock.tiles.preview_button, LEFT)
    qtbot.waitUntil(lambda: "Preview image" in viewer.layers)
    predict(of="dataset", model="otsu")
    (layer,) = results(viewer)
    assert np.array_equal(layer.data > 0, pixels > threshold_otsu(pixels))
    shown = viewer.layers["Preview image"]
    assert np.allclose(layer.extent.world, shown.extent.world)
    assert layer.units == shown.units
    names = [layer.name for layer in viewer.layers]
    assert names.index("Preview image") < names.index("cells merged") < names.index("Current tile")
    # Of another image: it is previewed then, and only its result is seen.
    predict(image="other.tif")
    assert dock.tiles.image.currentText() == "other.tif"
    first, second = viewer.layers["cells merged"], viewer.layers["other merged"]
    assert np.array_equal(second.data > 0, other > threshold_otsu(other))
    assert (first.visible, second.visible) == (False, True)
    assert "Open" not in dock.predict.result.text()
    dock.tiles.image.setCurrentText("cells.tif")
    assert (first.visible, second.visible) == (True, False)
    merged = predict(image=None)  # all
    assert dock.predict.editor("image").currentText() == "all images"
    assert {original.name for _, original in merged.layers} == {"cells.tif", "other.tif"}
    assert dock.predict.result.text().startswith("Shown: cells merged and 1 other.")


def test_a_function_s_probabilities_become_an_image(viewer, dock, predict, dataset, tmp_path):
    pixels = blobs()
    dataset(pixels, **{"tiling.overlap_px": 8, "normalization.scope": "none", "normalization.dtype": None})
    (tmp_path / "mine.py").write_text("def share(tile):\n    return tile.astype('float32') / 16384\n")
    predict(model="function", function=f"{tmp_path / 'mine.py'}:share", allow_code=True, shown="probabilities")
    (layer,) = results(viewer)
    assert isinstance(layer, Image)
    assert layer.name == "cells probabilities"
    assert np.abs(layer.data - pixels / 16384).max() < 1e-6


def test_what_was_chosen_for_another_model_does_not_count(viewer, dock, predict):
    """A threshold has no classes and no probabilities: these fields are out of sight."""
    pixels = blobs()
    viewer.add_image(pixels, name="cells")
    panel = dock.predict
    for field, value in {"model": "file", "shown": "probabilities", "class_number": 3, "threshold": 0.9}.items():
        panel.editor(field).set_value(value)
    predict(of="layer", model="otsu")
    assert all(panel.editor(field).isHidden() for field in ("shown", "class_number", "threshold"))
    (layer,) = results(viewer)
    assert isinstance(layer, Labels)
    assert np.array_equal(layer.data > 0, pixels > threshold_otsu(pixels))


SLOW = """
import time
def segment(tile):
    time.sleep(0.05)
    return tile > 0.5  # of its range
"""


@pytest.fixture
def slow(tmp_path):
    """Name a function that takes so long that one can press Cancel."""
    (tmp_path / "slow.py").write_text(SLOW)
    return f"{tmp_path / 'slow.py'}:segment"


def begin_slowly(dock, qtbot, viewer, slow):
    """Start what takes some ten seconds on a layer."""
    pixels = blobs((400, 400))
    viewer.add_image(pixels, name="cells")
    dock.set_recipe(dock.recipe().changed({"tiling.size_px": 32, "tiling.overlap_px": 8}))
    panel = dock.predict
    panel.header.unfold()
    for field, value in {"of": "layer", "model": "function", "function": slow, "allow_code": True}.items():
        panel.editor(field).set_value(value)
    qtbot.mouseClick(panel.predict_button, LEFT)
    qtbot.waitUntil(lambda: not panel.bar.isHidden() and panel.bar.value() > 0)
    return panel


def test_cancel_stops_and_shows_nothing(viewer, dock, qtbot, slow):
    panel = begin_slowly(dock, qtbot, viewer, slow)
    assert not panel.predict_button.isEnabled()
    assert "Predicting" in panel.bar.text()
    qtbot.mouseClick(panel.cancel_button, LEFT)
    qtbot.waitUntil(lambda: panel.predict_button.isEnabled())
    assert "Cancelled" in panel.result.text()
    assert panel.bar.isHidden()
    assert results(viewer) == []


def test_the_dock_can_be_closed_while_it_runs(viewer, dock, qtbot, slow):
    begin_slowly(dock, qtbot, viewer, slow)
    viewer.window.remove_dock_widget(dock)
    qtbot.waitUntil(lambda: QThreadPool.globalInstance().activeThreadCount() == 0)
    qtbot.wait(100)
    assert [layer.name for layer in viewer.layers] == ["cells"]


MISSING = [
    ({"of": "layer"}, "layer", "open an image"),
    ({"of": "dataset"}, "dataset", "choose the folder"),
    ({"model": "file"}, "path", "choose a model"),
    ({"model": "file", "path": "/nowhere/net.onnx"}, "path", "not there"),
    ({"model": "function"}, "function", "name a function"),
    ({"model": "results", "results": "/nowhere"}, "results", "not there"),
    ({"model": "file", "path": "/", "threshold": 2.0}, "threshold", "less than 1"),
]


def test_what_is_missing_is_said_beside_its_field(dock, qtbot):
    panel = dock.predict
    panel.header.unfold()
    for fields, at, words in MISSING:
        for field, value in fields.items():
            panel.editor(field).set_value(value)
        with qtbot.waitSignal(dock.failed) as told:
            qtbot.mouseClick(panel.predict_button, LEFT)
        assert words in told.args[0]
        assert words in panel.problems[at]
        assert not panel.field_message(at).isHidden()
        panel.editor("of").set_value("layer" if panel.editor("of").value() == "dataset" else "dataset")
        assert panel.problems == {}


def test_a_model_that_runs_code_asks_first(viewer, dock, qtbot, predict, slow):
    pixels = blobs((64, 64))
    viewer.add_image(pixels, name="cells")
    panel = dock.predict
    assert panel.editor("allow_code").isHidden()
    for field, value in {"of": "layer", "model": "function", "function": slow}.items():
        panel.editor(field).set_value(value)
    assert not panel.editor("allow_code").isHidden()
    with qtbot.waitSignal(dock.failed):
        qtbot.mouseClick(panel.predict_button, LEFT)
    assert "allow_code" in panel.problems
    assert "--" not in panel.problems["allow_code"]
    qtbot.keyClick(panel.editor("allow_code"), Qt.Key.Key_Space)
    predict()
    low, high = int(pixels.min()), int(pixels.max())
    assert np.array_equal(results(viewer)[0].data > 0, pixels > (low + high) / 2)


def test_the_next_result_replaces_the_last_one_of_its_image(viewer, dock, qtbot, predict):
    for name in ("a", "b"):
        viewer.add_image(blobs(seed=ord(name)), name=name)
    mine = viewer.add_labels(np.ones((8, 8), int), name="a merged")
    dock.set_recipe(dock.recipe().changed({"tiling.size_px": 64, "tiling.overlap_px": 16}))
    predict(of="layer", layer="a")
    predict(layer="b")
    (first, other) = results(viewer)
    first.opacity = 0.25
    before = first.data > 0
    viewer.layers.selection.active = viewer.layers["a"]
    predict(layer="a", model="otsu-dark")
    (again, kept) = results(viewer)
    assert kept is other
    assert again is first
    assert again.opacity == 0.25
    assert np.array_equal(again.data == 0, before)
    assert mine in viewer.layers
    assert viewer.layers.selection.active is viewer.layers["a"]
    viewer.layers.remove(again)
    predict()
    assert len(results(viewer)) == 2


def test_files_are_kept_where_a_folder_is_chosen_and_never_overwritten(viewer, dock, qtbot, predict, tmp_path):
    pixels = blobs()
    viewer.add_image(pixels, name="cells")
    predict(of="layer", folder=str(tmp_path / "kept"))
    written = tifffile.imread(tmp_path / "kept" / "cells.tif")
    assert np.array_equal(written > 0, pixels > threshold_otsu(pixels))
    assert np.array_equal(results(viewer)[0].data, written)
    with qtbot.waitSignal(dock.failed) as told:
        qtbot.mouseClick(dock.predict.predict_button, LEFT)
    assert "there already" in told.args[0]
    assert "folder" in dock.predict.problems
    assert len(results(viewer)) == 1


def test_boxes_that_tiles_share_become_shapes(viewer, dock, predict, dataset, tmp_path):
    """YOLO texts as a detector writes them, tile by tile: an object in the overlap is in several of them."""
    pixels = blobs()
    folder = dataset(pixels, **{"tiling.overlap_px": 16})
    boxes = [(20, 24, 6, 8), (50, 44, 10, 10), (70, 90, 8, 4)]  # y, x, height, width
    (tmp_path / "results").mkdir()
    for row in tile_rows(folder):
        y, x, lines = int(row["y"]), int(row["x"]), []
        for top, left, height, width in boxes:
            y0, x0 = max(top, y) - y, max(left, x) - x
            y1, x1 = min(top + height, y + 32) - y, min(left + width, x + 32) - x
            if y1 > y0 and x1 > x0:
                lines.append(f"0 {(x0 + x1) / 64} {(y0 + y1) / 64} {(x1 - x0) / 32} {(y1 - y0) / 32}")
        if lines:
            (tmp_path / "results" / f"{Path(row['tile']).stem}.txt").write_text("\n".join(lines))
    image = viewer.add_image(pixels, name="cells", scale=(2, 2), translate=(5, 6))
    predict(model="results", holds="detections", results=str(tmp_path / "results"))
    (layer,) = results(viewer)
    assert isinstance(layer, Shapes)
    found = sorted((*shape.min(axis=0), *(shape.max(axis=0) - shape.min(axis=0))) for shape in layer.data)
    assert np.allclose(found, [(y - 0.5, x - 0.5, h, w) for y, x, h, w in boxes])
    assert np.allclose(layer.data_to_world((1, 2)), image.data_to_world((1, 2)))


def test_a_result_too_large_for_memory_is_read_when_it_is_looked_at(viewer, dock, predict, tmp_path):
    pixels = blobs((1100, 1050))
    viewer.add_image(pixels, name="cells")
    predict(of="layer", folder=str(tmp_path / "kept"))
    path = tmp_path / "kept" / "cells.tif"
    whole = results(viewer)[0].data
    for is_labels in (True, False):
        layer = result_of(file_layer("cells", path, is_labels=is_labels, held_bytes=1))
        viewer.add_layer(layer)
        assert layer.multiscale
        assert np.array_equal(np.asarray(layer.data[0]), whole)
        # A mean of labels would be another label.
        assert not is_labels or set(np.unique(layer.data[-1])) == {0, 255}
