"""Editor for what becomes of tiles without an object: a rule, or how many there may be to each labelled one."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import ChoiceEditor
from napari_tiles_creator._widget.controls.percent import NarrowNumber

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


class _RatioSpin(NarrowNumber):
    """So many empty tiles to each labelled one."""

    def __init__(self) -> None:
        super().__init__(80)
        self.setRange(0, 1000)
        self.setDecimals(3)
        self.setSingleStep(0.1)
        self.setSuffix(" : 1")
