"""Editor for a share, shown in percent, and the narrow number that it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QDoubleSpinBox, QSizePolicy

if TYPE_CHECKING:
    from qtpy.QtCore import QEvent

NARROW = "QDoubleSpinBox { min-width: 30px; padding: 1px 2px; }"
DECIMALS = 2


class NarrowNumber(QDoubleSpinBox):
    """A number as short as can be; leaves the wheel to the panel's scroll bar unless it is being edited."""

    def __init__(self, narrowest_px: int) -> None:
        super().__init__()
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(narrowest_px)
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


class PercentEditor(NarrowNumber):
    """A share from 0 to 1.

    Parameters
    ----------
    empty : str, default ""
        Where given, what is shown instead of 0 %.
    prefix : str, default ""
        Shown before the number.
    """

    changed = Signal()

    def __init__(self, empty: str = "", *, prefix: str = "") -> None:
        super().__init__(70)
        self._given: tuple[float, float] = (0.0, 0.0)  # the share behind an untouched number: all of its digits
        self.setRange(0, 100)
        self.setDecimals(DECIMALS)
        self.setPrefix(prefix)
        self.setSuffix(" %")
        self.setSpecialValueText(empty)
        self.valueChanged.connect(lambda _: self.changed.emit())

    def value(self) -> float:
        """Return the share."""
        shown: float = super().value()
        return self._given[1] if shown == self._given[0] else round(shown / 100, DECIMALS + 2)

    def set_value(self, value: float) -> None:
        """Show a share."""
        self._given = (round(100 * value, DECIMALS), value)
        self.setValue(100 * value)


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.3g} %"
