"""A small histogram, drawn in the palette's colours."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter, QPalette, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT_PX = 44


class HistogramView(QWidget):
    """Counts of values as a filled curve, the ends of the range written beneath.

    Parameters
    ----------
    title : str
        Written above it.
    """

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._counts: Sequence[float] = ()
        self._ends = ("", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"Histogram {title}")

    def show_counts(self, counts: Sequence[float], low: float, high: float) -> None:
        """Draw a histogram; nothing for no counts.

        Parameters
        ----------
        counts : sequence of float, (bins,)
            Pixels in each bin.
        low, high : float
            Lower end of the first bin and upper end of the last.
        """
        self._counts = counts
        self._ends = (short(low), short(high)) if len(counts) else ("", "")
        self.setToolTip(f"Values {self._title}: {self._ends[0]} to {self._ends[1]}." if len(counts) else "")
        self.update()

    @property
    def counts(self) -> Sequence[float]:
        """What is drawn."""
        return self._counts

    @property
    def ends(self) -> tuple[str, str]:
        """The ends of the range, as they are written."""
        return self._ends

    def sizeHint(self) -> QSize:
        """Return a small size; the panel makes it as wide as it is."""
        return QSize(80, HEIGHT_PX + 2 * self.fontMetrics().height())

    def paintEvent(self, event: QEvent) -> None:
        """Draw title, curve and ends. The height is the square root of the count: a dark background hides nothing."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        palette = self.palette()
        painter.setPen(palette.color(QPalette.ColorRole.WindowText))
        whole = self.rect()
        painter.drawText(whole, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter, self._title)
        area = QRectF(0.5, line + 0.5, self.width() - 1, self.height() - 2 * line - 1)
        painter.fillRect(area, palette.color(QPalette.ColorRole.Base))
        bottom = Qt.AlignmentFlag.AlignBottom
        painter.drawText(whole, bottom | Qt.AlignmentFlag.AlignLeft, self._ends[0])
        painter.drawText(whole, bottom | Qt.AlignmentFlag.AlignRight, self._ends[1])
        most = max(self._counts, default=0)
        if most > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Highlight))
            painter.drawPolygon(self._outline(area, most))

    def _outline(self, area: QRectF, most: float) -> QPolygonF:
        step = area.width() / len(self._counts)
        points = [area.bottomLeft()]
        for number, count in enumerate(self._counts):
            y = area.bottom() - math.sqrt(count / most) * (area.height() - 2)
            points += [QPointF(area.left() + number * step, y), QPointF(area.left() + (number + 1) * step, y)]
        return QPolygonF([*points, area.bottomRight()])


def short(value: float) -> str:
    """Return a number with as many digits as a small label has room for."""
    return f"{value:.0f}" if abs(value) >= 100 and float(value).is_integer() else f"{value:.4g}"
