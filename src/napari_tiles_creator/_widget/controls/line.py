"""Editor for a line of text, a number or a name.

What cannot be understood is handed on as it was typed, so that the recipe says what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtWidgets import QLabel, QLineEdit

from napari_tiles_creator._widget.controls.labels import set_muted

if TYPE_CHECKING:
    from collections.abc import Callable


class LineEditor(QLineEdit):
    """A line of text.

    Parameters
    ----------
    read : callable, default str
        Turns the text into the value.
    empty : object, default ""
        Value of an empty line.
    hint : str, default ""
        Shown in the empty line.
    unit : str, default ""
        Shown at the right end of the field.
    """

    changed = Signal()

    def __init__(
        self, read: Callable[[str], Any] = str, *, empty: Any = "", hint: str = "", unit: str = "", width: int = 40
    ) -> None:
        super().__init__()
        self._read, self._empty = read, empty
        # The value behind an untouched text: all of its digits, and its type.
        self._given: tuple[str, Any] = ("", empty)
        self.setPlaceholderText(hint)
        self.setMinimumWidth(width)
        self._unit = QLabel(unit, self)
        set_muted(self._unit)
        self._unit.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._unit.setVisible(bool(unit))
        self.textChanged.connect(self.changed)

    def value(self) -> Any:
        """Return what the line says."""
        text = self.text().strip()
        if text == self._given[0]:
            return self._given[1]
        return self._read(text) if text else self._empty

    def set_value(self, value: Any) -> None:
        """Show a value."""
        text = "" if value == self._empty else f"{value:.12g}" if isinstance(value, float) else str(value)
        self._given = (text, value)
        self.setText(text)
        self.setCursorPosition(0)

    def resizeEvent(self, event: QEvent) -> None:
        """Keep the unit at the right end."""
        super().resizeEvent(event)
        if self._unit.text():
            size = self._unit.sizeHint()
            self._unit.setGeometry(
                self.width() - size.width() - 4, (self.height() - size.height()) // 2, size.width(), size.height()
            )
            self.setTextMargins(0, 0, size.width() + 4, 0)


def number(text: str) -> float | str:
    """Return the number a text means, with a point or a comma; the text where it means none."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def whole_number(text: str) -> int | str:
    """Return the whole number a text means; the text where it means none."""
    return int(text) if text.isdecimal() else text
