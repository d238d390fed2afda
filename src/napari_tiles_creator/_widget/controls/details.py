"""A line that says the main thing, and the rest on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.labels import show_linked, wrapped_label
from napari_tiles_creator._widget.controls.words import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

# The list is scrolled beyond: the foot of the dock must not push the panels out of sight.
MOST_HEIGHT = 96


class Details(QWidget):
    """A wrapped line of text; more lines unfold beneath it.

    Parameters
    ----------
    muted : bool
        In the theme's muted text colour.
    """

    def __init__(self, *, muted: bool) -> None:
        super().__init__()
        self._text, self._link = "", ""
        self._lines: list[str] = []
        self._unfolded = False
        self.line = wrapped_label(muted=muted)
        self.line.linkActivated.connect(lambda _: self.unfold(not self._unfolded))
        self._list = wrapped_label(muted=True)
        self._list.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._list.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea()
        self._scroll.setWidget(self._list)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.line)
        layout.addWidget(self._scroll)
        self.hide()

    def show_text(self, text: str, lines: Sequence[str] = (), link: str = "") -> None:
        """Say something; empty says nothing and takes no room.

        Parameters
        ----------
        text : str
            What is always in sight.
        lines : sequence of str
            What unfolds.
        link : str
            What is clicked for that, such as ``"2 warnings"``.
        """
        if list(lines) != self._lines:
            self._unfolded = False
        self._text, self._lines, self._link = text, list(lines), link
        self.setVisible(bool(text or lines))
        self._draw()

    def text(self) -> str:
        """Return all that is said, what is folded away included."""
        return "\n".join(filter(None, [self._text, *self._lines]))

    def unfold(self, on: bool = True) -> None:
        """Show the lines, or fold them away."""
        self._unfolded = on
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Write the link in the text's colour of a new theme: Qt's blue cannot be read on a dark one."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange) and hasattr(self, "_scroll"):
            self._draw()

    def _draw(self) -> None:
        link = f"{self._link} {'▾' if self._unfolded else '▸'}".replace(" ", "\u00a0")  # never broken
        show_linked(self.line, self._text, "more" if self._lines else "", link)
        self._list.setText("<br>".join(map(plain, self._lines)))
        shown = self._unfolded and bool(self._lines)
        self._scroll.setVisible(shown)
        if shown:
            height = self._list.heightForWidth(
                max(1, self.width() - self._scroll.verticalScrollBar().sizeHint().width())
            )
            self._scroll.setFixedHeight(min(height + 2, MOST_HEIGHT))
