"""Which values the tiles hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QHBoxLayout
from superqt.utils import signals_blocked

from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor, PairEditor, SegmentsEditor
from napari_tiles_creator._widget.controls.histogram import HistogramView
from napari_tiles_creator._widget.controls.line import LineEditor, number
from napari_tiles_creator._widget.controls.ranges import RangesEditor
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.errors import TilesError
from napari_tiles_creator.recipe.normalization import FULL_RANGE, SCOPES, TILE_TYPES, Normalization, TileType

if TYPE_CHECKING:
    from napari_tiles_creator.engine.pixels.histogram import Histogram
    from napari_tiles_creator.engine.planning.plan import Plan

# "Local" and "Global" are the names that users of the first Tiles Creator know.
SCOPE_LABELS = {"none": "None", "tile": "Local", "image": "Global", "dataset": "Dataset"}
SCOPE_TIPS = {
    "none": "Values stay as they are.",
    "tile": "Each tile has a range of its own.",
    "image": "One range for all tiles of an image.",
    "dataset": "One range for all tiles of all images.",
}
GIVEN = "The range is that of another dataset."
NOT_NORMALIZED = "Values stay as they are with None: choose Local, Global or Dataset."


class NormalizationPanel(Panel[Normalization]):
    """The recipe's section ``normalization``.

    Attributes
    ----------
    before, after : HistogramView
        Values of the chosen image, and of its tiles.
    """

    name = "normalization"
    title = "Normalization"

    def build(self) -> None:
        """Lay out scope, bounds, percentiles, type, and the histograms."""
        self._source_types: set[str] = set()
        self._has_channels = True
        self.grid = self.add_grid()
        scope = SegmentsEditor({scope: SCOPE_LABELS[scope] for scope in SCOPES}, SCOPE_TIPS)
        scope.chosen.connect(self._choose_scope)
        self.add_fields(self.grid, ("scope", "", scope))
        self.add_fields(
            self.grid,
            ("low", "&Bounds", LineEditor(number)),
            ("high", "to", LineEditor(number, empty=None)),
        )
        percentiles = PairEditor(
            LineEditor(number, unit="%"),
            LineEditor(number, unit="%"),
            can_be_one=False,
        )
        self.add_fields(self.grid, ("percentiles", "Ran&ge", percentiles))
        ranges = RangesEditor()
        ranges.datasetChosen.connect(self.take_dataset)
        self.add_fields(self.grid, ("ranges", "", ranges))
        self.type_row = self.add_fields(
            self.grid,
            ("dtype", "T&ype", ChoiceEditor({None: "as images", **{name: name for name in TILE_TYPES}})),
            row=self.grid.rowCount(),
        )
        self.more = self.add_grid(more="Channels")
        self.add_fields(self.more, ("per_channel", "", CheckEditor("Each channel has its own range")))
        self.before, self.after = HistogramView("before"), HistogramView("after")
        row = QHBoxLayout()
        row.setSpacing(8)
        for view in (self.before, self.after):
            row.addWidget(view)
            view.hide()
        self.add_widget(row)

    def refresh(self) -> None:
        """Disable what has no effect without a normalization, and show what an empty upper bound means."""
        on = self.editor("scope").value() != "none"
        for field in ("low", "high"):
            self.enable(field, on, NOT_NORMALIZED)
        why_not = "The images have no channels: they have one range." if on else NOT_NORMALIZED
        self.enable("per_channel", on and self._has_channels, why_not)
        scope, ranges = self.editor("scope").value(), self.editor("ranges").value()
        self.show_row("ranges", scope == "dataset" or ranges is not None)
        self.enable("percentiles", on and ranges is None, NOT_NORMALIZED if not on else GIVEN)
        self.editor("high").setPlaceholderText(f"{FULL_RANGE[self._tile_type()]:g}")
        self.editor("dtype").forbid({None: "Normalized tiles need a type."} if on else self._too_small())

    def show_plan(self, plan: Plan | None) -> None:
        """Follow what the images hold; without a plan what is known stays."""
        if plan is not None:
            self._source_types = {image.info.dtype.name for image in plan.images}
            self._has_channels = any(image.axes == "CYX" for image in plan.images) or not plan.images
            self.refresh()

    def show_histograms(self, found: tuple[Histogram, Histogram] | None) -> None:
        """Draw the values of an image and of its tiles, or nothing."""
        for view, histogram in zip((self.before, self.after), found or (None, None), strict=True):
            view.setVisible(histogram is not None)
            if histogram is not None:
                view.show_counts(histogram.counts.tolist(), histogram.low, histogram.high)

    def summary(self) -> str:
        """Return scope, bounds and type."""
        scope, dtype = self.editor("scope").value(), self.editor("dtype").value()
        if scope == "none":
            return f"none, {dtype or 'type as images'}"
        high = self.editor("high").text() or self.editor("high").placeholderText()
        return f"{SCOPE_LABELS.get(scope, scope)} → {self.editor('low').text()}…{high} {self._tile_type()}"

    def _too_small(self) -> dict[str, str]:
        """Return the types that cannot hold the images' values as they are, each with the reason."""
        return {
            name: f"{name} cannot hold values of {kind} images as they are."
            for name in TILE_TYPES
            for kind in sorted(self._source_types)
            if not np.can_cast(np.dtype(kind), name, "safe")
        }

    def take_type(self, dtype: TileType) -> None:
        """Choose the type of the tiles; values that would not fit into it are normalized to its full range."""
        holds = all(np.can_cast(np.dtype(kind), dtype, "safe") for kind in self._source_types)
        if self.editor("scope").value() == "none" and not holds:
            self.editor("scope").set_value("image")
        if self.editor("dtype").value() != dtype:
            self.editor("low").set_value(0.0)
            self.editor("high").set_value(None)
            self.editor("dtype").set_value(dtype)

    def take_dataset(self, folder: str) -> None:
        """Map values as an exported dataset does, or say why that cannot be."""
        from napari_tiles_creator.engine.export.frozen_normalization import frozen_normalization

        try:
            fields = frozen_normalization(folder)
        except TilesError as error:
            self.show_problem("ranges", str(error))
            return
        with signals_blocked(self):
            for name, value in fields.items():
                field = name.partition(".")[2]
                if field == "ranges":
                    self.editor(field).take(value, Path(folder).name)
                elif self.has_editor(field):
                    self.editor(field).set_value(tuple(value) if isinstance(value, list) else value)
        self._edited()

    @property
    def tile_types(self) -> set[str]:
        """Types that the tiles will have; none where that of the images is kept and not known."""
        dtype = self.editor("dtype").value()
        kept = dtype is None and self.editor("scope").value() == "none"
        return set(self._source_types) if kept else {self._tile_type()}

    def _choose_scope(self, scope: str) -> None:
        """Name the type that tiles get, where it was that of the images until now; forget another scope's ranges."""
        if scope != "dataset" and self.editor("ranges").value() is not None:
            self.editor("ranges").set_value(None)
            self._edited()
        if scope != "none" and self.editor("dtype").value() is None:
            self.editor("dtype").set_value("float32")

    def _tile_type(self) -> TileType:
        chosen: TileType | None = self.editor("dtype").value()
        return chosen or "float32"
