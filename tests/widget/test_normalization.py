"""The Normalization panel: what cannot go together, and the histograms."""

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from napari_tiles_creator import Recipe
from napari_tiles_creator.recipe.media import OPEN_LAYERS


def click_scope(dock, qtbot, scope):
    button = dock.normalization.editor("scope")._buttons[scope]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def item(editor, value):
    return editor.model().item(editor._values.index(value))


@pytest.mark.parametrize("scope", ["none", "tile", "image", "dataset"])
def test_every_scope_is_one_click(dock, qtbot, scope):
    click_scope(dock, qtbot, scope)
    assert dock.recipe().normalization.scope == scope
    for field in ("low", "high", "percentiles"):
        editor = dock.normalization.editor(field)
        assert editor.isEnabled() == (scope != "none")
        assert ("with None" in editor.toolTip()) == (scope == "none")


def test_a_type_is_named_when_values_are_normalized(dock, qtbot):
    click_scope(dock, qtbot, "none")
    dock.normalization.editor("dtype").set_value(None)
    click_scope(dock, qtbot, "image")
    assert dock.recipe().normalization.dtype == "float32"
    assert not item(dock.normalization.editor("dtype"), None).isEnabled()


def test_types_that_cannot_hold_the_images_say_why(dock, planned, qtbot):
    planned(normalization__scope="none", normalization__dtype=None)
    types = dock.normalization.editor("dtype")
    assert not item(types, "uint8").isEnabled()
    assert "uint16" in item(types, "uint8").toolTip()
    assert item(types, "float32").isEnabled()
    click_scope(dock, qtbot, "image")
    assert item(types, "uint8").isEnabled()


def test_one_range_for_images_without_channels(dock, planned):
    planned()
    editor = dock.normalization.editor("per_channel")
    assert not editor.isEnabled()
    assert "no channels" in editor.toolTip()


def test_histograms_are_those_of_the_image_and_its_tiles(dock, planned, images, qtbot):
    planned(normalization__low=10, normalization__high=110, normalization__percentiles=(2, 98))
    before, after = dock.normalization.before, dock.normalization.after
    qtbot.waitUntil(lambda: len(before.counts) > 0)
    pixels = tifffile.imread(images / "image_0.tif").astype(float)
    expected, _ = np.histogram(pixels, bins=len(before.counts))
    np.testing.assert_array_equal(before.counts, expected)
    assert before.ends == (f"{pixels.min():.0f}", f"{pixels.max():.0f}")
    low, high = np.percentile(pixels, (2, 98))
    mapped = np.clip(10 + (pixels - low) / (high - low) * 100, 10, 110).astype(np.float32)
    expected, _ = np.histogram(mapped, bins=len(after.counts))
    np.testing.assert_array_equal(after.counts, expected)
    assert after.ends == ("10", "110")


def test_histograms_follow_the_chosen_image(dock, planned, images, qtbot):
    planned()
    before = dock.normalization.before
    qtbot.waitUntil(lambda: len(before.counts) > 0)
    dock.tiles.image.setCurrentIndex(2)
    qtbot.waitUntil(lambda: sum(before.counts) == 64 * 64)
    dock.clear_state()
    assert before.isHidden()


def test_histograms_of_a_layer_whose_pixels_were_replaced(dock, viewer, qtbot):
    layer = viewer.add_image(np.arange(2500, dtype=np.uint16).reshape(50, 50), name="mine")
    dock.set_recipe(Recipe.preset("unet", source=OPEN_LAYERS, output=""))
    before = dock.normalization.before
    qtbot.waitUntil(lambda: len(before.counts) > 0 and before.ends == ("0", "2499"))
    layer.data = layer.data + 1000
    qtbot.waitUntil(lambda: before.ends == ("1000", "3499"))


def test_histograms_of_the_dataset_follow_its_images(dock, planned, images, qtbot):
    """A brighter image ticked off: with scope dataset the rest is mapped to all of the bounds."""
    tifffile.imwrite(images / "image_9.tif", np.full((64, 64), 60000, np.uint16))
    planned(normalization__scope="dataset")
    after = dock.normalization.after
    qtbot.waitUntil(lambda: len(after.counts) > 0)
    assert float(after.ends[1]) < 0.1
    planned(normalization__scope="dataset", media__exclude=["image_9.tif"])
    qtbot.waitUntil(lambda: len(after.counts) > 0 and float(after.ends[1]) > 0.9)
