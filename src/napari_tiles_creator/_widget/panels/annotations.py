"""What is drawn on the images, and what of it goes into the tiles."""

from __future__ import annotations

from pathlib import Path

from napari_tiles_creator._widget.controls.classes import ClassesEditor
from napari_tiles_creator._widget.controls.editors import ChoiceEditor
from napari_tiles_creator._widget.controls.empty_tiles import EmptyTilesEditor
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.controls.percent import PercentEditor
from napari_tiles_creator._widget.controls.words import counted
from napari_tiles_creator._widget.panels.media import IMAGE_FILES
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator.recipe.annotations import AT_BORDER, LABELS_HOLD, Annotations
from napari_tiles_creator.recipe.media import OPEN_LAYERS

LAYERS = ("Open layers", OPEN_LAYERS)
BORDER_LABELS = {"clip": "Clip", "keep": "Keep all of them", "drop": "Leave out", "mark": "Clip and mark"}
BORDER_TIPS = {
    "clip": "Cut it to the tile, where enough of it is visible.",
    "keep": "Cut it to the tile, however little of it is visible.",
    "drop": "An object that the border cuts is not in the tile.",
    "mark": "Cut it to the tile, and mark it in objects.csv.",
}
HOLD_LABELS = {"auto": "As classes tell", "instances": "Objects", "classes": "Classes"}
HOLD_TIPS = {
    "auto": "Classes where several are named, else objects.",
    "instances": "Each value is an object.",
    "classes": "1 is the first class; each connected piece is an object.",
}


class AnnotationsPanel(Panel[Annotations]):
    """The recipe's section ``annotations``; it stands inside the Export panel."""

    name = "annotations"
    title = "Annotations"

    def build(self) -> None:
        """Lay out where annotations are, their classes, and what is seldom needed."""
        grid = self.add_grid()
        labels = PathEditor("Folder of label images", "Choose the label images", IMAGE_FILES, LAYERS, empty=None)
        boxes = PathEditor(
            "Folder of YOLO texts, COCO file",
            "Choose boxes or polygons",
            "COCO annotations (*.json)",
            LAYERS,
            empty=None,
        )
        self.add_fields(grid, ("labels", "Labels", labels))
        self.add_fields(grid, ("boxes", "Boxes", boxes))
        self.add_fields(grid, ("classes", "Classes", ClassesEditor()))
        more = self.add_grid(more="Border, empty tiles")
        self.add_fields(more, ("labels_hold", "Values", ChoiceEditor(_with(LABELS_HOLD, HOLD_LABELS), HOLD_TIPS)))
        self.add_fields(more, ("at_border", "At border", ChoiceEditor(_with(AT_BORDER, BORDER_LABELS), BORDER_TIPS)))
        self.add_fields(more, ("min_visible", "Visible", PercentEditor("any", prefix="≥ ")))
        self.add_fields(more, ("empty_tiles", "Empty", EmptyTilesEditor()))
        self.header.setStyleSheet("FoldButton:!hover { background-color: transparent; }")  # lighter than a panel's

    def refresh(self) -> None:
        """Enable what has an effect with what is chosen."""
        self.show_row("labels_hold", bool(self.editor("labels").value()))
        limits = self.editor("at_border").value() in ("clip", "mark")
        self.enable("min_visible", limits, "Counts where cut objects are clipped.")

    @property
    def is_given(self) -> bool:
        """Whether anything is drawn."""
        return bool(self.editor("labels").value() or self.editor("boxes").value())

    def summary(self) -> str:
        """Return where annotations are, and how many classes are named."""
        if not self.is_given:
            return "none"
        places = dict.fromkeys(filter(None, (self.editor("labels").value(), self.editor("boxes").value())))
        parts = ["open layers" if place == OPEN_LAYERS else Path(place).name for place in places]
        classes = self.editor("classes").value()
        if isinstance(classes, tuple):
            parts.append(counted(len(classes), "class") if len(classes) == 1 else f"{len(classes)} classes")
        return ", ".join(parts)


def _with(names: tuple[str, ...], labels: dict[str, str]) -> dict[str, str]:
    """Return the label of each value the recipe knows."""
    return {name: labels.get(name, name) for name in names}
