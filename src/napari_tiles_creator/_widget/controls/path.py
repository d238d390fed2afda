"""Editor for a path: typed, chosen in a dialog, or dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QPushButton, QWidget


class PathEditor(QWidget):
    """A line with the path and a button that opens a dialog; a folder or file may be dropped on it.

    Parameters
    ----------
    hint : str
        Shown in the empty line.
    title : str
        Title of the dialog.
    files : str, optional
        Which files may be chosen, as Qt's dialogs want it.
    instead : tuple of (str, str), optional
        Something that may be meant instead of a path: what the line and the menu call it, and its value.
    folders : bool, default True
        Whether folders may be chosen. Where there are several ways to choose, the button opens a menu.
    empty : str or None, default ""
        Value of an empty line.
    """

    changed = Signal()

    def __init__(
        self,
        hint: str,
        title: str,
        files: str = "",
        instead: tuple[str, str] = ("", ""),
        *,
        folders: bool = True,
        empty: str | None = "",
    ) -> None:
        super().__init__()
        self._title, self._files, self._instead, self._folders = title, files, instead, folders
        self._empty = empty
        self.line = QLineEdit()
        self.line.setPlaceholderText(hint)
        self.line.setAcceptDrops(False)  # dropped text would be a file:// address
        self.line.setAccessibleName(title)
        self.button = QPushButton("Choose…")
        self.button.setToolTip(title)
        if bool(files) + bool(instead[0]) + folders > 1:
            self.button.setText("Choose")
            self.button.setMenu(self._menu())
        else:
            self.button.clicked.connect(self.choose if folders else self.choose_file)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.line.textChanged.connect(lambda _: self.changed.emit())
        self.setFocusProxy(self.line)
        self.setAcceptDrops(True)

    def value(self) -> Any:
        """Return the path, or what stands for none."""
        text: str = self.line.text().strip()
        if not text:
            return self._empty
        if text and text == self._instead[0]:
            return self._instead[1]
        return str(Path(text).expanduser()) if text.startswith("~") else text

    def set_value(self, value: Any) -> None:
        """Show a path."""
        self.line.setText(self._instead[0] if value and value == self._instead[1] else value or "")

    def setToolTip(self, text: str) -> None:
        """Explain the line; the button explains itself."""
        self.line.setToolTip(text)

    def choose(self) -> None:
        """Ask for a folder in a dialog."""
        chosen = QFileDialog.getExistingDirectory(self, self._title, self.value() or "")
        if chosen:
            self.set_value(chosen)

    def choose_file(self) -> None:
        """Ask for a file in a dialog."""
        chosen = QFileDialog.getOpenFileName(self, self._title, self.value() or "", self._files)[0]
        if chosen:
            self.set_value(chosen)

    def _menu(self) -> QMenu:
        menu = QMenu(self.button)
        if self._folders:
            menu.addAction("F&older…", self.choose)
        if self._files:
            menu.addAction("F&ile…", self.choose_file)
        name, value = self._instead
        if name:
            menu.addAction(f"&{name}", lambda: self.set_value(value))
        return menu

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
