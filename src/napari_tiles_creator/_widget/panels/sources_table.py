"""The table of sources: sorted by its headers, ticked by mouse or key, what cannot be read saying why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QRect, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from napari_tiles_creator._widget.controls.naming import part_around
from napari_tiles_creator._widget.panels.sources_model import (
    HEADERS,
    NAME,
    PIXEL,
    SIZE,
    TYPE,
    UNSORTED,
    SourcesModel,
    text_of,
)

if TYPE_CHECKING:
    from qtpy.QtCore import QModelIndex
    from qtpy.QtGui import QPainter

VISIBLE_ROWS = 5
ROWS_TO_FIT = 200
WIDEST_COLUMN = 100


class SourcesTable(QTableView):
    """The view: five rows high, the names take what width is left.

    Parameters
    ----------
    model : SourcesModel
        The rows.

    Attributes
    ----------
    opened : Signal(str)
        The name of a source that was double-clicked.
    """

    opened = Signal(str)

    def __init__(self, model: SourcesModel) -> None:
        super().__init__()
        self._rows = model
        self.setModel(model)
        self.setItemDelegate(_Cells(self))
        self.setAccessibleName("Images")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
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
        header.setSortIndicator(UNSORTED, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)  # the third click brings the folder's order back
        self.setSortingEnabled(True)
        self.doubleClicked.connect(lambda index: self.opened.emit(model.item(index.row()).found.name))
        self.fit()
        self.setFixedHeight(header.sizeHint().height() + VISIBLE_ROWS * height + 6)

    def fit(self) -> None:
        """Give columns the width of what is in the first rows."""
        known = [item for item in self._rows.rows[:ROWS_TO_FIT] if item.info is not None]
        for column in (SIZE, TYPE, PIXEL):
            texts = {HEADERS[column] + "  ", *(text_of(item, column) for item in known)}
            widest = max(self.fontMetrics().horizontalAdvance(text) for text in texts)
            self.setColumnWidth(column, min(widest + 10, WIDEST_COLUMN))

    def keyPressEvent(self, event: QEvent) -> None:
        """Tick or untick all selected sources with Space, as the current one changes; open it with Return."""
        current = self.currentIndex()
        rows = {index.row() for index in self.selectionModel().selectedRows()} or {current.row()} - {-1}
        if event.key() == Qt.Key.Key_Space and rows:
            leading = current.row() if current.row() in rows else min(rows)
            self._rows.tick(rows, not self._rows.is_ticked(leading))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.opened.emit(self._rows.item(current.row()).found.name)
        else:
            super().keyPressEvent(event)


class _Cells(QStyledItemDelegate):
    """Names by the part in which they differ; and why a file cannot be read, over size, type and pixel size.

    Spans would do the latter, too, but they are set row by row and searched at every paint.
    """

    def initStyleOption(self, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Shorten a name that is too long for its column."""
        super().initStyleOption(option, index)
        if index.column() != NAME:
            return
        style = option.widget.style()
        room = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, option.widget).width() - 8
        longest = len(option.text)
        while longest > 5 and option.fontMetrics.horizontalAdvance(option.text) > room:
            longest -= 1
            option.text = part_around(index.data(), index.model().difference(index.row()), longest)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint a cell; of a wide text the part that lies in this cell."""
        model, table = index.model(), self.parent()
        if index.column() == NAME or model.item(index.row()).info is not None:
            super().paint(painter, option, index)
            return
        left = table.columnViewportPosition(SIZE)
        wide = QStyleOptionViewItem(option)
        wide.rect = QRect(left, option.rect.top(), table.viewport().width() - left, option.rect.height())
        wide.textElideMode = Qt.TextElideMode.ElideRight
        painter.save()
        painter.setClipRect(option.rect, Qt.ClipOperation.IntersectClip)
        super().paint(painter, wide, model.index(index.row(), SIZE))
        painter.restore()
