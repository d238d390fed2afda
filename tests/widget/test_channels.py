"""Channels in the dock: from files, composed to colours; stacks as one plane; and what is seen of both."""

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog

from napari_tiles_creator._widget.controls.colours import MOST_CHANNELS, OTHER, ColoursEditor
from napari_tiles_creator._widget.controls.fold import FoldButton
from napari_tiles_creator._widget.controls.pick import PickEditor
from napari_tiles_creator._widget.viewing.sample import draw_sample
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.recipe.media import Media


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 4000, shape, np.uint16)


@pytest.fixture
def parts(tmp_path):
    """Two fields of two channels, a file each, and their pixels by field and channel."""
    folder, pixels = tmp_path / "parts", {}
    folder.mkdir()
    for number, (field, channel) in enumerate([("a", "DAPI"), ("a", "GFP"), ("b", "DAPI"), ("b", "GFP")]):
        pixels[field, channel] = noise(70, 64, seed=number)
        tifffile.imwrite(folder / f"{field}_{channel}.tif", pixels[field, channel])
    return folder, pixels


@pytest.fixture
def stack(tmp_path):
    """A folder with one stack, and its pixels."""
    folder = tmp_path / "stack"
    folder.mkdir()
    pixels = noise(5, 70, 64)
    tifffile.imwrite(folder / "stack.tif", pixels, metadata={"axes": "ZYX"}, ome=True)
    return folder, pixels


def unfold(panel):
    for fold in panel.findChildren(FoldButton):
        fold.unfold()


def click(qtbot, box):
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def test_files_are_grouped_as_channels(dock, planned, parts, qtbot):
    folder, _ = parts
    assert len(planned(media__folder=str(folder)).images) == 4
    unfold(dock.media)
    assert dock.media.editor("colours").isHidden()
    dock.media.editor("channels_from").setFocus()
    qtbot.keyClicks(dock.media.editor("channels_from"), "*_{channel}.tif")
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 2)
    assert [image.name for image in dock.plan.images] == ["a_{channel}.tif", "b_{channel}.tif"]
    assert not dock.media.editor("colours").isHidden()
    channel = dock.media.editor("channel")
    assert [channel.itemText(row) for row in range(channel.count())] == ["all", "DAPI", "GFP"]
    dock.media.model.tick([0], False)
    qtbot.waitUntil(lambda: [image.name for image in dock.plan.images] == ["b_{channel}.tif"])


def test_a_sample_shows_groups_before_they_are_scanned(parts):
    media = Media(folder=str(parts[0]), channels_from="*_{channel}.tif")
    mosaic = result_of(draw_sample(media, None, seed=0))
    assert [one.source for one in mosaic.thumbnails] == ["a_{channel}.tif", "b_{channel}.tif"]


def test_a_pattern_without_channel_is_told_beside_its_field(dock, planned, parts, qtbot):
    planned(media__folder=str(parts[0]))
    qtbot.keyClicks(dock.media.editor("channels_from"), "*.tif")
    qtbot.waitUntil(lambda: "must hold {channel} once" in dock.media.problems.get("channels_from", ""))


