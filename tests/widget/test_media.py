"""The Media panel as a user works it: choosing, dropping, sorting, ticking, and what it tells."""

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from deep_folder import make_deep_folder
from napari_tiles_creator._widget.panels.sources_model import NAME, PIXEL, SIZE, TYPE
from napari_tiles_creator.recipe.media import OPEN_LAYERS


def write(path, pixels, pixel_size_um=None, **settings):
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixel_size_um:
        settings |= {
            "imagej": True,
            "resolution": (1 / pixel_size_um,) * 2,
            "metadata": {"unit": "um", **settings.pop("metadata", {})},
        }
    tifffile.imwrite(path, pixels, **settings)


@pytest.fixture
def mixed(tmp_path):
    """Files that differ in everything, one of which is broken."""
    folder = tmp_path / "mixed"
    write(folder / "b.tif", np.zeros((90, 80), np.uint16), 0.5)
    write(folder / "a.tif", np.ones((400, 300), np.uint8), 0.65)
    write(folder / "d.tif", np.ones((9, 1000), np.float32))
    write(folder / "c.tif", np.ones((64, 64), np.uint16), 0.1725)
    (folder / "broken.tif").write_bytes(b"no image")
    return folder


@pytest.fixture
def filled(dock, qtbot, mixed):
    """The dock with `mixed` as its folder, as typed."""
    dock.media.editor("folder").line.setText(str(mixed))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 4)
    return dock


def names(dock):
    model = dock.media.model
    return [model.data(model.index(row, NAME)) for row in range(model.rowCount())]


def click_header(dock, qtbot, column):
    header = dock.media.table.horizontalHeader()
    place = header.rect().center()
    place.setX(header.sectionViewportPosition(column) + 12)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def click_tick(dock, qtbot, name):
    table = dock.media.table
    rect = table.visualRect(table.model().index(names(dock).index(name), NAME))
    place = rect.center()
    place.setX(rect.left() + 10)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_table_tells_what_the_headers_say(filled):
    model = filled.media.model
    shown = {
        model.data(model.index(row, NAME)): [model.data(model.index(row, c)) for c in (SIZE, TYPE, PIXEL)]
        for row in range(5)
    }
    assert shown["a.tif"] == ["400×300", "uint8", "0.65"]
    assert shown["c.tif"] == ["64×64", "uint16", "0.1725"]
    assert shown["d.tif"] == ["9×1000", "float32", ""]
    assert shown["broken.tif"] == ["cannot be read: it is no TIFF file, whatever its name says", "", ""]
    row = names(filled).index("a.tif")
    assert "ImageJ" in model.data(model.index(row, PIXEL), Qt.ItemDataRole.ToolTipRole)
    row = names(filled).index("d.tif")
    assert "none in the file" in model.data(model.index(row, PIXEL), Qt.ItemDataRole.ToolTipRole)
    row = names(filled).index("broken.tif")
    assert not model.data(model.index(row, NAME), Qt.ItemDataRole.DecorationRole).isNull()


def test_the_header_counts_and_tells_the_shape(filled, qtbot, mixed):
    summary = filled.media.header.summary
    assert summary.text() == "4 of 5 images · different shapes"
    for name in ("b.tif", "c.tif", "d.tif"):
        click_tick(filled, qtbot, name)
    qtbot.waitUntil(lambda: summary.text() == "1 of 5 images · 400×300")
    assert filled.media.fields()["exclude"] == ("b.tif", "c.tif", "d.tif")
    assert filled.recipe().media.exclude == ("b.tif", "c.tif", "d.tif")


