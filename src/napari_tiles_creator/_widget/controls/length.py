"""Editor for a length: a number and its unit, kept to the last digit."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import NARROW_COMBO
from napari_tiles_creator.geometry.pixel_size import UM_PER_UNIT

UNITS = ("nm", "µm", "mm", "cm", "m")


class LengthEditor(QWidget):
    """A length in micrometres, shown and typed in any unit.

    Converted in decimal digits: 172.5 nm is 0.1725 µm, not the float next to it. What cannot be understood is handed
    on as it was typed, so that the recipe says what is wrong with it.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._value: float | str | None = None
        self.line = QLineEdit()
        self.line.setMinimumWidth(50)
        self.unit = QComboBox()
        self.unit.addItems(UNITS)
        self.unit.setCurrentText("µm")
        self.unit.setStyleSheet(NARROW_COMBO)
        self.unit.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.unit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.unit.installEventFilter(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.unit)
        self.line.textEdited.connect(self._take)
        self.unit.currentTextChanged.connect(self._show)
        self.setFocusProxy(self.line)

    def value(self) -> float | str | None:
        """Return the length, µm; None where nothing is given, the text where it is no number."""
        return self._value

    def set_value(self, value: float | None) -> None:
        """Show a length, µm; sends `changed` where it is another."""
        if value == self._value:
            return
        self._value = value
        self._show()
        self.changed.emit()

    def set_hint(self, text: str) -> None:
        """Show a text where nothing is given."""
        self.line.setPlaceholderText(text)

    def setToolTip(self, text: str) -> None:
        """Explain the number; its unit explains itself."""
        self.line.setToolTip(text)

    def setAccessibleName(self, name: str) -> None:
        """Name the number and its unit for screen readers."""
        super().setAccessibleName(name)
        self.line.setAccessibleName(name)
        self.unit.setAccessibleName(f"{name}, unit")

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        """Leave the wheel over the units to the panel's scroll bar unless they are being chosen."""
        if event.type() != QEvent.Type.Wheel or watched.hasFocus():
            return False
        event.ignore()  # so that it goes on to the parent
        return True

    def _take(self, text: str) -> None:
        text = text.strip()
        try:
            self._value = float(Decimal(text.replace(",", ".")) * self._um()) if text else None
        except InvalidOperation:
            self._value = text
        self.changed.emit()

    def _show(self, _: object = None) -> None:
        """Write the length in the unit; the length itself stays as it is."""
        shown = self._value
        if isinstance(shown, float | int):
            shown = format((Decimal(repr(float(shown))) / self._um()).normalize(), "f")
        with signals_blocked(self.line):
            self.line.setText("" if shown is None else shown)
            self.line.setCursorPosition(0)

    def _um(self) -> Decimal:
        return Decimal(repr(UM_PER_UNIT[self.unit.currentText()]))
