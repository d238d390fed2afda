"""A command to be copied to a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

if TYPE_CHECKING:
    from napari_tiles_creator._widget.controls.icons import ThemeIcons

SAID_MS = 2000


class CommandLine(QWidget):
    """A line that can be read and selected, and a button that copies it.

    Parameters
    ----------
    icons : ThemeIcons
        Where icons come from.
    """

    def __init__(self, icons: ThemeIcons) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setReadOnly(True)
        self.line.setAccessibleName("Command line")
        label = QLabel("Command")
        label.setBuddy(self.line)
        self.copy_button = QPushButton()
        self.copy_button.setAccessibleName("Copy command line")
        icons.keep(self.copy_button.setIcon, "copy_to_clipboard")
        self.copy_button.clicked.connect(self.copy)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(label)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.copy_button)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(SAID_MS)
        self._quiet.timeout.connect(self._show)
        self._text = self._why_not = ""
        self._show()

    def show_command(self, text: str, why_not: str = "") -> None:
        """Show a command; without one, why there is none; without both, nothing."""
        self._text, self._why_not = text, why_not
        self.setVisible(bool(text or why_not))
        self._show()

    def text(self) -> str:
        """Return the command."""
        return self._text

    def copy(self) -> None:
        """Copy the command, and say so for a moment."""
        QGuiApplication.clipboard().setText(self._text)
        self.line.setText("copied")
        self._quiet.start()

    def _show(self) -> None:
        self._quiet.stop()
        self.line.setText(self._text or self._why_not)
        self.line.setCursorPosition(0)
        self.line.setToolTip("Does the same as this dock, in a terminal." if self._text else self._why_not)
        self.copy_button.setToolTip("Copy the command")
        self.copy_button.setEnabled(bool(self._text))
