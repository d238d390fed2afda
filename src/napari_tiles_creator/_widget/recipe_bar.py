"""The row at the top: presets, saving and loading a recipe, clearing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget
from superqt.utils import signals_blocked

from napari_tiles_creator.recipe.document import Recipe
from napari_tiles_creator.recipe.presets import PRESETS

if TYPE_CHECKING:
    from napari_tiles_creator._widget.controls.icons import ThemeIcons

PRESET_LABELS = {"unet": "UNet", "yolo": "YOLO", "axons": "Axons", "imgsplit": "Imgsplit"}
OWN = "Own"
# Fields of the annotations that say what is drawn on the images, not what becomes of it.
DRAWN = ("labels", "boxes", "classes", "labels_hold")


class RecipeBar(QWidget):
    """Preset box, Save, Load, Clear.

    Parameters
    ----------
    icons : ThemeIcons
        Where icons come from.
    """

    presetChosen = Signal(str)

    def __init__(self, icons: ThemeIcons) -> None:
        super().__init__()
        self.preset = QComboBox()
        for name in PRESETS:
            self.preset.addItem(PRESET_LABELS.get(name, name), name)
        self.preset.addItem(OWN)
        self.preset.model().item(len(PRESETS)).setEnabled(False)
        self.preset.setToolTip("Settings for a purpose; folders and files stay as they are.")
        self.preset.setAccessibleName("Preset")
        self.preset.activated.connect(self._choose)
        label = QLabel("P&reset")
        label.setBuddy(self.preset)
        self.save_button = QPushButton("Save…")
        self.save_button.setToolTip("Save all settings as a recipe, for another day or for the command line.")
        self.load_button = QPushButton("Load…")
        self.load_button.setToolTip("Load the settings of a recipe.")
        self.clear_button = QPushButton()
        self.clear_button.setToolTip("Clear: settings as at the beginning, our layers removed. Files stay.")
        self.clear_button.setAccessibleName("Clear")
        icons.keep(self.clear_button.setIcon, "erase")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 4)
        layout.addWidget(label)
        layout.addWidget(self.preset, 1)
        for button in (self.save_button, self.load_button, self.clear_button):
            layout.addWidget(button)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show which preset a recipe is, folders and choice of images aside."""
        names = [name for name in PRESETS if same_settings(recipe, Recipe.preset(name))]
        with signals_blocked(self.preset):
            self.preset.setCurrentIndex(list(PRESETS).index(names[0]) if names else len(PRESETS))

    def _choose(self, row: int) -> None:
        name = self.preset.itemData(row)
        if name:
            self.presetChosen.emit(name)


def with_preset(recipe: Recipe, name: str) -> Recipe:
    """Return a preset with the images, what is drawn on them, and the export folder of a recipe."""
    data, kept = Recipe.preset(name).to_dict(), recipe.to_dict()
    data["media"] = kept["media"]
    data["annotations"] |= {field: kept["annotations"][field] for field in DRAWN}
    data["export"]["folder"] = recipe.export.folder
    return Recipe.of(data)


def same_settings(one: Recipe, other: Recipe) -> bool:
    """Tell whether two recipes differ in nothing but the images they are for, annotated or not, and the folder."""
    export = other.export.model_copy(update={"folder": one.export.folder})
    drawn = other.annotations.model_copy(update={field: getattr(one.annotations, field) for field in DRAWN})
    return one == other.model_copy(update={"media": one.media, "export": export, "annotations": drawn})
