"""What is wrong is told beside the field, in the panel of its section."""

import pytest
from qtpy.QtCore import Qt

from image_folder import write_image
from napari_tiles_creator import Recipe


def type_into(qtbot, editor, text):
    editor.setFocus()
    editor.selectAll()
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_overlap_as_large_as_the_tile(dock, qtbot):
    overlap = dock.tiles.editor("overlap_px").first
    type_into(qtbot, overlap, "600")
    qtbot.waitUntil(lambda: "overlap_px" in dock.tiles.problems)
    assert "600" in dock.tiles.problems["overlap_px"]
    assert overlap.property("invalid")
    message = dock.tiles.field_message("overlap_px")
    assert not message.isHidden()
    assert message.text() == dock.tiles.problems["overlap_px"]
    assert message.text() in dock.footer.status.text()
    assert dock.plan is None
    type_into(qtbot, overlap, "100")
    qtbot.waitUntil(lambda: not dock.tiles.problems)
    assert not overlap.property("invalid")
    assert message.isHidden()


def test_text_where_a_number_is_meant(dock, qtbot):
    type_into(qtbot, dock.normalization.editor("low"), "dark")
    qtbot.waitUntil(lambda: "low" in dock.normalization.problems)
    assert "dark" in dock.normalization.problems["low"]


def test_a_comma_is_a_point(dock, qtbot):
    dock.calibration.editor("enabled").setChecked(True)
    type_into(qtbot, dock.calibration.editor("target_pixel_size_um").line, "0,25")
    assert dock.calibration.value().target_pixel_size_um == 0.25


def test_format_that_cannot_hold_the_type(dock, qtbot):
    dock.set_recipe(Recipe.preset("yolo", source="", output=""))
    dock.normalization.editor("dtype").set_value("float32")
    qtbot.waitUntil(lambda: "format" in dock.export.problems)
    assert "float32" in dock.export.problems["format"]
    formats = dock.export.editor("format")
    enabled = {formats.itemText(i): formats.model().item(i).isEnabled() for i in range(formats.count())}
    assert enabled == {".tif": True, ".png": False, ".jpg": False}
    assert "float32" in formats.model().item(1).toolTip()


def test_several_problems_at_once(dock, qtbot):
    type_into(qtbot, dock.tiles.editor("overlap_px").first, "600")
    type_into(qtbot, dock.normalization.editor("low"), "dark")
    qtbot.waitUntil(lambda: bool(dock.tiles.problems and dock.normalization.problems))


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_folder_without_images(dock, qtbot, tmp_path, name):
    (tmp_path / "empty").mkdir()
    dock.media.editor("folder").line.setText(str(tmp_path / name))
    qtbot.waitUntil(lambda: bool(dock.media.problems))
    assert name in next(iter(dock.media.problems.values()))
    assert dock.plan is None


def test_nothing_is_scanned_before_a_folder_is_chosen(dock, qtbot):
    dock._refresh()
    assert not dock._jobs.is_running("scan")
    assert not dock.media.problems
    assert "Choose a folder" in dock.footer.status.text()


@pytest.mark.parametrize("action", ["export_tiles", "preview_tiles", "show_sample"])
def test_actions_without_a_folder_say_so(dock, qtbot, action):
    with qtbot.waitSignal(dock.failed):
        getattr(dock, action)()
    assert "folder" in dock.media.problems


def test_export_folder_inside_the_images(dock, planned, images, qtbot):
    planned()
    dock.export.editor("folder").line.setText(str(images / "tiles"))
    qtbot.waitUntil(lambda: "folder" in dock.export.problems)
    assert "inside" in dock.export.problems["folder"]
    assert dock.export.editor("folder").line.property("invalid")
    with qtbot.waitSignal(dock.failed):
        dock.export_tiles()
    assert not (images / "tiles").exists()


def test_unreadable_file_is_named(dock, planned, images):
    (images / "broken.tif").write_bytes(b"no image at all")
    plan = planned()
    assert [failure.source for failure in plan.failed] == ["broken.tif"]
    row = next(i for i, item in enumerate(dock.media.model.rows) if item.found.name == "broken.tif")
    assert "broken.tif" in dock.media.model.problem(row)
    assert "3 of 4 images" in dock.media.header.summary.text()
    assert "broken.tif" in dock.footer.notes.text()


def test_link_leads_to_the_field(dock, qtbot):
    dock.media.header.unfold(False)
    dock.footer.status.linkActivated.emit("media.folder")
    assert dock.media.header.is_unfolded
    qtbot.waitUntil(lambda: dock.media.editor("folder").line.hasFocus() or not dock.isActiveWindow())


def test_a_plan_without_tiles_says_why(dock, qtbot, images, tmp_path):
    """16-bit images and a preset for 8 bits: the reason is in sight before anything is pressed."""
    recipe = Recipe.preset("axons", source=images, output=tmp_path / "tiles")
    dock.set_recipe(recipe)
    qtbot.waitUntil(lambda: "uint8 cannot hold" in dock.footer.status.text())
    assert "dtype" in dock.normalization.problems
    assert "normalization." not in dock.footer.status.text().partition("<a")[0]
    assert "Normalization › Type" in dock.footer.status.text()


def test_messages_speak_of_the_docks_labels(dock, planned, qtbot, images):
    for path in images.iterdir():
        path.unlink()
    write_image(images / "plain.tif")
    dock.set_recipe(Recipe.preset("unet", source=images, output=images.parent / "tiles"))
    qtbot.waitUntil(lambda: dock.plan is not None)
    rescale = dock.calibration.editor("enabled")
    rescale.setChecked(True)
    qtbot.waitUntil(lambda: "no pixel size" in dock.footer.status.text())
    assert "enter it at Calibration › From" in dock.footer.status.text()
    assert "--" not in dock.footer.status.text()
    assert dock.calibration.editor("pixel_size_um").line.property("invalid")


def test_all_images_unticked(dock, planned, qtbot):
    planned()
    model = dock.media.model
    for row in range(model.rowCount()):
        model.setData(model.index(row, 0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: "all images are left out" in dock.footer.status.text())
