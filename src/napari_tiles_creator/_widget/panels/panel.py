"""The base of the panels: a section of settings as rows of fields, under a header that tells its setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import ValidationError
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLayout,
    QVBoxLayout,
    QWidget,
)
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.fold import FoldButton
from napari_tiles_creator._widget.controls.labels import wrapped_label
from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.recipe.document import Recipe, field_problem

if TYPE_CHECKING:
    from napari_tiles_creator._widget.controls.icons import ThemeIcons
    from napari_tiles_creator.recipe.section import Section

S = TypeVar("S", bound="Section")
COLUMNS = 4


class Panel(QFrame, Generic[S]):
    """One section of the recipe, or of settings beside it.

    Subclasses lay out their fields in `build`; everything else follows from the section's class. Fields of the
    section that no editor shows keep the value that was last set.

    Parameters
    ----------
    icons : ThemeIcons
        Where icons come from.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    valueChanged = Signal()

    def __init__(self, icons: ThemeIcons) -> None:
        super().__init__()
        self.icons = icons
        self._section: S = self.first_value()
        self._editors: dict[str, Any] = {}
        self._labels: dict[str, QLabel] = {}
        self._messages: dict[str, QLabel] = {}
        self._problems: dict[str, str] = {}
        self._grids: list[QGridLayout] = []
        self.header = FoldButton(self.title, icons, unfolded=True)
        self.general_message = _message_label()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        body = QWidget()
        self._rows = QVBoxLayout(body)
        self._rows.setContentsMargins(6, 2, 2, 6)
        self._rows.setSpacing(6)
        outer.addWidget(self.header)
        outer.addWidget(body)
        self._rows.addWidget(self.general_message)
        self.build()
        self.header.set_body(body)
        self.set_value(self._section)

    # ---- for subclasses ----

    def first_value(self) -> S:
        """Return what is shown until something is set: a new recipe's section."""
        section: S = getattr(Recipe(), self.name)
        return section

    def build(self) -> None:
        """Lay out the fields."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Enable, disable and hide what depends on other fields of this panel; called after every change."""

    def summary(self) -> str:
        """Return the setting in a few words, for the header."""
        return ""

    def add_grid(self, more: str = "") -> QGridLayout:
        """Return a grid for rows of fields, folded away under `more` where that is given."""
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(5)
        for column in (1, 3):
            grid.setColumnStretch(column, 1)
        if more:
            button = FoldButton(more, self.icons, unfolded=False)
            button.setStyleSheet("FoldButton:!hover { background-color: transparent; }")  # lighter than a panel's
            button.set_body(holder)
            self._rows.addWidget(button)
        self._rows.addWidget(holder)
        self._grids.append(grid)
        return grid

    def add_fields(self, grid: QGridLayout, *fields: tuple[str, str, Any], row: int = 0, place: int = 0) -> int:
        """Add a row of one or two fields and room for their messages; return the row's number.

        Parameters
        ----------
        grid : QGridLayout
            From `add_grid`, of this panel or another.
        fields : tuple
            Name of the recipe's field, label with & (empty where the editor has one in it), and editor.
        row, place : int, optional
            Fill the right half (place 1) of a row that is there.
        """
        row, is_half = row or grid.rowCount(), bool(row)
        for half, (field, text, editor) in enumerate(fields, start=place):
            column = 2 * half
            span = (COLUMNS if len(fields) == 1 and not is_half else 2) - bool(text)
            if text:
                label = QLabel(text)
                label.setBuddy(editor)
                label.setToolTip(self._describe(field, editor, text))
                grid.addWidget(label, row, column)
                self._labels[field] = label
            else:
                self._describe(field, editor, editor.text() if hasattr(editor, "text") else field.capitalize())
            # A check box is no wider than its text: beside it nothing can be clicked.
            side = Qt.AlignmentFlag.AlignLeft if isinstance(editor, QCheckBox) else Qt.AlignmentFlag(0)
            grid.addWidget(editor, row, column + bool(text), 1, span, side)
            self._editors[field] = editor
            editor.changed.connect(self._edited)
            message = self._messages[field] = _message_label()
            grid.addWidget(message, row + 1 + half, 0, 1, COLUMNS)
        return row

    def add_widget(self, widget: QWidget | QLayout) -> None:
        """Add something that is no field of the recipe over the whole width."""
        self._rows.addLayout(widget) if isinstance(widget, QLayout) else self._rows.addWidget(widget)

    def editor(self, field: str) -> Any:
        """Return the editor of a field."""
        return self._editors[field]

    def labels_of_fields(self) -> dict[str, str]:
        """Return the name of each field that has an editor, as people see it."""
        return {field: editor.accessibleName() for field, editor in self._editors.items()}

    def has_editor(self, field: str) -> bool:
        """Tell whether a field has an editor."""
        return field in self._editors

    def show_row(self, field: str, on: bool) -> None:
        """Show a field and its label, or hide what has no effect now."""
        for widget in (self._labels.get(field), self._editors[field]):
            if widget is not None:
                widget.setVisible(on)

    def enable(self, field: str, on: bool, why_not: str = "") -> None:
        """Let a field be edited, or not and say why in its tooltip."""
        editor = self._editors[field]
        editor.setEnabled(on)
        editor.setToolTip(self._description(field) if on or not why_not else why_not)

    def field_message(self, field: str) -> QLabel:
        """Return the label in which a field's problem is told."""
        return self._messages.get(field, self.general_message)

    # ---- the value ----

    def fields(self) -> dict[str, Any]:
        """Return all fields of the section as they are shown, right or wrong."""
        shown = {field: editor.value() for field, editor in self._editors.items()}
        return {**self._section.model_dump(), **shown}

    def value(self) -> S:
        """Return the section.

        Raises
        ------
        RecipeError
            If a field is wrong.
        """
        try:
            return self._section.model_validate(self.fields())
        except ValidationError as error:
            details = error.errors()
            for detail in details:
                detail["loc"] = (self.name, *detail["loc"])
            raise RecipeError(*map(field_problem, details)) from error

    def set_value(self, section: S) -> None:
        """Show a section; sends no signal."""
        self._section = section
        with signals_blocked(self):
            for field, editor in self._editors.items():
                editor.set_value(getattr(section, field))
        self._show()

    def _edited(self) -> None:
        self._show()
        self.valueChanged.emit()

    def _show(self) -> None:
        self.refresh()
        self.show_summary()

    def show_summary(self) -> None:
        """Bring the header up to date."""
        self.header.summary.setText(self.summary())

    # ---- problems ----

    def show_problem(self, field: str, message: str) -> None:
        """Mark a field as wrong and say why beside it; an unknown or empty field means the section."""
        self._problems[field] = message
        label = self.field_message(field)
        label.setText(message)
        label.show()
        self.header.warning.show()
        self.header.setToolTip(message)
        if field in self._editors:
            mark(self._editors[field], True)

    def clear_problems(self) -> None:
        """Take all marks and messages away."""
        for field in self._problems:
            self.field_message(field).hide()
            if field in self._editors:
                mark(self._editors[field], False)
        self._problems.clear()
        self.header.warning.hide()
        self.header.setToolTip("")

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong, by field."""
        return dict(self._problems)

    def labels(self) -> list[QLabel]:
        """Return the labels at the left end of rows."""
        cells = [grid.itemAtPosition(row, 0) for grid in self._grids for row in range(grid.rowCount())]
        widgets = [cell.widget() for cell in cells if cell is not None]
        return [widget for widget in widgets if isinstance(widget, QLabel) and widget.buddy() is not None]

    def align(self, width: int) -> None:
        """Make the column of labels so wide, px."""
        for grid in self._grids:
            grid.setColumnMinimumWidth(0, width)

    def _describe(self, field: str, editor: QWidget, name: str) -> str:
        """Give an editor its tooltip and its name for screen readers."""
        description = self._description(field)
        editor.setToolTip(description)
        editor.setAccessibleName(name.replace("&", ""))
        return description

    def _description(self, field: str) -> str:
        return type(self._section).model_fields[field].description or ""


def mark(editor: QWidget, wrong: bool) -> None:
    """Paint an editor, or the parts of it that it says are wrong, in the theme's error colour; or no longer."""
    parts = editor.wrong_parts() if wrong and hasattr(editor, "wrong_parts") else [editor]
    for widget in (child for part in parts for child in (part, *part.findChildren(QWidget))):
        widget.setProperty("invalid", wrong)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def _message_label() -> QLabel:
    label = wrapped_label(muted=True)
    label.hide()
    return label
