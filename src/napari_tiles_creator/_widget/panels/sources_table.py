"""The table of sources: what the headers say, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

if TYPE_CHECKING:
    from napari_tiles_creator._widget.controls.icons import ThemeIcons
    from napari_tiles_creator.engine.planning.scan import Scanned

HEADERS = ("Name", "Size", "Type", "µm")
NAME, SIZE, TYPE, PIXEL = range(4)
VISIBLE_ROWS = 5
ROWS_TO_FIT = 200
WIDEST_COLUMN = 100


class SourcesModel(QAbstractTableModel):
    """Rows of the table; a tick leaves a source in or out.

    Parameters
    ----------
    icons : ThemeIcons
        Where the warning icon comes from.
    """

    ticked = Signal()

    def __init__(self, icons: ThemeIcons) -> None:
        super().__init__()
        self.rows: list[Scanned] = []
        self.left_out: set[str] = set()
        self.problems: dict[str, str] = {}
        self._icons = icons

    def clear(self) -> None:
        """Remove all rows."""
        self.beginResetModel()
        self.rows, self.problems = [], {}
        self.endResetModel()

    def extend(self, rows: list[Scanned]) -> None:
        """Add rows at the end."""
        if rows:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(rows) - 1)
            self.rows += rows
            self.endInsertRows()

    def mark(self, left_out: set[str], problems: dict[str, str]) -> None:
        """Untick sources by name, and tell what is wrong with some."""
        self.left_out, self.problems = left_out, problems
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(HEADERS) - 1))

    def problem(self, row: int) -> str:
        """Return what is wrong with the source in a row, empty where nothing is."""
        item = self.rows[row]
        return item.problem or self.problems.get(item.found.name, "")

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of sources."""
        return len(self.rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return the number of columns."""
        return len(HEADERS)

    def headerData(self, section: int, orientation: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's title."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADERS[section]
        return None

    def flags(self, index: QModelIndex) -> Any:
        """Let names be ticked."""
        tick = Qt.ItemFlag.ItemIsUserCheckable if index.column() == NAME else Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | tick

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        item, column = self.rows[index.row()], index.column()
        problem = self.problem(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(item, column) if item.info or column == NAME else problem if column == SIZE else ""
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(item, problem)
        if role == Qt.ItemDataRole.DecorationRole and column == NAME and problem:
            return self._icons.icon("warning")
        if role == Qt.ItemDataRole.CheckStateRole and column == NAME:
            return Qt.CheckState.Unchecked if item.found.name in self.left_out else Qt.CheckState.Checked
        if role == Qt.ItemDataRole.TextAlignmentRole and column == PIXEL:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take a tick."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        name = self.rows[index.row()].found.name
        (self.left_out.discard if Qt.CheckState(value) == Qt.CheckState.Checked else self.left_out.add)(name)
        self.dataChanged.emit(index, index)
        self.ticked.emit()
        return True


class SourcesTable(QTableView):
    """The view: five rows high, the names take what width is left.

    Parameters
    ----------
    model : SourcesModel
        The rows.
    """

    def __init__(self, model: SourcesModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setAccessibleName("Images")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        height = self.fontMetrics().height() + 6
        self.verticalHeader().setDefaultSectionSize(height)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in (SIZE, TYPE, PIXEL):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self.fit()
        self.setFixedHeight(header.sizeHint().height() + VISIBLE_ROWS * height + 6)

    def fit(self) -> None:
        """Give columns the width of what is in them; why a file cannot be read takes the place of the rest."""
        rows = self.model().rows
        self.clearSpans()
        for row, item in enumerate(rows):
            if item.info is None:
                self.setSpan(row, SIZE, 1, len(HEADERS) - 1)
        known = [item for item in rows[:ROWS_TO_FIT] if item.info is not None]
        for column in (SIZE, TYPE, PIXEL):
            texts = {HEADERS[column], *(_text(item, column) for item in known)}
            widest = max(self.fontMetrics().horizontalAdvance(text) for text in texts)
            self.setColumnWidth(column, min(widest + 10, WIDEST_COLUMN))


def _text(item: Scanned, column: int) -> str:
    info = item.info
    if column == NAME or info is None:
        return item.found.name
    if column == SIZE:
        lengths = [n for axis, n in zip(info.axes, info.shape, strict=True) if axis != "S"]
        return "×".join(map(str, lengths))
    if column == TYPE:
        return "RGB" if info.is_rgb and info.dtype.name == "uint8" else info.dtype.name
    size = info.pixel_size
    return "" if size is None else f"{size.y_um:.4g}"


def _tooltip(item: Scanned, problem: str) -> str:
    lines = [item.found.name]
    if item.info is not None:
        info = item.info
        axes = " × ".join(f"{n} {axis}" for axis, n in zip(info.axes, info.shape, strict=True))
        pixel = f"{info.pixel_size} µm per pixel ({info.pixel_size_from})" if info.pixel_size else "pixel size: "
        lines += [f"{axes}, {info.dtype.name}", pixel if info.pixel_size else pixel + info.pixel_size_from]
    return "\n".join([*lines, *filter(None, [problem])])
