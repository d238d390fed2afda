"""Editor for the names of tiles that were rejected by hand."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QAbstractItemView, QHBoxLayout, QLabel, QListWidget, QPushButton, QVBoxLayout, QWidget

from napari_tiles_creator._widget.controls.words import counted

MOST_ROWS = 5


class RejectedEditor(QWidget):
    """Names, with their number; Delete takes the chosen ones off the list, a button all of them."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ()
        self.count = QLabel()
        self.clear_button = QPushButton("Keep all")
        self.clear_button.setToolTip("Take all tiles off the list again.")
        self.list = QListWidget()
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setToolTip("Rejected tiles; Delete keeps the chosen ones again.")
        self.list.setAccessibleName("Rejected tiles")
        above = QHBoxLayout()
        above.addWidget(self.count, 1)
        above.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addWidget(self.list)
        self.setFocusProxy(self.list)
        self.clear_button.clicked.connect(lambda: self._change(()))
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self.list)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.activated.connect(self._keep_chosen)
        self._show()

    def value(self) -> tuple[str, ...]:
        """Return the names."""
        return self._names

    def set_value(self, names: tuple[str, ...]) -> None:
        """Show names."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._show()

    def toggle(self, name: str) -> None:
        """Reject a tile, or keep it again."""
        without = tuple(other for other in self._names if other != name)
        self._change(without if len(without) < len(self._names) else (*self._names, name))

    def _keep_chosen(self) -> None:
        chosen = {item.text() for item in self.list.selectedItems()}
        self._change(tuple(name for name in self._names if name not in chosen))

    def _change(self, names: tuple[str, ...]) -> None:
        if names != self._names:
            self.set_value(names)
            self.changed.emit()

    def _show(self) -> None:
        self.count.setText(counted(len(self._names), "tile") if self._names else "none")
        self.list.clear()
        self.list.addItems(list(self._names))
        rows = min(MOST_ROWS, len(self._names))
        self.list.setFixedHeight(rows * max(1, self.list.sizeHintForRow(0)) + 2 * self.list.frameWidth() + 4)
        for widget in (self.list, self.clear_button):
            widget.setVisible(bool(self._names))
