"""Editor for what becomes of tiles without an object: a rule, or how many there may be to each labelled one."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSizePolicy, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import ChoiceEditor
from napari_tiles_creator._widget.controls.percent import NARROW

RATIO = "ratio"
LABELS = {"auto": "As the layout wants", "keep": "Keep", "drop": "Leave out", RATIO: "To labelled ones"}


class EmptyTilesEditor(QWidget):
    """A choice, and beside it a number where a ratio is chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rule = ChoiceEditor(LABELS)
        self.ratio = _RatioSpin()
        self.ratio.setValue(1.0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.rule, 3)
        layout.addWidget(self.ratio, 2)
        self.setFocusProxy(self.rule)
        self.rule.changed.connect(self._edited)
        self.ratio.valueChanged.connect(lambda _: self.changed.emit())
        self._show()

    def setAccessibleName(self, name: str) -> None:
        """Name both for screen readers."""
        super().setAccessibleName(name)
        self.rule.setAccessibleName(name)
        self.ratio.setAccessibleName(f"{name}: empty tiles to each labelled one")

    def value(self) -> Any:
        """Return the rule or the ratio."""
        rule = self.rule.value()
        return self.ratio.value() if rule == RATIO else rule

    def set_value(self, value: Any) -> None:
        """Show a rule or a ratio."""
        with signals_blocked(self.rule), signals_blocked(self.ratio):
            self.rule.set_value(value if isinstance(value, str) else RATIO)
            if not isinstance(value, str):
                self.ratio.setValue(value)
        self._show()

    def _edited(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        self.ratio.setVisible(self.rule.value() == RATIO)


class _RatioSpin(QDoubleSpinBox):
    """So many empty tiles to each labelled one; leaves the wheel to the panel unless it is being edited."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(0, 1000)
        self.setDecimals(3)
        self.setSingleStep(0.1)
        self.setSuffix(" : 1")
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self.setStyleSheet(NARROW)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def textFromValue(self, value: float) -> str:
        """Return the number without zeros at its end."""
        text: str = super().textFromValue(value)
        point = self.locale().decimalPoint()
        return text.rstrip("0").rstrip(point) if point in text else text

    def wheelEvent(self, event: QEvent) -> None:
        """Take the wheel with the keyboard focus only."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()
