"""Editor for the region that tiles must lie in: a layer of shapes, or whatever the recipe says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magicgui.widgets import create_widget
from napari.layers import Shapes
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from superqt import QElidingLabel

from napari_tiles_creator._widget.controls.editors import NARROW_COMBO
from napari_tiles_creator._widget.controls.labels import set_muted
from napari_tiles_creator._widget.controls.words import counted
from napari_tiles_creator.recipe.region import InlineRegion

if TYPE_CHECKING:
    from collections.abc import Callable

NO_LAYER = "no layer"


class RegionEditor(QWidget):
    """A region: it holds the recipe's value; whoever draws in the viewer sets it.

    Attributes
    ----------
    changed : Signal
        The value was changed by the user.
    layerChosen : Signal(object)
        The user chose a layer, or None.
    drawAsked : Signal
        The user wants to draw.
    """

    changed = Signal()
    layerChosen = Signal(object)
    drawAsked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._value: Any = None
        self._candidates: Callable[[], list[Any]] = list
        self.chooser: Any = _chooser(self._choices)
        self.draw_button = QPushButton("Draw")
        self.draw_button.setToolTip("Draw the region on the previewed image.")
        self.clear_button = QPushButton("Clear")
        self.clear_button.setToolTip("Take tiles from the whole image again.")
        self.said = QElidingLabel()
        self.said.setContentsMargins(4, 0, 4, 0)
        set_muted(self.said)
        combo = self.chooser.native
        combo.setStyleSheet(NARROW_COMBO)
        combo.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(combo, 1)
        above.addWidget(self.draw_button)
        below.addWidget(self.said, 1)
        below.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(above)
        layout.addLayout(below)
        self.setFocusProxy(combo)
        self.chooser.changed.connect(self.layerChosen.emit)
        self.draw_button.clicked.connect(lambda: self.drawAsked.emit())
        self.clear_button.clicked.connect(self._clear)
        self._show()

    def setAccessibleName(self, name: str) -> None:
        """Name it for screen readers."""
        super().setAccessibleName(name)
        self.chooser.native.setAccessibleName(f"{name}: layer of shapes")

    def setToolTip(self, text: str) -> None:
        """Explain it."""
        super().setToolTip(text)
        self.chooser.native.setToolTip(f"{text} Here: a layer of shapes on the previewed image.")

    def value(self) -> Any:
        """Return the region."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a region."""
        self._value = value
        self._show()

    def offer(self, candidates: Callable[[], list[Any]]) -> None:
        """Offer the layers that this function returns."""
        self._candidates = candidates
        self.refresh_choices()

    def refresh_choices(self) -> None:
        """Look again which layers there are."""
        with self.chooser.changed.blocked():
            self.chooser.reset_choices()

    def show_layer(self, layer: Any) -> None:
        """Show which layer is used, None for none."""
        with self.chooser.changed.blocked():
            self.chooser.value = layer if layer in self._candidates() else None

    def _choices(self, _: Any) -> list[Any]:
        return self._candidates()

    def _clear(self) -> None:
        self._value = None
        self.show_layer(None)
        self.layerChosen.emit(None)
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        text = told(self._value)
        self.said.setText(text)
        for widget in (self.said, self.clear_button):
            widget.setVisible(bool(text))


def _chooser(choices: Callable[[Any], list[Any]]) -> Any:
    """Return magicgui's chooser of layers, offering those that a function returns, or none."""
    chooser = create_widget(annotation=Shapes, options={"choices": choices, "nullable": True})
    chooser.null_string = NO_LAYER
    return chooser


def told(region: Any) -> str:
    """Return what a region is, in a few words; empty for none."""
    if region is None:
        return ""
    if isinstance(region, InlineRegion):
        return counted(len(region.coordinates), "polygon")
    if isinstance(region, str):
        return region
    y, x, y_stop, x_stop = region
    return f"rows {y:g}–{y_stop:g}, columns {x:g}–{x_stop:g} px"
