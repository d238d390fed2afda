"""Editor for names of classes: typed one after the other, or a file with a name a line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from napari_tiles_creator._widget.controls.path import PathEditor

FILES = "Names of classes (*.txt *.names)"


class ClassesEditor(PathEditor):
    """Names, separated by commas; or a text file, typed, chosen or dropped."""

    def __init__(self) -> None:
        super().__init__("cell, debris; or a text file", "Choose a file with a name a line", FILES, folders=False)
        self.button.setText("File…")

    def value(self) -> Any:
        """Return the names, the path of a file, or None for neither."""
        text = self.line.text().strip()
        if not text:
            return None
        if _is_path(text):
            return super().value()
        return tuple(name.strip() for name in text.split(",") if name.strip())

    def set_value(self, value: Any) -> None:
        """Show names or a path."""
        if value != self.value():  # what is being typed stays as it is
            super().set_value(", ".join(value) if isinstance(value, (list, tuple)) else value)


def _is_path(text: str) -> bool:
    return bool(re.search(r"[/\\]", text)) or Path(text).suffix.lower() in (".txt", ".names")