def test_channels_are_composed_to_the_colours_that_are_chosen(dock, previewed, parts, viewer, qtbot):
    folder, pixels = parts
    previewed(media__folder=str(folder), media__channels_from="*_{channel}.tif", normalization__scope="image")
    unfold(dock.media)
    editor = dock.media.editor("colours")
    click(qtbot, editor.check)
    qtbot.waitUntil(lambda: dock.plan.recipe.media.colours == ("magenta", "green"))
    assert [label.text() for label in editor._labels] == ["DAPI", "GFP"]
    first = editor.fields[0].lineEdit()
    first.setFocus()
    first.selectAll()
    qtbot.keyClicks(first, "#ff0000")
    editor.fields[1].setFocus()
    editor.fields[1].setCurrentText("blue")
    qtbot.waitUntil(lambda: dock.plan.recipe.media.colours == ("#ff0000", "blue"))
    click(qtbot, dock.tiles.show_tile)
    qtbot.waitUntil(lambda: dock.preview.exported_tile is not None and dock.preview.exported_tile[0] is dock.plan)
    layer = viewer.layers["Tile as exported"]
    assert layer.rgb
    assert layer.data.shape == (32, 32, 3)
    planes = np.stack([pixels["a", "DAPI"], pixels["a", "GFP"]]).astype(float)
    low, high = (f(planes, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    shares = ((planes - low) / (high - low))[:, :32, :32]
    assert np.allclose(layer.data[..., 0], shares[0], atol=1e-6)
    assert np.allclose(layer.data[..., 2], shares[1], atol=1e-6)
    assert not layer.data[..., 1].any()
    assert viewer.layers["Preview image"].data.shape == (70, 64)
    click(qtbot, editor.check)
    qtbot.waitUntil(lambda: dock.plan.recipe.media.colours is None)
    qtbot.waitUntil(lambda: not viewer.layers["Tile as exported"].rgb)


def test_colours_and_channels_that_do_not_fit_are_told(dock, planned, parts, qtbot):
    fields = {"media__folder": str(parts[0]), "media__channels_from": "*_{channel}.tif"}
    planned(**fields, media__colours=["red", "green", "blue"])
    editor = dock.media.editor("colours")
    assert len(editor.fields) == 3
    assert "names 3 colours, it has 2 channels" in dock.media.problems["colours"]
    editor.fields[2].lineEdit().clear()
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 2)
    assert dock.recipe().media.colours == ("red", "green")
    editor.fields[1].lineEdit().setText("grass")
    qtbot.waitUntil(lambda: "'grass' is no colour" in dock.media.problems.get("colours", ""))
    assert [bool(field.property("invalid")) for field in editor.fields[:2]] == [False, True]
    editor.fields[1].lineEdit().setText("none")
    qtbot.waitUntil(lambda: not dock.media.problems)
    assert not editor.fields[1].property("invalid")
    assert dock.recipe().media.colours == ("red", "none")


def test_any_colour_may_be_chosen_in_a_dialog(qtbot, monkeypatch):
    editor = ColoursEditor()
    qtbot.addWidget(editor)
    editor.offer(["DAPI"])
    editor.check.setChecked(True)
    assert editor.value() == ("grey",)
    field = editor.fields[0]
    for chosen, expected in ((QColor("#102030"), "#102030"), (QColor(), "#102030")):
        monkeypatch.setattr(QColorDialog, "getColor", lambda *_, chosen=chosen: chosen)
        with qtbot.waitSignal(editor.changed):
            field.setCurrentIndex(field.findText(OTHER))
            field.activated.emit(field.currentIndex())
        assert editor.value() == (expected,)
    field.setCurrentIndex(field.findText("none (left out)"))
    assert editor.value() == ("none",)


def test_many_channels_begin_with_as_many_colours_as_there_are(qtbot):
    editor = ColoursEditor()
    qtbot.addWidget(editor)
    editor.offer(range(MOST_CHANNELS + 5))
    editor.check.setChecked(True)
    assert len(editor.value()) == MOST_CHANNELS
    assert editor.value()[5:8] == ("blue", "none", "none")


def test_a_stack_is_shown_and_cut_as_one_plane(dock, previewed, stack, viewer, qtbot):
    folder, pixels = stack
    plan = previewed(media__folder=str(folder))
    assert len(plan.images[0].planes) == 5
    z = dock.media.editor("z")
    assert [z.itemText(row) for row in range(z.count())] == ["each", "max", "mean", "0", "1", "2", "3", "4"]
    unfold(dock.media)
    for text, expected in (("max", pixels.max(0)), ("mean", np.rint(pixels.mean(0))), ("3", pixels[3])):
        z.lineEdit().setFocus()
        z.lineEdit().selectAll()
        qtbot.keyClicks(z.lineEdit(), text)
        qtbot.waitUntil(lambda expected=expected: np.array_equal(viewer.layers["Preview image"].data, expected))
        assert len(dock.plan.images[0].planes) == 1
        assert str(dock.recipe().media.z) == text
    z.lineEdit().clear()
    qtbot.waitUntil(lambda: dock.recipe().media.z == "each")
    z.lineEdit().setText("9")
    qtbot.waitUntil(lambda: "has no z 9" in dock.media.problems.get("z", ""))


def test_a_value_keeps_its_kind_whether_listed_or_not(qtbot):
    editor = PickEditor({None: "all"})
    qtbot.addWidget(editor)
    for value in (3, "DAPI", None, "7"):
        editor.offer(["7", "DAPI"] if value == "7" else [])
        editor.set_value(value)
        assert editor.value() == value
        assert type(editor.value()) is type(value)
