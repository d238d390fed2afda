"""Editors for one field each: a value that is shown, set and changed, whatever the widget beneath.

Every editor has ``value()``, ``set_value(value)`` and the signal ``changed``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_PIXELS = 10_000_000
# napari's margins are wide: in a dock of 340 px two fields and their labels must fit into one row.
NARROW_SPIN = "QSpinBox { min-width: 30px; padding: 1px 2px; }"
NARROW_COMBO = "QComboBox { padding: 3px 0px 3px 6px; } QComboBox::drop-down { width: 20px; }"


class _LeavesWheel:
    """A field that leaves the wheel to the panel's scroll bar unless it is being edited."""

    def wheelEvent(self, event: QEvent) -> None:
        """Take the wheel with the keyboard focus only."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()  # type: ignore[misc, attr-defined]


class IntegerEditor(_LeavesWheel, QSpinBox):
    """A whole number.

    Parameters
    ----------
    low : int
        Smallest value.
    unit : str, default ""
        Shown behind the number.
    empty : str, default ""
        Where given, one below `low` stands for no value (None), shown as this text.
    step : int, default 1
        What the buttons add.
    """

    changed = Signal()

    def __init__(self, low: int, *, unit: str = "", empty: str = "", step: int = 1) -> None:
        super().__init__()
        self._can_be_empty = bool(empty)
        self.setRange(low - 1 if empty else low, MOST_PIXELS)
        self.setSpecialValueText(empty)
        self.setSuffix(f" {unit}" if unit else "")
        self.setSingleStep(step)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(90)
        self.setStyleSheet(NARROW_SPIN)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(lambda _: self.changed.emit())

    def value(self) -> int | None:
        """Return the number, None for none."""
        shown: int = super().value()
        return None if self._can_be_empty and shown == self.minimum() else shown

    def set_value(self, value: int | None) -> None:
        """Show a number."""
        self.setValue(self.minimum() if value is None else value)


class ChoiceEditor(_LeavesWheel, QComboBox):
    """One of a few values.

    Parameters
    ----------
    labels : mapping
        What is shown for each value.
    tips : mapping, optional
        What some of them mean, in one sentence.
    """

    changed = Signal()

    def __init__(self, labels: Mapping[Any, str], tips: Mapping[Any, str] | None = None) -> None:
        super().__init__()
        self._values, self._tips = list(labels), dict(tips or {})
        self.addItems(list(labels.values()))
        self.forbid({})
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(3)
        self.setStyleSheet(NARROW_COMBO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.currentIndexChanged.connect(lambda _: self.changed.emit())

    def value(self) -> Any:
        """Return the chosen value."""
        return self._values[self.currentIndex()]

    def set_value(self, value: Any) -> None:
        """Choose a value."""
        self.setCurrentIndex(self._values.index(value))

    def forbid(self, reasons: Mapping[Any, str]) -> None:
        """Disable these values, each with its reason as tooltip; enable the others."""
        for row, value in enumerate(self._values):
            item = self.model().item(row)
            item.setEnabled(value not in reasons)
            item.setToolTip(reasons.get(value) or self._tips.get(value, ""))


class SegmentsEditor(QWidget):
    """One of a few values, all in sight.

    Parameters
    ----------
    labels : mapping
        What is shown for each value.
    tips : mapping, optional
        What each value means, in one sentence.

    Attributes
    ----------
    chosen : Signal(object)
        The user, and nobody else, chose this value.
    """

    changed = Signal()
    chosen = Signal(object)

    def __init__(self, labels: Mapping[Any, str], tips: Mapping[Any, str] | None = None) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._buttons: dict[Any, QPushButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for value, label in labels.items():
            button = self._buttons[value] = QPushButton(label)
            button.setCheckable(True)
            button.setToolTip((tips or {}).get(value, ""))
            button.setAccessibleName(label)
            self._group.addButton(button)
            layout.addWidget(button, 1)
        self._group.buttonToggled.connect(lambda _, on: self.changed.emit() if on else None)
        self._group.buttonClicked.connect(lambda _: self.chosen.emit(self.value()))
        self.setFocusProxy(next(iter(self._buttons.values())))

    def value(self) -> Any:
        """Return the chosen value."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), None)

    def set_value(self, value: Any) -> None:
        """Choose a value."""
        self._buttons[value].setChecked(True)


class CheckEditor(QCheckBox):
    """Yes or no.

    Parameters
    ----------
    text : str
        What is checked.
    """

    changed = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.toggled.connect(lambda _: self.changed.emit())

    def value(self) -> bool:
        """Return whether it is checked."""
        on: bool = self.isChecked()
        return on

    def set_value(self, value: bool) -> None:
        """Check or uncheck it."""
        self.setChecked(value)


class PairEditor(QWidget):
    """Two editors beside each other for a field that holds two values, or one for both axes.

    Parameters
    ----------
    first, second : editor
        For y and x, or for the lower and the upper value.
    can_be_one : bool
        Whether the second may be hidden, the first then standing for both.
    """

    changed = Signal()

    def __init__(self, first: Any, second: Any, *, can_be_one: bool) -> None:
        super().__init__()
        self.first, self.second = first, second
        self._is_one = can_be_one
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for editor in (first, second):
            layout.addWidget(editor, 1)
            editor.changed.connect(self.changed)
        second.setVisible(not can_be_one)
        self.setFocusProxy(first)

    def setAccessibleName(self, name: str) -> None:
        """Name both for screen readers."""
        super().setAccessibleName(name)
        self.first.setAccessibleName(name)
        self.second.setAccessibleName(f"{name}, second value")

    def value(self) -> Any:
        """Return one value or two."""
        return self.first.value() if self._is_one else (self.first.value(), self.second.value())

    def set_value(self, value: Any) -> None:
        """Show one value or two."""
        self.set_one(not isinstance(value, tuple))
        first, second = value if isinstance(value, tuple) else (value, value)
        self.first.set_value(first)
        self.second.set_value(second)

    @property
    def is_one(self) -> bool:
        """Whether the first value stands for both."""
        return self._is_one

    def set_one(self, one: bool) -> None:
        """Let the first value stand for both, or not; the second then starts as the first."""
        if one == self._is_one:
            return
        self._is_one = one
        self.second.set_value(self.first.value())
        self.second.setVisible(not one)
        self.changed.emit()
