"""Editor for one of a few named choices, or a name or number beyond them: a channel, a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QComboBox
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import NARROW_COMBO
from napari_tiles_creator._widget.controls.line import whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = int | str | None
MOST_LISTED = 100


class PickEditor(QComboBox):
    """A value that has a name, or one of what the images offer; both may be typed.

    Parameters
    ----------
    named : mapping
        What is shown for each value that is always there; the first is that of an empty line.
    tips : mapping, optional
        What some of these mean, in a few words.
    """

    changed = Signal()

    def __init__(self, named: Mapping[Value, str], tips: Mapping[Value, str] | None = None) -> None:
        super().__init__()
        self._named, self._tips = dict(named), dict(tips or {})
        self._empty = next(iter(self._named))
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(3)
        self.setStyleSheet(NARROW_COMBO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setPlaceholderText(self._named[self._empty])
        self._fill(())
        self.set_value(self._empty)
        self.currentTextChanged.connect(lambda _: self.changed.emit())

    def offer(self, values: Sequence[int | str]) -> None:
        """List these, too, as far as there are not too many; what is chosen stays, listed or not."""
        values = values[:MOST_LISTED]
        if [self.itemData(row) for row in range(len(self._named), self.count())] == list(values):
            return
        value = self.value()
        with signals_blocked(self):
            self._fill(values)
            self.set_value(value)

    def value(self) -> Value:
        """Return what is chosen; a text that is in the list stands for what is listed."""
        text = self.currentText().strip()
        row = self.findText(text, Qt.MatchFlag.MatchFixedString | Qt.MatchFlag.MatchCaseSensitive)
        if row >= 0:
            listed: Value = self.itemData(row)
            return listed
        return whole_number(text) if text else self._empty

    def set_value(self, value: Value) -> None:
        """Show a value."""
        self.setCurrentText(self._named.get(value, str(value)))

    def wheelEvent(self, event: QEvent) -> None:
        """Leave the wheel to the panel's scroll bar unless the field is being edited."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def _fill(self, values: Sequence[int | str]) -> None:
        self.clear()
        for value, label in [*self._named.items(), *((value, str(value)) for value in values)]:
            self.addItem(label, value)
            if value in self._tips:
                self.setItemData(self.count() - 1, self._tips[value], Qt.ItemDataRole.ToolTipRole)
