"""The panels one above the other, scrolled."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QSize, Qt, QTimer
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.fold import FoldButton
from napari_tiles_creator._widget.problems import in_words, problems_of
from napari_tiles_creator.errors import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator._widget.panels.panel import Panel
    from napari_tiles_creator.errors import TilesError


class PanelColumn(QScrollArea):
    """All panels; problems are told in the one whose section they are about.

    Parameters
    ----------
    panels : iterable of Panel
        From top to bottom.
    inside : iterable of Panel, optional
        Those that stand inside others.
    """

    def __init__(self, panels: Iterable[Panel[Any]], inside: Iterable[Panel[Any]] = ()) -> None:
        super().__init__()
        self.panels = {panel.name: panel for panel in panels}
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 0, 4, 4)
        column.setSpacing(6)
        for panel in self.panels.values():
            column.addWidget(panel)
        column.addStretch(1)
        self.panels |= {panel.name: panel for panel in inside}
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def minimumSizeHint(self) -> QSize:
        """Return a width that cuts no field off."""
        width = self.widget().minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, 120)

    def showEvent(self, event: QEvent) -> None:
        """Align the fields of all panels; before, labels do not know the theme's font."""
        super().showEvent(event)
        width = max(label.sizeHint().width() for panel in self.panels.values() for label in panel.labels())
        for panel in self.panels.values():
            panel.align(width)

    def show_problems(self, error: TilesError) -> tuple[FieldProblem, ...]:
        """Mark the fields that an error is about; return them."""
        labels = self.labels_of_fields()
        problems = tuple(FieldProblem(p.field, in_words(p.message, labels)) for p in problems_of(error))
        for problem in problems:
            section, _, field = problem.field.partition(".")
            if section in self.panels:
                panel = self.panels[section]
                panel.show_problem(field, problem.message)
                for outer in self._holding(panel.editor(field) if panel.has_editor(field) else panel):
                    outer.header.warning.show()
        return problems

    def labels_of_fields(self) -> dict[str, str]:
        """Return what people see for each field of the recipe, such as ``Calibration › From``."""
        return {
            f"{name}.{field}": f"{self._holding(panel.editor(field))[-1].title} › {label}"
            for name, panel in self.panels.items()
            for field, label in panel.labels_of_fields().items()
        }

    def _holding(self, widget: QWidget) -> list[Panel[Any]]:
        """Return the panels that hold a widget, whosever field it is, from the outermost to the innermost."""
        return [panel for panel in self.panels.values() if panel.isAncestorOf(widget)]

    def bring_into_sight(self, widget: QWidget) -> None:
        """Scroll to a widget, once the layout knows where it has come to lie."""
        QTimer.singleShot(0, partial(self.ensureWidgetVisible, widget))

    def show_field(self, name: str) -> None:
        """Bring a field such as ``"media.folder"`` into sight and put the cursor into it."""
        section, _, field = name.partition(".")
        if section not in self.panels:
            return
        panel = self.panels[section]
        target = panel.editor(field) if panel.has_editor(field) else panel.header
        for fold in self.findChildren(FoldButton):
            fold.reveal(target)
        self.bring_into_sight(target)
        target.setFocus()
