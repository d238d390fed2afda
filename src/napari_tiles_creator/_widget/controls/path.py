"""Editor for a path: typed, chosen in a dialog, or dropped."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget


class PathEditor(QWidget):
    """A line with the path and a button that opens a dialog; a folder or file may be dropped on it.

    Parameters
    ----------
    hint : str
        Shown in the empty line.
    title : str
        Title of the dialog.
    """

    changed = Signal()

    def __init__(self, hint: str, title: str) -> None:
        super().__init__()
        self._title = title
        self.line = QLineEdit()
        self.line.setPlaceholderText(hint)
        self.line.setAcceptDrops(False)  # dropped text would be a file:// address
        self.line.setAccessibleName(title)
        self.button = QPushButton("Choose…")
        self.button.setToolTip(title)
        self.button.clicked.connect(self.choose)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.line.textChanged.connect(lambda _: self.changed.emit())
        self.setFocusProxy(self.line)
        self.setAcceptDrops(True)

    def value(self) -> str:
        """Return the path, empty where none was given."""
        text: str = self.line.text().strip()
        return str(Path(text).expanduser()) if text.startswith("~") else text

    def set_value(self, value: str) -> None:
        """Show a path."""
        self.line.setText(value)

    def setToolTip(self, text: str) -> None:
        """Explain the line; the button explains itself."""
        self.line.setToolTip(text)

    def choose(self) -> None:
        """Ask for a folder in a dialog."""
        chosen = QFileDialog.getExistingDirectory(self, self._title, self.value())
        if chosen:
            self.set_value(chosen)

    def dragEnterEvent(self, event: QEvent) -> None:
        """Accept a file or folder of this machine."""
        if dropped_path(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QEvent) -> None:
        """Take the path that was dropped."""
        self.set_value(dropped_path(event))
        event.acceptProposedAction()


def dropped_path(event: QEvent) -> str:
    """Return the path that a drag carries, empty where it carries none."""
    paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return paths[0] if paths else ""
