"""What is always in sight: the status, the progress, the two actions."""

from __future__ import annotations

import time

from qtpy.QtCore import QEvent, Signal
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.labels import wrapped_label


class Footer(QWidget):
    """Status line, last result, progress bar, Export and Cancel.

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
        self.notes = wrapped_label(muted=True)
        self.notes.hide()
        self.result = wrapped_label(muted=False)
        self.result.hide()
        self.bar = QProgressBar()
        self.bar.hide()
        self.export_button = QPushButton("E&xport tiles")
        self.export_button.setToolTip("Cut and write the tiles; goes on where an earlier export stopped.")
        self.cancel_button = QPushButton("Ca&ncel")
        self.cancel_button.setToolTip("Stop the export; the tiles that are written stay, and it can go on later.")
        self.cancel_button.setEnabled(False)
        self._started = 0.0
        self._status = ("", "", "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(6)
        for widget in (self.status, self.notes, self.result, self.bar):
            layout.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.addWidget(self.export_button, 2)
        buttons.addWidget(self.cancel_button, 1)
        layout.addLayout(buttons)

    def show_status(self, text: str, field: str = "", link: str = "Show") -> None:
        """Say what would be exported, or what is missing, with a link to its field."""
        self._status = (text, field, link)
        colour = self.status.palette().color(QPalette.ColorRole.WindowText).name()
        anchor = f' <a href="{field}" style="color: {colour}">{link}</a>' if field else ""
        self.status.setText(_plain(text) + anchor)

    def changeEvent(self, event: QEvent) -> None:
        """Write the link in the text's colour of a new theme: Qt's blue cannot be read on a dark one."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange) and hasattr(self, "_status"):
            self.show_status(*self._status)

    def show_notes(self, notes: list[str]) -> None:
        """Say what a user should know before the export: the first note, all of them as tooltip."""
        more = f" (and {len(notes) - 1} more)" if len(notes) > 1 else ""
        self.notes.setText(_plain(notes[0] + more) if notes else "")
        self.notes.setToolTip("<br>".join(map(_plain, notes)))
        self.notes.setVisible(bool(notes))

    def show_result(self, text: str) -> None:
        """Say how the last action ended; empty says nothing."""
        self.result.setText(_plain(text))
        self.result.setVisible(bool(text))

    def start(self) -> None:
        """Show that an export has begun."""
        self._started = time.monotonic()
        self.bar.setRange(0, 0)
        self.bar.setFormat("")
        self.bar.show()
        self.show_result("")
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
        seconds = time.monotonic() - self._started
        rate = made / seconds if seconds > 0 else 0.0
        text = f"{grouped(done)} / {grouped(total)}"
        if rate and seconds > 0.5:
            speed = grouped(round(rate)) if rate >= 10 else f"{rate:.1f}"
            text += f" · {speed}/s · {duration((total - done) / rate)}"
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


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def size(n_bytes: float) -> str:
    """Return a number of bytes as people say it."""
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 1000:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} TB"


def grouped(number: int) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{number:,}".replace(",", "\u202f")


def _plain(text: str) -> str:
    """Return text that a label shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
