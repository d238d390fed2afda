"""Editor for one of what is there just now: an open layer, an image of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import NARROW_COMBO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtCore import QEvent


class OfferEditor(QComboBox):
    """A name out of a list that comes and goes; a name that is not in it is kept until it is.

    Parameters
    ----------
    none : str
        Shown where nothing is there to choose from.
    every : str, default ""
        Where given, what stands for all of them (None); comes after them.
    """

    changed = Signal()

    def __init__(self, none: str, every: str = "") -> None:
        super().__init__()
        self._every = every
        self._wanted: str | None = ""
        self._is_known = False
        self.setPlaceholderText(none)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(3)
        self.setStyleSheet(NARROW_COMBO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(self._choose)

    def offer(self, names: Sequence[str]) -> None:
        """List these; what is wanted is chosen where it is among them, else the first."""
        self._is_known = True
        listed = [*names, *([self._every] if self._every and len(names) != 1 and names else [])]
        if listed == [self.itemText(row) for row in range(self.count())]:
            return
        before = self.value()
        with signals_blocked(self):
            self.clear()
            self.addItems(listed)
        self._show()
        if self.value() != before:
            self.changed.emit()

    def forget(self) -> None:
        """List nothing: what there is to choose from is another matter now, and not known yet."""
        self._wanted, self._is_known = "", False
        self.clear()

    def value(self) -> str | None:
        """Return what is chosen, None for all, empty where nothing is there; what is wanted before that is known."""
        if not self._is_known:
            return self._wanted
        return None if self._stands_for_all(self.currentIndex()) else self.currentText()

    def set_value(self, value: str | None) -> None:
        """Choose a name, or all (None), now or when it is there; empty chooses the first."""
        self._wanted = value
        self._show()

    def wheelEvent(self, event: QEvent) -> None:
        """Leave the wheel to the panel's scroll bar unless the field is being edited."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def _choose(self, row: int) -> None:
        self._wanted = None if self._stands_for_all(row) else self.currentText()
        self.changed.emit()

    def _stands_for_all(self, row: int) -> bool:
        return bool(self._every) and row == self.count() - 1 and self.itemText(row) == self._every

    def _show(self) -> None:
        last = self.count() - 1
        row = self.findText(self._wanted) if self._wanted is not None else last if self._stands_for_all(last) else -1
        with signals_blocked(self):
            self.setCurrentIndex(row if row >= 0 else min(0, self.count() - 1))
