"""What is written, and where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from qtpy.QtWidgets import QPushButton, QWidget

from napari_tiles_creator._widget.controls.editors import ChoiceEditor, IntegerEditor
from napari_tiles_creator._widget.controls.line import LineEditor
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.recipe.document import FORMATS_OF_TYPE
from napari_tiles_creator.recipe.export import LAYOUTS, TILE_FORMATS, Compression, Export

if TYPE_CHECKING:
    from napari_tiles_creator._widget.controls.icons import ThemeIcons
    from napari_tiles_creator._widget.panels.normalization import NormalizationPanel

LAYOUT_LABELS = {"flat": "One folder (flat)"}


class ExportPanel(Panel[Export]):
    """The recipe's section ``export``.

    Parameters
    ----------
    icons : ThemeIcons
        Where icons come from.
    normalization : NormalizationPanel
        Beside its type the format is shown, because the two are chosen together.
    """

    name = "export"
    title = "Export"

    def __init__(self, icons: ThemeIcons, normalization: NormalizationPanel) -> None:
        self._normalization = normalization
        super().__init__(icons)
        normalization.valueChanged.connect(self.refresh)

    def build(self) -> None:
        """Lay out folder, layout, names and compression."""
        formats = ChoiceEditor({name: f".{name}" for name in TILE_FORMATS})
        row = self._normalization.type_row
        self.add_fields(self._normalization.grid, ("format", "Form&at", formats), row=row, place=1)
        QWidget.setTabOrder(self._normalization.editor("dtype"), formats)
        grid = self.add_grid()
        self.add_fields(grid, ("folder", "", PathEditor("Folder for the tiles", "Choose the export folder")))
        self.add_fields(grid, ("layout", "Layou&t", ChoiceEditor({n: LAYOUT_LABELS.get(n, n) for n in LAYOUTS})))
        more = self.add_grid(more="Names, compression")
        self.add_fields(more, ("name", "Names", LineEditor()))
        self.add_fields(more, ("compression", "Compress", ChoiceEditor({name: name for name in get_args(Compression)})))
        self.add_fields(more, ("quality", "Quality", IntegerEditor(1)))
        self.editor("quality").setMaximum(100)
        self.empty_button = QPushButton("&Empty export folder…")
        self.empty_button.setToolTip("Remove what an export wrote into the folder, and nothing else; asks first.")
        self.add_widget(self.empty_button)

    def refresh(self) -> None:
        """Disable formats that cannot hold the type of the tiles, and settings of other formats."""
        dtype = self._normalization.editor("dtype").value()
        if dtype is None and self._normalization.editor("scope").value() != "none":
            dtype = "float32"
        allowed = FORMATS_OF_TYPE[dtype] if dtype else TILE_FORMATS
        reason = f"cannot hold {dtype} tiles"
        self.editor("format").forbid({name: f".{name} {reason}" for name in TILE_FORMATS if name not in allowed})
        chosen = self.editor("format").value()
        self.show_row("compression", chosen == "tif")
        self.show_row("quality", chosen == "jpg")

    def summary(self) -> str:
        """Return layout and folder."""
        folder = self.editor("folder").value()
        return f"{self.editor('layout').value()}, {Path(folder).name}" if folder else self.editor("layout").value()
