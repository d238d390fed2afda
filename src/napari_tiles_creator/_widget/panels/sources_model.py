"""The rows of the table of sources: what the headers say, what is wrong, what is ticked, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal

from napari_tiles_creator._widget.controls.naming import differences
from napari_tiles_creator._widget.questions import question_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari_tiles_creator._widget.controls.icons import ThemeIcons
    from napari_tiles_creator.engine.planning.scan import Scanned

HEADERS = ("Name", "Size", "Type", "µm")
NAME, SIZE, TYPE, PIXEL = range(4)
UNSORTED = -1


class SourcesModel(QAbstractTableModel):
    """Rows of the table; a tick leaves a source in or out.

    Sorting is done here rather than by a proxy, which would ask Python to compare every pair of 10,000 rows.

    Parameters
    ----------
    icons : ThemeIcons
        Where the warning icon comes from.
    in_words : callable
        Puts a message of the engine into the dock's words.

    Attributes
    ----------
    rows : list of Scanned
        The sources in the order they were found; `item` is the one in a row of the table.
    left_out : set of str
        Names that are not ticked.
    problems : dict
        What is wrong with some sources although their headers can be read, by name.
    ticked : Signal
        The user ticked or unticked sources.
    """

    ticked = Signal()

    def __init__(self, icons: ThemeIcons, in_words: Callable[[str], str] = str) -> None:
        super().__init__()
        self._in_words = in_words
        self.rows: list[Scanned] = []
        self.left_out: set[str] = set()
        self.problems: dict[str, str] = {}
        self._order: list[int] = []
        self._differences: list[int] = []
        self._sorted_by = (UNSORTED, False)
        self._icons = icons

    def clear(self) -> None:
        """Remove all rows."""
        self.beginResetModel()
        self.rows, self.problems, self._order, self._differences = [], {}, [], []
        self.endResetModel()

    def extend(self, rows: list[Scanned]) -> None:
        """Add rows at the end, whatever the order; `resort` brings them to their places."""
        if rows:
            first = len(self.rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self.rows += rows
            self._order += range(first, len(self.rows))
            self.endInsertRows()

    def mark(self, left_out: set[str], problems: dict[str, str]) -> None:
        """Untick sources by name, and tell what is wrong with some."""
        self.left_out, self.problems = left_out, problems
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(HEADERS) - 1))

    def item(self, row: int) -> Scanned:
        """Return the source in a row of the table."""
        return self.rows[self._order[row]]

    def difference(self, row: int) -> int:
        """Return the letter in which a source's name differs from the others."""
        number = self._order[row]
        return self._differences[number] if number < len(self._differences) else len(self.rows[number].found.name)

    def problem(self, row: int) -> str:
        """Return what is wrong with the source in a row, empty where nothing is."""
        item = self.item(row)
        return self._in_words(item.problem or self.problems.get(item.found.name, ""))

    def is_ticked(self, row: int) -> bool:
        """Whether the source in a row takes part."""
        return self.item(row).found.name not in self.left_out

    def tick(self, rows: Iterable[int], on: bool) -> None:
        """Tick or untick the sources in some rows of the table, as the user asks."""
        names = {self.item(row).found.name for row in rows}
        self.mark(self.left_out - names if on else self.left_out | names, self.problems)
        self.ticked.emit()

    # ---- order ----

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; by none, in the order the sources were found."""
        self._sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self.resort()

    def resort(self) -> None:
        """Bring rows that were added to their places; what is selected stays so."""
        column, is_reversed = self._sorted_by
        if len(self._differences) != len(self.rows):
            self._differences = differences([item.found.name for item in self.rows])
        numbers = list(range(len(self.rows)))
        if column != UNSORTED:
            keys = [_key(item, column) for item in self.rows]
            numbers.sort(key=keys.__getitem__, reverse=is_reversed)
        if numbers == self._order:
            return
        self.layoutAboutToBeChanged.emit()
        row_of = {number: row for row, number in enumerate(numbers)}
        before = self.persistentIndexList()
        after = [self.index(row_of[self._order[old.row()]], old.column()) for old in before]
        self._order = numbers
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    # ---- what Qt asks ----

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
        if role == Qt.ItemDataRole.TextAlignmentRole and section == PIXEL:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: QModelIndex) -> Any:
        """Let names be ticked."""
        tick = Qt.ItemFlag.ItemIsUserCheckable if index.column() == NAME else Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | tick

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        row, column = index.row(), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            item = self.item(row)
            return (
                text_of(item, column)
                if item.info or column == NAME
                else self._in_words(_reason(item))
                if column == SIZE
                else ""
            )
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tooltip(self.item(row), self.problem(row), column)
        if role == Qt.ItemDataRole.DecorationRole and column == NAME and self.problem(row):
            return self._icons.icon("warning")
        if role == Qt.ItemDataRole.CheckStateRole and column == NAME:
            return Qt.CheckState.Checked if self.is_ticked(row) else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.TextAlignmentRole and column == PIXEL:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take a tick."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        self.tick([index.row()], Qt.CheckState(value) == Qt.CheckState.Checked)
        return True


def text_of(item: Scanned, column: int) -> str:
    """Return what a cell of a readable source says."""
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


def _reason(item: Scanned) -> str:
    """Return why a source cannot be read, without its name, which stands beside it; a question in short."""
    name, question = item.found.name, question_in(item.problem)
    if question is not None:
        return question.short
    return item.problem.removeprefix(name.rpartition("/")[2]).removeprefix(name).lstrip(": ")


def _key(item: Scanned, column: int) -> tuple[Any, ...]:
    """Return what a column is sorted by; what cannot be read, and a size that is not known, come last."""
    info, name = item.info, item.found.name
    if column == NAME:
        return (name,)
    if info is None:
        return (2, 0, 0, name)
    if column == SIZE:
        height, width = info.plane_shape
        return (0, height * width, info.length("T") * info.length("Z") * info.length("C"), name)
    if column == TYPE:
        return (0, info.dtype.itemsize, info.dtype.name, name)
    size = info.pixel_size
    return (0, size.y_um, size.x_um, name) if size else (1, 0.0, 0.0, name)


def _tooltip(item: Scanned, problem: str, column: int) -> str:
    lines = [item.found.name]
    if item.info is not None:
        info = item.info
        axes = " × ".join(f"{n} {axis}" for axis, n in zip(info.axes, info.shape, strict=True))
        known = f"{info.pixel_size} µm per pixel, from: {info.pixel_size_from}"
        pixel = known if info.pixel_size else f"pixel size: {info.pixel_size_from}"
        lines = [pixel] if column == PIXEL else [*lines, f"{axes}, {info.dtype.name}", pixel]
        lines += info.notes
    return "\n".join([*lines, *filter(None, [problem])])
