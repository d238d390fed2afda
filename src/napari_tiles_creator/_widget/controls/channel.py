"""Editor for one channel or all: a name from the list, or any other name or number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QComboBox
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import NARROW_COMBO
from napari_tiles_creator._widget.controls.line import whole_number

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL = "all"


class ChannelEditor(QComboBox):
    """All channels (None), or one by its name or its number from 0."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(3)
        self.setStyleSheet(NARROW_COMBO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().setPlaceholderText(ALL)
        self.offer(())
        self.currentTextChanged.connect(lambda _: self.changed.emit())

    def offer(self, channels: Sequence[int | str]) -> None:
        """List these channels; what is chosen stays, listed or not."""
        if [self.itemData(row) for row in range(1, self.count())] == list(channels) and self.count():
            return
        value = self.value()
        with signals_blocked(self):
            self.clear()
            self.addItem(ALL, None)
            for channel in channels:
                self.addItem(str(channel), channel)
            self.set_value(value)

    def value(self) -> int | str | None:
        """Return the channel; a text that is in the list stands for what is listed."""
        text = self.currentText().strip()
        if text in ("", ALL):
            return None
        row = self.findText(text, Qt.MatchFlag.MatchFixedString | Qt.MatchFlag.MatchCaseSensitive)
        channel: int | str = self.itemData(row) if row > 0 else whole_number(text)
        return channel

    def set_value(self, value: int | str | None) -> None:
        """Show a channel."""
        self.setCurrentText(ALL if value is None else str(value))

    def wheelEvent(self, event: QEvent) -> None:
        """Leave the wheel to the panel's scroll bar unless the field is being edited."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()