def test_a_click_on_a_header_sorts_by_number(filled, qtbot):
    assert names(filled) == ["a.tif", "b.tif", "broken.tif", "c.tif", "d.tif"]
    click_header(filled, qtbot, SIZE)
    assert names(filled) == ["c.tif", "b.tif", "d.tif", "a.tif", "broken.tif"]
    click_header(filled, qtbot, SIZE)
    assert names(filled) == ["broken.tif", "a.tif", "d.tif", "b.tif", "c.tif"]
    click_header(filled, qtbot, SIZE)
    assert names(filled) == ["a.tif", "b.tif", "broken.tif", "c.tif", "d.tif"]
    click_header(filled, qtbot, PIXEL)
    assert names(filled) == ["c.tif", "b.tif", "a.tif", "d.tif", "broken.tif"]
    click_header(filled, qtbot, TYPE)
    assert names(filled) == ["a.tif", "b.tif", "c.tif", "d.tif", "broken.tif"]
    click_header(filled, qtbot, NAME)
    click_header(filled, qtbot, NAME)
    assert names(filled) == ["d.tif", "c.tif", "broken.tif", "b.tif", "a.tif"]


def test_a_tick_means_its_row_when_sorted(filled, qtbot):
    click_header(filled, qtbot, SIZE)
    click_tick(filled, qtbot, "a.tif")
    qtbot.waitUntil(lambda: "a.tif" not in [image.name for image in filled.plan.images])
    assert [image.name for image in filled.plan.images] == ["b.tif", "c.tif", "d.tif"]
    assert names(filled)[3] == "a.tif"  # still sorted
    click_tick(filled, qtbot, "a.tif")
    qtbot.waitUntil(lambda: len(filled.plan.images) == 4)
    assert filled.media.fields()["exclude"] == ()


def test_space_ticks_all_that_is_selected(filled, qtbot):
    table = filled.media.table
    click_header(filled, qtbot, PIXEL)
    table.setFocus()
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: [image.name for image in filled.plan.images] == ["a.tif", "d.tif"])
    qtbot.keyClick(table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(filled.plan.images) == 4)


def test_a_tick_leaves_out_one_file_whatever_its_name(dock, qtbot, tmp_path):
    folder = tmp_path / "odd"
    for name in ("a[1].tif", "a1.tif", "a*.tif"):
        write(folder / name, np.zeros((8, 8), np.uint8))
    dock.media.editor("folder").line.setText(str(folder))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 3)
    click_tick(dock, qtbot, "a[1].tif")
    qtbot.waitUntil(lambda: [image.name for image in dock.plan.images] == ["a*.tif", "a1.tif"])
    click_tick(dock, qtbot, "a*.tif")
    qtbot.waitUntil(lambda: [image.name for image in dock.plan.images] == ["a1.tif"])
    click_tick(dock, qtbot, "a[1].tif")
    qtbot.waitUntil(lambda: [image.name for image in dock.plan.images] == ["a1.tif", "a[1].tif"])


def test_a_double_click_previews_the_image_of_that_row(filled, viewer, qtbot):
    table = filled.media.table
    click_header(filled, qtbot, SIZE)
    place = table.visualRect(table.model().index(names(filled).index("d.tif"), SIZE)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: "Preview image" in viewer.layers)
    assert viewer.layers["Preview image"].data.shape == (9, 1000)


def test_a_double_click_on_a_broken_file_says_why(filled, qtbot):
    table = filled.media.table
    place = table.visualRect(table.model().index(names(filled).index("broken.tif"), SIZE)).center()
    with qtbot.waitSignal(filled.failed) as failed:
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert "broken.tif" in failed.args[0]


@pytest.mark.parametrize("where", ["line", "table"])
def test_a_dropped_folder_is_taken(dock, qtbot, mixed, where):
    widget = dock.media.editor("folder").line if where == "line" else dock.media.table.viewport()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(mixed))])
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    # As Qt does it: the event goes up to the first widget that takes drops.
    while not widget.acceptDrops():
        widget = widget.parentWidget()
    entered = QDragEnterEvent(QPoint(5, 5), *how)
    QApplication.sendEvent(widget, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(widget, QDropEvent(QPointF(5, 5), *how))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 4)
    assert dock.recipe().media.folder == str(mixed)


