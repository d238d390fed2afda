"""Shares shown in percent."""

import pytest
from qtpy.QtCore import Qt

from napari_tiles_creator._widget.controls.percent import PercentEditor


@pytest.fixture
def editor(qtbot):
    made = PercentEditor("any", prefix="≥ ")
    qtbot.addWidget(made)
    return made


def test_all_digits_of_an_untouched_value_stay(editor):
    editor.set_value(0.123456789)
    assert editor.value() == 0.123456789
    assert editor.text() in ("≥ 12.35 %", "≥ 12,35 %")


def test_typed(editor, qtbot):
    editor.selectAll()
    qtbot.keyClicks(editor, "7")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert editor.value() == 0.07
    assert editor.text() == "≥ 7 %"


def test_zero_has_a_word(editor):
    editor.set_value(0.5)
    assert editor.text() == "≥ 50 %"
    editor.set_value(0.0)
    assert editor.text() == "any"
    assert editor.value() == 0
