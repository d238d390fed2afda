"""Where tiles lie and which of them are taken, and the controls that show it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import (
    NARROW_COMBO,
    CheckEditor,
    ChoiceEditor,
    IntegerEditor,
    PairEditor,
)
from napari_tiles_creator._widget.controls.fold import FoldButton
from napari_tiles_creator._widget.controls.percent import PercentEditor, percent
from napari_tiles_creator._widget.controls.region import RegionEditor
from napari_tiles_creator._widget.controls.rejected import RejectedEditor
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator._widget.panels.tile_browser import TileBrowser, add_keys
from napari_tiles_creator.geometry.edges import EDGE_POLICIES
from napari_tiles_creator.geometry.grid import GRID_ORDERS
from napari_tiles_creator.recipe.tiling import SAMPLINGS, Tiling

if TYPE_CHECKING:
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan

EDGE_LABELS = {
    "shift": "Shift the last",
    "spread": "Spread evenly",
    "pad": "Pad",
    "drop": "Drop the rest",
    "ragged": "Cut short",
}
SAMPLING_LABELS = {"grid": "Grid", "random": "Random", "jittered": "Jittered"}
_SMALL_LABELS = {"pad": "Pad to one tile", "skip": "Leave out", "error": "Fail"}
_PAD_LABELS = {"constant": "Lower bound", "reflect": "Mirror image", "edge": "Value at the edge"}
_ORDER_LABELS = {"rows": "Row by row", "edges_last": "Edges last"}
_FOREGROUND_LABELS = {"bright": "Bright", "dark": "Dark"}


class TilesPanel(Panel[Tiling]):
    """The recipe's section ``tiling``, and the preview's controls.

    Attributes
    ----------
    browser : TileBrowser
        Goes through the tiles; its `slider`, `position`, `show_all`, `show_tile` and `reject_button` are
        attributes of the panel, too.
    region : RegionEditor
        Editor of the field ``roi``.
    """

    name = "tiling"
    title = "Tiles"

    def build(self) -> None:
        """Lay out the tiling and, beneath it, the preview."""
        self._images: tuple[ImagePlan, ...] = ()
        grid = self.add_grid()
        sizes = [IntegerEditor(1, unit="px", step=32) for _ in "yx"]
        overlaps = [IntegerEditor(0, unit="px", step=16) for _ in "yx"]
        self._size, self._overlap = PairEditor(*sizes, can_be_one=True), PairEditor(*overlaps, can_be_one=True)
        self.add_fields(grid, ("size_px", "Si&ze", self._size))
        self.add_fields(grid, ("overlap_px", "&Overlap", self._overlap))
        self.add_fields(grid, ("edge", "At bor&der", ChoiceEditor({n: EDGE_LABELS.get(n, n) for n in EDGE_POLICIES})))
        self.add_fields(grid, ("sampling", "Ta&ke", ChoiceEditor({n: SAMPLING_LABELS.get(n, n) for n in SAMPLINGS})))
        self.add_fields(grid, ("count", "Count", IntegerEditor(1, empty="none", unit="each")))
        self._add_seldom()
        self._add_selection()
        self._add_preview()

    def _add_seldom(self) -> None:
        more = self.add_grid(more="Shape, order, random draws")
        self.rectangular = CheckEditor("Rectangular: height × width")
        self.rectangular.toggled.connect(self._set_rectangular)
        more.addWidget(self.rectangular, more.rowCount(), 0, 1, 4, Qt.AlignmentFlag.AlignLeft)
        self.add_fields(more, ("small_images", "Smaller", ChoiceEditor(_SMALL_LABELS)))
        self.add_fields(more, ("pad_mode", "Pad with", ChoiceEditor(_PAD_LABELS)))
        self.add_fields(more, ("order", "Order", ChoiceEditor({n: _ORDER_LABELS.get(n, n) for n in GRID_ORDERS})))
        self.add_fields(more, ("images", "Images", IntegerEditor(1, empty="all")), ("seed", "Seed", IntegerEditor(0)))
        self.add_fields(more, ("max_random_overlap", "Shared", PercentEditor()))

    def _add_selection(self) -> None:
        grid = self.add_grid(more="Select")
        self._selection = self.findChildren(FoldButton)[-1]
        self.region, self.rejected = RegionEditor(), RejectedEditor()
        choice = ChoiceEditor({name: _FOREGROUND_LABELS.get(name, name) for name in ("bright", "dark")})
        self.add_fields(
            grid, ("min_foreground", "Content", PercentEditor("any", prefix="≥ ")), ("foreground", "of", choice)
        )
        self.add_fields(grid, ("roi", "Region", self.region))
        self.add_fields(grid, ("exclude_tiles", "Rejected", self.rejected))

    def _add_preview(self) -> None:
        self.preview_button = QPushButton("Prev&iew tiles")
        self.preview_button.setToolTip("Show an image with the tiles that will be cut from it; follows every setting.")
        self.image = QComboBox()
        self.image.setAccessibleName("Image to preview")
        self.image.setToolTip("Image to preview.")
        self.image.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.image.setMinimumContentsLength(5)
        self.image.setStyleSheet(NARROW_COMBO)
        self.random_button = QPushButton()
        self.random_button.setToolTip("Preview another image, drawn at random.")
        self.random_button.setAccessibleName("Preview a random image")
        self.icons.keep(self.random_button.setIcon, "shuffle")
        row = QHBoxLayout()
        for widget, stretch in ((self.preview_button, 0), (self.image, 1), (self.random_button, 0)):
            row.addWidget(widget, stretch)
        self.add_widget(row)
        self.browser = browser = TileBrowser(self.icons)
        self.slider, self.position, self.tile_name = browser.slider, browser.position, browser.name
        self.show_all, self.show_tile, self.reject_button = browser.show_all, browser.show_tile, browser.reject_button
        self.show_annotations = browser.show_annotations
        self.step_back, self.step_on = browser.step_back, browser.step_on
        self.reject_button.clicked.connect(self._toggle_rejected)
        self.add_widget(browser)
        add_keys(self, browser)

    def set_value(self, section: Tiling) -> None:
        """Show a section; sends no signal."""
        super().set_value(section)
        with signals_blocked(self.rectangular):
            self.rectangular.setChecked(not (self._size.is_one and self._overlap.is_one))

    def refresh(self) -> None:
        """Enable what has an effect with the chosen sampling."""
        sampling = self.editor("sampling").value()
        for field in ("overlap_px", "edge", "order"):
            self.editor(field).setEnabled(sampling == "grid")
        self.show_row("count", sampling != "grid")
        self.show_row("max_random_overlap", sampling == "random")
        self.editor("foreground").setEnabled(self.editor("min_foreground").value() > 0)
        self._selection.summary.setText(self._selected())
        self._show_rejected()

    def summary(self) -> str:
        """Return size, overlap and tiles of an image."""
        size = _numbers(self._size.value())
        if self.editor("sampling").value() == "grid":
            size += f" / {_numbers(self._overlap.value())}"
        counts = {len(image) for image in self._images}
        if not counts:
            return size
        least, most = min(counts), max(counts)
        return f"{size}, {least}…{most} each" if least != most else f"{size}, {least} each"

    def show_plan(self, plan: Plan | None) -> None:
        """Follow a plan; without one the choice of images stays, so that a typing error changes no preview."""
        self._images = plan.images if plan is not None else ()
        self.show_summary()
        if plan is not None:
            self.show_annotations.setVisible(plan.partners is not None)
            self.offer_images([image.name for image in plan.images])

    def offer_images(self, names: list[str]) -> None:
        """Offer images for the preview; the chosen one stays chosen while it is among them."""
        if names == [self.image.itemText(i) for i in range(self.image.count())]:
            return
        chosen = self.image.currentText()
        with signals_blocked(self.image):
            self.image.clear()
            self.image.addItems(names)
            self.image.setCurrentIndex(max(0, self.image.findText(chosen)) if names else -1)

    def choose_random_image(self) -> None:
        """Choose another image for the preview, drawn at random."""
        others = [i for i in range(self.image.count()) if i != self.image.currentIndex()]
        if others:
            self.image.setCurrentIndex(random.choice(others))

    def show_count(self, count: int, index: int = 0) -> None:
        """Let slider and number run over so many tiles, with this one as the current; 0 disables them."""
        self.browser.show_count(count, index)

    def show_current(self, name: str, state: str) -> None:
        """Tell name and state of the current tile."""
        self.browser.show_current(name, state)
        self._show_rejected()

    def _toggle_rejected(self) -> None:
        if self.tile_name.text():
            self.rejected.toggle(self.tile_name.text())

    def _show_rejected(self) -> None:
        if hasattr(self, "browser"):  # fields are shown first while the panel is built
            self.browser.show_rejected(self.tile_name.text() in self.rejected.value())

    def _selected(self) -> str:
        """Return which tiles are taken, for the folded header."""
        least, names = self.editor("min_foreground").value(), self.rejected.value()
        parts = [f"≥ {percent(least)} {self.editor('foreground').value()}"] if least else []
        parts += ["region"] if self.region.value() is not None else []
        parts += [f"{len(names)} rejected"] if names else []
        return ", ".join(parts) or "all"

    def _set_rectangular(self, on: bool) -> None:
        for editor in (self._size, self._overlap):
            editor.set_one(not on)


def _numbers(value: int | tuple[int, int]) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)
