"""What is always in sight: the status, the progress, the two actions."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.details import Details
from napari_tiles_creator._widget.controls.labels import legend, show_linked, wrapped_label
from napari_tiles_creator._widget.controls.words import counted, duration, grouped, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

# The rate is that of the last few seconds: what began slowly must not spoil the time left.
RATE_SECONDS = 5.0
LONGEST_NOTE = 90


class Footer(QWidget):
    """Status line, legend, notes, last result, progress bar, Export and Cancel.

    Attributes
    ----------
    fieldAsked : Signal(str)
        A field, such as ``"media.folder"``, whose link in the status line was clicked.
    """

    fieldAsked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.status = wrapped_label(muted=False)
        self.status.linkActivated.connect(self.fieldAsked)
        self.legend = wrapped_label(muted=False)
        self.legend.hide()
        self.notes = Details(muted=True)
        self.error = wrapped_label(muted=False)
        self.error.hide()
        self.result = Details(muted=True)
        self.bar = QProgressBar()
        self.bar.hide()
        self.export_button = QPushButton("E&xport tiles")
        self.export_button.setToolTip("Cut and write the tiles; goes on where an earlier export stopped.")
        self.cancel_button = QPushButton("Ca&ncel")
        self.cancel_button.setToolTip("Stop the export; the tiles that are written stay, and it can go on later.")
        self.cancel_button.setEnabled(False)
        self._started = 0.0
        self._made: deque[tuple[float, int]] = deque()
        self._status = ("", "", "")
        self._error = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(6)
        for widget in (self.status, self.legend, self.notes, self.error, self.result, self.bar):
            layout.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.export_button, 2)
        buttons.addWidget(self.cancel_button, 1)
        layout.addLayout(buttons)

    # ---- what is said ----

    def show_status(self, text: str, field: str = "", link: str = "Show") -> None:
        """Say what would be exported, or what is missing, with a link to its field."""
        self._status = (text, field, link)
        self._show_error()
        show_linked(self.status, text, field, link)

    def show_legend(self, entries: Mapping[str, tuple[str, int]]) -> None:
        """Say which colour stands for which split, and how many tiles it gets.

        Parameters
        ----------
        entries : mapping
            Colour and number of tiles of each split; empty says nothing.
        """
        # What is drawn in these colours is told by its name, too.
        self.legend.setText(legend((colour, f"{name} {grouped(count)}") for name, (colour, count) in entries.items()))
        self.legend.setVisible(bool(entries))

    def changeEvent(self, event: QEvent) -> None:
        """Write the link in the text's colour of a new theme: Qt's blue cannot be read on a dark one."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange) and hasattr(self, "_status"):
            self.show_status(*self._status)

    def show_notes(self, notes: list[str]) -> None:
        """Say what a user should know before the export: a short note as it is, more on demand."""
        if len(notes) > 1 or len("".join(notes)) > LONGEST_NOTE:
            first = "" if notes[0] in self._status[0] else shortened(notes[0])  # what is said once is enough
            self.notes.show_text(first, notes, counted(len(notes), "note"))
        else:
            self.notes.show_text("".join(notes))

    def show_error(self, text: str) -> None:
        """Say why the last action failed; empty once its cause is mended or another begins."""
        self._error = text
        self._show_error()

    def _show_error(self) -> None:
        """Show the error; where the status says the same, it is the status that tells when it is mended."""
        if self._error == self._status[0]:
            self._error = ""
        self.error.setText(plain(self._error))
        self.error.setVisible(bool(self._error))

    def show_result(self, text: str, details: list[str] | None = None) -> None:
        """Say how the last action ended, and what went along with it; stays until the next one ends."""
        lines = details or []
        self.result.show_text(text, lines, counted(len(lines), "warning"))

    def show_action(self, text: str) -> None:
        """Say what the button that exports would do."""
        self.export_button.setText(text)

    # ---- progress ----

    def start(self) -> None:
        """Show that an export has begun."""
        self._started = time.monotonic()
        self._made = deque([(self._started, 0)])
        self.bar.setRange(0, 0)
        self.bar.setFormat("")
        self.bar.show()
        self.show_result("")
        self.show_error("")
        self.export_button.setEnabled(False)
        self.cancel_button.setEnabled(True)

    def progress(self, done: int, total: int, made: int) -> None:
        """Show how far it is.

        Parameters
        ----------
        done, total : int
            Tiles that are through, and all tiles.
        made : int
            Tiles made since the start, for the rate; tiles that were there already took no time.
        """
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        text = f"{grouped(done)} / {grouped(total)}"
        rate = self._rate(made)
        if rate and self.seconds > 0.5:
            speed = grouped(round(rate)) if rate >= 10 else f"{rate:.1f}"
            text += f" · {speed}/s · {duration((total - done) / rate)} left"
        self.bar.setFormat(text)

    def show_stopping(self) -> None:
        """Show that the export is asked to stop."""
        self.cancel_button.setEnabled(False)
        self.bar.setFormat("stopping…")

    def stop(self) -> None:
        """Show that nothing is under way."""
        self.bar.hide()
        self.export_button.setEnabled(True)
        self.cancel_button.setEnabled(False)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def _rate(self, made: int) -> float:
        """Return the tiles a second over the last few seconds."""
        now = time.monotonic()
        self._made.append((now, made))
        while len(self._made) > 2 and now - self._made[1][0] > RATE_SECONDS:
            self._made.popleft()
        first, before = self._made[0]
        return (made - before) / (now - first) if now > first else 0.0


def shortened(text: str) -> str:
    """Return the beginning of a text that is too long for the foot."""
    return text if len(text) <= LONGEST_NOTE else f"{text[: LONGEST_NOTE // 2]}…"
