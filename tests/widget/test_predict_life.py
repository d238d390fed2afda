"""How long results live: their layers, copies of these, and the files that they are read from."""

import gc
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from napari.layers import Labels
from qtpy.QtCore import Qt, QThreadPool

from napari_tiles_creator._widget.predicting import jobs, merged_layers
from predicted_layers import blobs, results

LEFT = Qt.MouseButton.LeftButton
SLOW = """
import time
def segment(tile):
    time.sleep(0.02)
    return tile > 0.5  # of its range
"""


def passing_folders():
    return set(Path(tempfile.gettempdir()).glob("tiles_creator_*"))


@pytest.fixture
def lazy(monkeypatch):
    """Let every result be too large for the memory."""
    monkeypatch.setattr(jobs, "HELD_BYTES", 0)
    monkeypatch.setattr(merged_layers.file_layer, "__kwdefaults__", {"held_bytes": 0})


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Let temporary files of this test stand by themselves."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def press(dock, qtbot, **fields):
    """Set fields and press the button; nothing of the result is kept here."""
    dock.predict.header.unfold()
    for field, value in fields.items():
        dock.predict.editor(field).set_value(value)
    failed = []
    dock.failed.connect(failed.append)
    qtbot.mouseClick(dock.predict.predict_button, LEFT)
    qtbot.waitUntil(lambda: dock.predict.predict_button.isEnabled())
    assert failed == []


def collected(qtbot, gone):
    """Wait until something is gone, garbage collected."""
    qtbot.waitUntil(lambda: gc.collect() is not None and gone())


def test_files_go_with_the_last_layer_that_shows_them(viewer, dock, qtbot, lazy, temporary):
    pixels = blobs((1100, 1050))
    viewer.add_image(pixels, name="cells")
    press(dock, qtbot, of="layer")
    assert len(passing_folders()) == 1
    (layer,) = results(viewer)
    assert layer.multiscale
    # As by napari's menu: the copy is read from the same file, and it is the user's.
    viewer.layers.selection.active = layer
    from napari.layers._layer_actions import _duplicate_layer

    _duplicate_layer(viewer.layers)
    (copy,) = [one for one in viewer.layers if isinstance(one, Labels) and one is not layer]
    assert np.array_equal(np.asarray(copy.data[0]), np.asarray(layer.data[0]))
    viewer.layers.remove(layer)
    del layer
    gc.collect()
    assert len(passing_folders()) == 1
    assert np.asarray(copy.data[0]).any()
    press(dock, qtbot, model="li")
    assert copy in viewer.layers
    assert len(results(viewer)) == 1
    viewer.layers.remove(copy)
    del copy
    collected(qtbot, lambda: len(passing_folders()) == 1)
    viewer.layers.remove(results(viewer)[0])
    collected(qtbot, lambda: not passing_folders())


def test_files_go_when_the_viewer_closes(make_napari_viewer, qtbot, lazy, temporary):
    viewer = make_napari_viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
    viewer.add_image(blobs(), name="cells")
    press(dock, qtbot, of="layer")
    assert len(passing_folders()) == 1
    viewer.close()
    del viewer, dock
    collected(qtbot, lambda: not passing_folders())


def test_small_results_and_tiles_leave_no_file(viewer, dock, qtbot, dataset, temporary):
    dataset(blobs())
    press(dock, qtbot, model="otsu")
    collected(qtbot, lambda: not passing_folders())
    assert len(results(viewer)) == 1


def begin_slowly(viewer, dock, qtbot, tmp_path):
    """Start what takes some seconds on a layer."""
    (tmp_path / "slow.py").write_text(SLOW)
    image = viewer.add_image(blobs((256, 256)), name="cells", translate=(5, 6))
    dock.set_recipe(dock.recipe().changed({"tiling.size_px": 32, "tiling.overlap_px": 8}))
    panel = dock.predict
    panel.header.unfold()
    fields = {"of": "layer", "model": "function", "function": f"{tmp_path / 'slow.py'}:segment", "allow_code": True}
    for field, value in fields.items():
        panel.editor(field).set_value(value)
    qtbot.mouseClick(panel.predict_button, LEFT)
    qtbot.waitUntil(lambda: not panel.bar.isHidden() and panel.bar.value() > 0)
    return image


def test_the_image_can_be_removed_while_it_is_segmented(viewer, dock, qtbot, tmp_path):
    image = begin_slowly(viewer, dock, qtbot, tmp_path)
    with qtbot.waitSignal(dock.merged):
        viewer.layers.remove(image)
    (layer,) = results(viewer)
    assert np.allclose(layer.data_to_world((3, 4)), image.data_to_world((3, 4)))


def test_the_viewer_can_be_closed_while_it_runs(make_napari_viewer, qtbot, tmp_path):
    viewer = make_napari_viewer()
    _, dock = viewer.window.add_plugin_dock_widget("napari-tiles-creator", "Tiles Creator")
    begin_slowly(viewer, dock, qtbot, tmp_path)
    viewer.close()
    qtbot.waitUntil(lambda: QThreadPool.globalInstance().activeThreadCount() == 0)
    qtbot.wait(100)
    assert not results(viewer)


def test_the_preview_and_results_of_a_dataset_are_kept_apart(viewer, dock, qtbot, dataset, tmp_path):
    """A result that no open layer shows is where the tiles' own file says, and it is looked at."""
    dataset(blobs())
    viewer.add_image(np.zeros((4000, 4000)), name="something else")
    viewer.scene.camera.center = (2000, 2000)
    press(dock, qtbot, model="otsu", folder=str(tmp_path / "kept"))
    (layer,) = results(viewer)
    assert np.allclose(viewer.scene.camera.center[-2:], layer.extent.world[:, -2:].mean(axis=0), atol=1)
    viewer.scene.camera.center = (500, 500)
    (tmp_path / "kept" / "cells.tif").unlink()
    press(dock, qtbot)
    assert tuple(viewer.scene.camera.center[-2:]) == (500, 500)
    assert tifffile.imread(tmp_path / "kept" / "cells.tif").any()
