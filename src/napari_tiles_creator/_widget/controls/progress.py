"""Progress of something short, with a button that stops it, and of work in stages."""

from __future__ import annotations

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

PATIENCE_MS = 300


class ProgressRow(QWidget):
    """A bar and a Stop button.

    Parameters
    ----------
    what : str
        What is under way, in a word or two.

    Attributes
    ----------
    stopAsked : Signal
        The button was clicked.
    """

    stopAsked = Signal()

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what
        self.bar = QProgressBar()
        self.bar.setAccessibleName(what)
        self.stop_button = QPushButton("Stop")
        self.stop_button.clicked.connect(self.stopAsked)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.show)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.stop_button)
        self.hide()

    def start(self) -> None:
        """Wait a moment, then come into sight."""
        self.bar.setRange(0, 0)
        self.bar.setFormat(self._what)
        self._timer.start(PATIENCE_MS)

    def step(self, done: int, total: int) -> None:
        """Show how far it is."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.setFormat(f"{self._what} {done} / {total}")

    def stop(self) -> None:
        """Go out of sight."""
        self._timer.stop()
        self.hide()


class StageBar(QProgressBar):
    """A bar for work in stages, each with a name of its own; in sight while something is under way.

    Parameters
    ----------
    what : str
        For screen readers.
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self.setAccessibleName(what)
        self._is_stopping = False
        self.hide()

    def start(self) -> None:
        """Come into sight; nobody knows yet how much there is to do."""
        self._is_stopping = False
        self.show_stage("Starting")
        self.show()

    def show_stage(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Show what is done now, and how far it is; without a total that is not known."""
        if self._is_stopping:
            return
        self.setRange(0, total or 1)  # a bar without an end shows no text
        self.setValue(done)
        self.setFormat(f"{stage} · %p%" if total else f"{stage}…")

    def show_stopping(self) -> None:
        """Show that it is asked to stop, whatever comes meanwhile."""
        self._is_stopping = True
        self.setFormat("stopping…")

    def stop(self) -> None:
        """Go out of sight."""
        self.hide()