def test_the_menu_offers_folder_file_and_open_layers(dock, qtbot, mixed, viewer, monkeypatch):
    actions = {action.text().replace("&", ""): action for action in dock.media.editor("folder").button.menu().actions()}
    assert list(actions) == ["Folder…", "File…", "Open layers"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(mixed))
    actions["Folder…"].trigger()
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 4)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(mixed / "b.tif"), ""))
    actions["File…"].trigger()
    qtbot.waitUntil(lambda: dock.plan is not None and [i.name for i in dock.plan.images] == ["b.tif"])
    viewer.add_image(np.zeros((30, 30), np.uint8), name="open")
    actions["Open layers"].trigger()
    qtbot.waitUntil(lambda: dock.plan is not None and [i.name for i in dock.plan.images] == ["open"])
    assert dock.media.editor("folder").line.text() == "Open layers"
    assert dock.recipe().media.folder == OPEN_LAYERS


def test_fields_for_axes_are_shown_where_a_source_has_them(dock, qtbot, tmp_path, images):
    media = dock.media
    media.header.unfold()
    dock.media.editor("folder").line.setText(str(images))
    qtbot.waitUntil(lambda: dock.plan is not None)

    def shown():
        return [f for f in ("channel", "series", "z", "t", "rgb") if not media.editor(f).isHidden()]

    assert shown() == []
    folder = tmp_path / "stacks"
    write(
        folder / "czyx.ome.tif",
        np.zeros((2, 3, 20, 20), np.uint16),
        photometric="minisblack",
        metadata={"axes": "CZYX", "Channel": {"Name": ["DAPI", "GFP"]}},
    )
    media.editor("folder").line.setText(str(folder))
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.images[0].name == "czyx.ome.tif")
    assert shown() == ["channel", "z", "rgb"]
    channel = media.editor("channel")
    assert [channel.itemText(row) for row in range(channel.count())] == ["all", "DAPI", "GFP"]
    channel.setCurrentIndex(2)
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.images[0].channel == 1)
    assert dock.recipe().media.channel == "GFP"
    channel.lineEdit().selectAll()
    qtbot.keyClicks(channel.lineEdit(), "0")
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.images[0].channel == 0)
    assert dock.recipe().media.channel == 0
    media.editor("folder").line.setText(str(images))
    qtbot.waitUntil(lambda: shown() == ["channel"])  # it is set, and must be seen to be mended


def test_an_unreadable_folder_inside_is_one_problem(dock, qtbot, mixed):
    make_deep_folder(mixed)
    dock.set_recipe(dock.recipe().changed({"media.folder": str(mixed), "media.recursive": True}))
    qtbot.waitUntil(lambda: dock.plan is not None and len(dock.plan.images) == 4)
    problems = [item.problem for item in dock.media.model.rows if item.info is None and "broken" not in item.found.name]
    assert len(problems) == 1
    assert "the folder cannot be listed" in problems[0]


def test_ten_thousand_rows_are_sorted_and_ticked_without_delay_for_the_window(dock, qtbot, tmp_path):
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.sources.base import SourceInfo
    from napari_tiles_creator.sources.folder import Found

    media = dock.media
    items = []
    for number in range(10_000):
        path = tmp_path / f"image_{number:05d}.tif"
        info = SourceInfo(path, "YX", (100 + number % 977, 100), np.dtype("uint16"))
        problem = "" if number % 3 else "cannot be read"
        items.append(Scanned(Found(path.name, path, path.stem), 1, info if number % 3 else None, problem))
    media.start_scan()
    media.add_sources(items)
    media.end_scan()
    media.show_kept({item.found.name for item in items})
    click_header(dock, qtbot, SIZE)
    heights = [media.model.item(row).info.plane_shape[0] for row in range(6_666)]
    assert heights == sorted(heights)
    assert media.model.item(9_999).info is None
    assert media.table.rowSpan(9_999, SIZE) == 1
    media.table.selectAll()
    qtbot.keyClick(media.table, Qt.Key.Key_Space)
    assert len(media.fields()["exclude"]) == 10_000
