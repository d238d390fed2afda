"""The Calibration panel: lengths with units, what becomes of images of several pixel sizes."""

import re

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QPoint, Qt

from image_folder import write_image
from napari_tiles_creator._widget.controls.fold import FoldButton


def type_into(qtbot, line, text):
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text)


@pytest.fixture
def source_size(dock):
    return dock.calibration.editor("pixel_size_um")


@pytest.fixture
def two_sizes(images):
    """Three images of 0.65 µm and one of 0.1725 µm per pixel."""
    write_image(images / "fine.tif", (200, 100), 0.1725)
    return images


@pytest.mark.parametrize(
    ("unit", "text", "um"),
    [("µm", "0.1725", 0.1725), ("nm", "172.5", 0.1725), ("mm", "0.0001725", 0.1725), ("m", "0.000000325", 0.325)],
)
def test_a_length_keeps_its_digits_in_every_unit(dock, source_size, qtbot, unit, text, um):
    qtbot.mouseClick(source_size.unit, Qt.MouseButton.LeftButton)
    qtbot.keyClick(source_size.unit, Qt.Key.Key_Escape)
    source_size.unit.setCurrentText(unit)
    type_into(qtbot, source_size.line, text)
    assert dock.calibration.value().pixel_size_um == um
    for other in ("m", "cm", "mm", "nm", "µm"):
        source_size.unit.setCurrentText(other)
        assert dock.calibration.value().pixel_size_um == um
    assert source_size.line.text() == repr(um)


def test_a_unit_is_no_change_of_the_recipe(dock, source_size, qtbot):
    source_size.set_value(0.1725)
    changes = []
    dock.recipeChanged.connect(lambda: changes.append(dock.recipe()))
    source_size.unit.setCurrentText("nm")
    assert source_size.line.text() == "172.5"
    assert changes == []


def test_what_is_no_length_is_marked(dock, source_size, qtbot):
    for wrong in ("wide", "0", "-1"):
        type_into(qtbot, source_size.line, wrong)
        qtbot.waitUntil(lambda wrong=wrong: wrong in dock.calibration.problems.get("pixel_size_um", ""))
        assert source_size.line.property("invalid")
    source_size.line.clear()
    qtbot.keyClick(source_size.line, Qt.Key.Key_Backspace)
    source_size.set_value(None)
    qtbot.waitUntil(lambda: not dock.calibration.problems)


def test_what_the_files_say_is_shown(dock, planned, source_size, two_sizes, images):
    (images / "fine.tif").rename(images.parent / "fine.tif")
    planned()
    assert source_size.line.placeholderText() == "0.65 (from the files)"
    (images.parent / "fine.tif").rename(images / "fine.tif")
    planned(media__pattern="*.tif*")
    assert source_size.line.placeholderText() == "each file's own"
    assert dock.calibration.value().pixel_size_um is None


def test_every_kind_of_image_is_told(dock, planned, two_sizes, qtbot):
    plan = planned()
    assert "differ, 0.1725 to 0.65 µm" in dock.calibration.result.text()
    rescale = dock.calibration.editor("enabled")
    qtbot.mouseClick(rescale, Qt.MouseButton.LeftButton, pos=QPoint(8, rescale.height() // 2))
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan is not plan)
    rows = [re.findall("<td[^>]*>([^<]*)", row) for row in dock.calibration.result.text().split("<tr>")]
    assert ["1 ×", "0.1725", "200×100→106×53", "×0.531"] in rows  # 0.1725 / 0.325 × 200 = 106.2
    assert ["1 ×", "0.65", "96×80→192×160", "×2"] in rows
    assert len(rows) == 1 + 1 + 4
    assert dock.calibration.header.summary.text() == "each file's → 0.325 µm"


def test_layers_of_others_stay_as_they_are(dock, planned, viewer, qtbot):
    mine = viewer.add_image(np.zeros((9, 9)), name="mine", scale=(3, 3), contrast_limits=(0, 5))
    mine.visible = False
    planned(calibration__enabled=True)
    dock.preview_tiles()
    qtbot.waitUntil(lambda: "Current tile" in viewer.layers)
    dock.calibration.editor("target_pixel_size_um").set_value(0.5)
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe.calibration.target_pixel_size_um == 0.5)
    assert tuple(mine.scale) == (3, 3)
    assert not mine.visible
    assert list(mine.contrast_limits) == [0, 5]


def test_a_number_may_be_typed_digit_by_digit(dock, planned, qtbot):
    planned(calibration__enabled=True)
    target = dock.calibration.editor("target_pixel_size_um")
    type_into(qtbot, target.line, "0.26")
    qtbot.waitUntil(lambda: dock.plan is not None and dock.plan.recipe.calibration.target_pixel_size_um == 0.26)
    assert "×2.5" in dock.calibration.result.text()


def test_the_files_own_levels_are_offered_where_there_are_any(dock, planned, images, qtbot):
    use = dock.calibration.editor("use_pyramid")
    planned(calibration__enabled=True)
    assert use.isHidden()
    pixels = np.random.default_rng(0).integers(0, 4000, (400, 400), np.uint16)
    with tifffile.TiffWriter(images / "levels.tif") as file:
        settings = {"tile": (64, 64), "resolution": (1e4, 1e4), "resolutionunit": "CENTIMETER"}
        file.write(pixels, subifds=1, **settings)
        file.write(pixels[::2, ::2], subfiletype=1, tile=(64, 64))
    plan = planned(media__pattern="levels*", calibration__enabled=True, calibration__target_pixel_size_um=4)
    assert [image.level for image in plan.images] == [1]
    assert not use.isHidden()
    dock.calibration.header.unfold()
    for fold in dock.calibration.findChildren(FoldButton):
        fold.unfold()
    qtbot.mouseClick(use, Qt.MouseButton.LeftButton, pos=QPoint(8, use.height() // 2))
    qtbot.waitUntil(lambda: dock.plan is not None and [image.level for image in dock.plan.images] == [0])
    planned(calibration__enabled=True, calibration__use_pyramid=False, media__pattern="image*")
    assert not use.isHidden()  # it is set, and must be seen to be mended
