"""Which values the tiles hold."""

from __future__ import annotations

from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor, PairEditor, SegmentsEditor
from napari_tiles_creator._widget.controls.line import LineEditor, number
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.recipe.normalization import FULL_RANGE, SCOPES, TILE_TYPES, Normalization, TileType

# "Local" and "Global" are the names that users of the first Tiles Creator know.
SCOPE_LABELS = {"none": "None", "tile": "Local", "image": "Global", "dataset": "Dataset"}


class NormalizationPanel(Panel[Normalization]):
    """The recipe's section ``normalization``."""

    name = "normalization"
    title = "Normalization"

    def build(self) -> None:
        """Lay out scope, bounds, percentiles and type."""
        self.grid = self.add_grid()
        self.add_fields(self.grid, ("scope", "", SegmentsEditor({scope: SCOPE_LABELS[scope] for scope in SCOPES})))
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
        self.type_row = self.add_fields(
            self.grid,
            ("dtype", "T&ype", ChoiceEditor({None: "as images", **{name: name for name in TILE_TYPES}})),
            row=self.grid.rowCount(),
        )
        self.more = self.add_grid(more="Channels")
        self.add_fields(self.more, ("per_channel", "", CheckEditor("Each channel has its own range")))

    def refresh(self) -> None:
        """Disable what has no effect without a normalization, and show what an empty upper bound means."""
        on = self.editor("scope").value() != "none"
        for field in ("low", "high", "percentiles", "per_channel"):
            self.editor(field).setEnabled(on)
        self.editor("high").setPlaceholderText(f"{FULL_RANGE[self._tile_type()]:g}")
        self.editor("dtype").forbid({None: "normalized tiles need a type"} if on else {})

    def summary(self) -> str:
        """Return scope, bounds and type."""
        scope, dtype = self.editor("scope").value(), self.editor("dtype").value()
        if scope == "none":
            return f"none, {dtype or 'type as images'}"
        high = self.editor("high").text() or self.editor("high").placeholderText()
        return f"{SCOPE_LABELS.get(scope, scope)} → {self.editor('low').text()}…{high} {self._tile_type()}"

    def _tile_type(self) -> TileType:
        chosen: TileType | None = self.editor("dtype").value()
        return chosen or "float32"
