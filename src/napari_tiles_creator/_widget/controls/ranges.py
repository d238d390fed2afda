"""Editor for ranges of values that an earlier dataset had."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget
from superqt import QElidingLabel

Ranges = tuple[tuple[float, float], ...]


class RangesEditor(QWidget):
    """What is mapped to the bounds, or that it is measured; a dataset is asked for, and whoever reads it sets them.

    Attributes
    ----------
    datasetChosen : Signal(str)
        The user chose the folder of a dataset.
    """

    changed = Signal()
    datasetChosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._value: Ranges | None = None
        self._origin = ""
        self.said = QElidingLabel()
        self.said.setContentsMargins(4, 0, 4, 0)
        self.take_button = QPushButton("Ranges from dataset…")
        self.take_button.clicked.connect(self.choose)
        self.clear_button = QPushButton("Clear")
        self.clear_button.setToolTip("Measure the range of these images.")
        self.clear_button.clicked.connect(self._clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.take_button, 1)
        layout.addWidget(self.said, 1)
        layout.addWidget(self.clear_button)
        self.setFocusProxy(self.take_button)
        self._show()

    def setToolTip(self, text: str) -> None:
        """Explain it."""
        super().setToolTip(text)
        self.take_button.setToolTip("Map values exactly as an exported dataset of scope Dataset does.")

    def value(self) -> Ranges | None:
        """Return the ranges, one or one a channel; None where they are measured."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show ranges."""
        ranges = None if value is None else tuple((float(low), float(high)) for low, high in value)
        if ranges != self._value:
            self._value, self._origin = ranges, ""
            self._show()

    def take(self, ranges: Any, origin: str) -> None:
        """Show the ranges of a dataset of this name; tells nobody."""
        self.set_value(ranges)
        self._origin = origin
        self._show()

    def choose(self) -> None:
        """Ask for a dataset in a dialog."""
        chosen = QFileDialog.getExistingDirectory(self, "Choose an exported dataset", "")
        if chosen:
            self.datasetChosen.emit(chosen)

    def _clear(self) -> None:
        self.set_value(None)
        self.changed.emit()

    def _show(self) -> None:
        given = self._value is not None
        text = told(self._value or (), self._origin)
        self.said.setText(text)
        self.said.setToolTip(text)
        self.take_button.setVisible(not given)
        self.said.setVisible(given)
        self.clear_button.setVisible(given)


def told(ranges: Ranges, origin: str) -> str:
    """Return ``ranges of tiles: 12 – 4012``."""
    words = ", ".join(f"{low:.6g} – {high:.6g}" for low, high in ranges)
    name = f"ranges of {origin}" if origin else "given ranges"
    return f"{name}: {words}"
