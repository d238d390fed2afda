"""A header that folds and unfolds what lies beneath it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

from napari_tiles_creator._widget.controls.labels import set_muted

if TYPE_CHECKING:
    from napari_tiles_creator._widget.controls.icons import ThemeIcons


class FoldButton(QPushButton):
    """A button that folds and unfolds what lies beneath it; a summary stands at its right end."""

    def __init__(self, title: str, icons: ThemeIcons, *, unfolded: bool) -> None:
        super().__init__()
        self._icons, self._body, self._unfolded = icons, QWidget(), unfolded
        self._arrow, self.summary = QLabel(), QElidingLabel()
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        set_muted(self.summary)
        self.summary.setContentsMargins(0, 0, 4, 0)
        self.summary.setEllipsesWidth(12)  # of it and its margins superqt knows nothing: the text's beginning was cut
        self.warning = QLabel()
        self.warning.hide()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(6)
        for label, stretch in ((self._arrow, 0), (QLabel(title), 0), (self.summary, 1), (self.warning, 0)):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row.addWidget(label, stretch)
        icons.keep(lambda icon: self.warning.setPixmap(icon.pixmap(14, 14)), "warning")
        icons.keep(lambda _: self._draw_arrow(), "right_arrow")
        self.clicked.connect(lambda: self.unfold(not self._unfolded))

    def sizeHint(self) -> QSize:
        """Return the size of the labels in it."""
        return self.layout().sizeHint()

    def set_body(self, body: QWidget) -> None:
        """Tell what is folded away."""
        self._body = body
        body.setVisible(self._unfolded)

    def reveal(self, widget: QWidget) -> None:
        """Unfold if that brings a widget into sight."""
        if self._body.isAncestorOf(widget):
            self.unfold()

    @property
    def is_unfolded(self) -> bool:
        """Whether the body is in sight."""
        return self._unfolded

    def unfold(self, on: bool = True) -> None:
        """Show the body, or fold it away."""
        self._unfolded = on
        self._body.setVisible(on)
        self._draw_arrow()

    def _draw_arrow(self) -> None:
        icon = self._icons.icon("down_arrow" if self._unfolded else "right_arrow")
        self._arrow.setPixmap(icon.pixmap(10, 10))
