"""Editor for the colours that compose channels: none, or one a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QCheckBox, QColorDialog, QComboBox, QGridLayout, QLabel, QVBoxLayout, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import NARROW_COMBO
from napari_tiles_creator._widget.controls.naming import part_around
from napari_tiles_creator.recipe.media import Media

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED = ("magenta", "green", "cyan", "yellow", "red", "blue", "grey")
NONE, OTHER = "none", "other…"
# What channels begin with, by their number, in napari's order: no pair that is often read together is red and green.
BEGIN_WITH = {1: ("grey",), 2: ("magenta", "green")}
BEGIN_WITH_MORE = ("cyan", "yellow", "magenta", "red", "green", "blue")
MOST_CHANNELS = 32
LONGEST_NAME = 16
SWATCH_PX = 12


class ColoursEditor(QWidget):
    """No colours (None): channels stay as they are; or a colour each, which make one picture of them."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self.check = QCheckBox("Compose channels to RGB")
        self.fields: list[ColourField] = []
        self._labels: list[QLabel] = []
        self._holder = QWidget()
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.check, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._holder)
        self._holder.hide()
        self.setFocusProxy(self.check)
        self.check.toggled.connect(self._toggle)

    def text(self) -> str:
        """Return what people call it."""
        return "Colours"

    def setToolTip(self, text: str) -> None:
        """Explain it."""
        super().setToolTip(text)
        self.check.setToolTip(text)

    def setAccessibleName(self, name: str) -> None:
        """Name it for screen readers."""
        super().setAccessibleName(name)
        self.check.setAccessibleName(f"{name}: {self.check.text()}")

    def offer(self, names: Sequence[int | str]) -> None:
        """Tell the channels that the images have, by name or number; what is chosen stays."""
        listed = [str(name) for name in names[:MOST_CHANNELS]]
        if listed == self._names:
            return
        value = self.value()
        self._names = listed
        with signals_blocked(self):
            self._show(value)

    def wrong_parts(self) -> list[QWidget]:
        """Return the fields that hold no colour; all where each of them holds one."""
        return [field for field in self.fields if not field.is_colour] or [*self.fields] or [self.check]

    def value(self) -> tuple[str, ...] | None:
        """Return the colours, None for none; empty fields at the end stand for no channel."""
        if not self.check.isChecked():
            return None
        colours = [field.colour() for field in self.fields]
        while colours and not colours[-1]:
            colours.pop()
        return tuple(colour or NONE for colour in colours)

    def set_value(self, value: Sequence[str] | None) -> None:
        """Show colours."""
        value = tuple(value) if value is not None else None
        if value != self.value():
            self._show(value)
            self.changed.emit()

    def _toggle(self, on: bool) -> None:
        count = max(1, len(self._names))
        colours = BEGIN_WITH.get(count, (*BEGIN_WITH_MORE, *(NONE,) * count)[:count])
        self._show(colours if on else None)
        self.changed.emit()

    def _show(self, value: Sequence[str] | None) -> None:
        """Show a field for each channel and each colour, whichever are more."""
        with signals_blocked(self.check):
            self.check.setChecked(value is not None)
        self._holder.setVisible(value is not None)
        colours = list(value or ())
        self._resize(max(len(colours), len(self._names)) if value is not None else 0)
        for number, field in enumerate(self.fields):
            name = self._names[number] if number < len(self._names) else str(number)
            self._labels[number].setText(part_around(name, len(name), LONGEST_NAME))
            self._labels[number].setToolTip(f"Channel {name}")
            field.setAccessibleName(f"Colour of channel {name}")
            field.show_colour(colours[number] if number < len(colours) else "")

    def _resize(self, count: int) -> None:
        while len(self.fields) > count:
            for widget in (self.fields.pop(), self._labels.pop()):
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        while len(self.fields) < count:
            row, field, label = len(self.fields), ColourField(), QLabel()
            label.setBuddy(field)
            field.changed.connect(self.changed)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(field, row, 1)
            self.setTabOrder(self.fields[-1] if self.fields else self.check, field)
            self.fields.append(field)
            self._labels.append(label)


class ColourField(QComboBox):
    """A colour by its name, or as ``#rrggbb``, typed or chosen."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setStyleSheet(NARROW_COMBO)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        for name in NAMED:
            self.addItem(name)  # an icon here would stay beside other names that are typed
        self.addItem(f"{NONE} (left out)")
        self.addItem(OTHER)
        self.lineEdit().setPlaceholderText("name or #rrggbb")
        self._mark = self.lineEdit().addAction(QIcon(), self.lineEdit().ActionPosition.LeadingPosition)
        self._before = ""
        self.setCurrentText("")
        self.currentTextChanged.connect(self._take)
        self.activated.connect(self._ask)

    def colour(self) -> str:
        """Return the colour, empty where there is none."""
        text = self.currentText().strip()
        return NONE if text == self.itemText(len(NAMED)) else text

    @property
    def is_colour(self) -> bool:
        """Whether it is a colour, or none."""
        return _rgb(self.colour() or NONE)[-1] > 0

    def show_colour(self, colour: str) -> None:
        """Show a colour; sends no signal."""
        with signals_blocked(self):
            self.setCurrentText(self.itemText(len(NAMED)) if colour == NONE else colour)
        self._before = colour
        self._draw()

    def wheelEvent(self, event: QEvent) -> None:
        """Leave the wheel to the panel's scroll bar unless the field is being edited."""
        super().wheelEvent(event) if self.hasFocus() else event.ignore()

    def _take(self, text: str) -> None:
        if text == OTHER:  # a dialog will say which
            return
        self._before = self.colour()
        self._draw()
        self.changed.emit()

    def _ask(self, row: int) -> None:
        """Let any colour be chosen where none of those in the list will do."""
        if self.itemText(row) != OTHER:
            return
        before = self._before
        chosen = QColorDialog.getColor(QColor(*_rgb(before)), self, "Colour of the channel")
        self.show_colour(chosen.name() if chosen.isValid() else before)
        self.changed.emit()

    def _draw(self) -> None:
        colour = self.colour()
        self._mark.setIcon(_swatch(colour))


def _swatch(colour: str) -> QIcon:
    """Return a square in a colour; nothing where it is none."""
    pixmap = QPixmap(SWATCH_PX, SWATCH_PX)
    pixmap.fill(QColor(*_rgb(colour)) if colour else QColor(0, 0, 0, 0))
    return QIcon(pixmap)


def _rgb(colour: str) -> tuple[int, ...]:
    """Return red, green, blue and how opaque it is, 0…255; transparent where the text is no colour."""
    try:
        return (*(round(255 * part) for part in Media.rgb_of(colour)), 255)
    except ValueError:
        return (0, 0, 0, 0)
