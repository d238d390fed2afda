"""What is predicted and put together, and its layers: settings of the dock's, no part of the recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QPushButton

from napari_tiles_creator._widget.controls.details import Details
from napari_tiles_creator._widget.controls.editors import CheckEditor, ChoiceEditor, IntegerEditor, SegmentsEditor
from napari_tiles_creator._widget.controls.fold import FoldButton
from napari_tiles_creator._widget.controls.labels import wrapped_label
from napari_tiles_creator._widget.controls.line import LineEditor, number
from napari_tiles_creator._widget.controls.offer import OfferEditor
from napari_tiles_creator._widget.controls.path import PathEditor
from napari_tiles_creator._widget.controls.progress import StageBar
from napari_tiles_creator._widget.controls.words import counted
from napari_tiles_creator._widget.panels.panel import Panel
from napari_tiles_creator._widget.prediction import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

OF_LABELS = {"dataset": "Exported dataset", "layer": "Open layer"}
OF_TIPS = {
    "dataset": "The tiles that were exported to a folder.",
    "layer": "An image that is open in napari; its tiles are cut on the way and not kept.",
}
MODEL_LABELS = {
    "otsu": "Otsu's threshold",
    "otsu-dark": "Otsu's, what is darker",
    "li": "Li's threshold",
    "li-dark": "Li's, what is darker",
    "file": "File or folder",
    "function": "Python function",
    "results": "Results that are there",
}
MODEL_TIPS = {
    "otsu": "One threshold for an image, from the histogram of its tiles.",
    "otsu-dark": "Below the threshold lies what is wanted, as in transmitted light.",
    "li": "One threshold for an image, by its cross entropy.",
    "li-dark": "Below the threshold lies what is wanted, as in transmitted light.",
    "file": "A trained model: ONNX, bioimage.io, Hugging Face.",
    "function": "A function of yours, or of a package that is installed.",
    "results": "Another program has segmented the tiles: they are put together.",
}
HOLDS_LABELS = {"values": "Values", "classes": "Classes", "labels": "Objects", "detections": "Boxes, polygons"}
HOLDS_TIPS = {
    "values": "Probabilities or intensities: they are blended.",
    "classes": "A mask, or the number of a class at each pixel: the likelier tile decides.",
    "labels": "A number for each object: those of neighbouring tiles become one.",
    "detections": "YOLO texts, COCO, GeoJSON or LabelMe: copies in the overlap become one.",
}
SHOWN_LABELS = {"mask": "Mask", "probabilities": "Probabilities"}
BLEND_LABELS = {
    "linear": "Linear",
    "hann": "Hann",
    "gaussian": "Gaussian",
    "mean": "Mean",
    "core": "None: each its core",
    "max": "Largest value",
}
MATCH_LABELS = {"containment": "One in the other", "iou": "Intersection / union"}
MODEL_FILES = "Models (*.onnx *.zip *.yaml *.yml)"
# What the model gets is no setting of this panel: the line says where it is set.
FROM_DATASET = "Size, overlap, calibration and normalization are those of the dataset."
FROM_RECIPE = "Size, overlap, calibration and normalization are those set above."


class PredictPanel(Panel[Prediction]):
    """The section Predict & merge.

    Attributes
    ----------
    predict_button, cancel_button : QPushButton
        Begin, and stop.
    bar : StageBar
        How far it is.
    result : Details
        How the last one ended.
    is_offering : bool
        Whether a value changes only because something else can be chosen now.
    valueShown : Signal()
        Other settings are shown, which nobody edited.
    """

    # Spelt as in the recipe's panels, but it names no section of the recipe.
    name: ClassVar[str] = "predict"
    title: ClassVar[str] = "Predict & merge"
    valueShown = Signal()

    def build(self) -> None:
        """Lay out what, by which model, how it is shown, and the two buttons."""
        self._usual_dataset = ""
        self._needs_code = self.is_offering = False
        self._add_subject(self.add_grid())
        self._add_model(self.add_grid())
        self._add_shown(self.add_grid())
        self._add_details()
        self.origin = wrapped_label(muted=True)
        self.add_widget(self.origin)
        self._add_actions()

    def first_value(self) -> Prediction:
        """Return what is shown at first."""
        return Prediction()

    def set_value(self, section: Prediction) -> None:
        """Show settings; what can be chosen with them is looked for."""
        if section.dataset != self.editor("dataset").value():
            self.editor("image").forget()
        super().set_value(section)
        self.valueShown.emit()

    def _add_subject(self, grid: QGridLayout) -> None:
        self.add_fields(grid, ("of", "", SegmentsEditor(OF_LABELS, OF_TIPS)))
        dataset, image = (
            PathEditor("The export folder", "Choose the folder of tiles"),
            OfferEditor("none", "all images"),
        )
        dataset.changed.connect(image.forget)
        self.add_fields(grid, ("dataset", "Tiles", dataset))
        self.add_fields(grid, ("image", "Image", image))
        self.add_fields(grid, ("layer", "Layer", OfferEditor("no image is open")))

    def _add_model(self, grid: QGridLayout) -> None:
        self.add_fields(grid, ("model", "Model", ChoiceEditor(MODEL_LABELS, MODEL_TIPS)))
        path = PathEditor("ONNX file, model folder", "Choose the model", MODEL_FILES)
        self.add_fields(grid, ("path", "Path", path))
        self.add_fields(grid, ("function", "Function", LineEditor(hint="my_package.segmenting:segment")))
        self.add_fields(grid, ("allow_code", "", CheckEditor("Allow this model to run its code")))
        self.code = wrapped_label(muted=True)
        self.code.setText("It runs with all your rights: allow only what you trust.")
        grid.addWidget(self.code, grid.rowCount(), 0, 1, grid.columnCount())
        self.add_fields(grid, ("results", "Folder", PathEditor("Folder of results", "Choose the folder of results")))
        self.add_fields(grid, ("holds", "They hold", ChoiceEditor(HOLDS_LABELS, HOLDS_TIPS)))

    def _add_shown(self, grid: QGridLayout) -> None:
        self.add_fields(grid, ("shown", "Show", ChoiceEditor(SHOWN_LABELS)))
        class_number, threshold = IntegerEditor(1, empty="all"), LineEditor(number)
        self.add_fields(grid, ("class_number", "Class", class_number), ("threshold", "above", threshold))

    def _add_details(self) -> None:
        grid = self.add_grid(more="Blend, objects, save to")
        self.details = self.findChildren(FoldButton)[-1]
        self.add_fields(grid, ("blend", "Blend", ChoiceEditor(BLEND_LABELS)))
        self.add_fields(grid, ("match", "Same if", ChoiceEditor(MATCH_LABELS)))
        self.add_fields(
            grid,
            ("match_threshold", "above", LineEditor(number)),
            ("min_area_px", "area ≥", IntegerEditor(0, unit="px")),
        )
        self.add_fields(grid, ("folder", "Save to", PathEditor("Not kept", "Choose a folder for the merged files")))

    def _add_actions(self) -> None:
        self.predict_button = QPushButton()
        self.predict_button.setToolTip("Show the merged result over the image; replaces the last one.")
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setAccessibleName("Cancel the prediction")
        self.cancel_button.setToolTip("Stop; what is shown stays.")
        self.cancel_button.setEnabled(False)
        row = QHBoxLayout()
        row.addWidget(self.predict_button, 2)
        row.addWidget(self.cancel_button, 1)
        self.add_widget(row)
        self.bar = StageBar("Prediction")
        self.result = Details(muted=True)
        self.add_widget(self.bar)
        self.add_widget(self.result)

    # ---- what is there to choose from ----

    def show_dataset(self, usual: str, images: Sequence[str] | None = None) -> None:
        """Tell which folder stands for an empty line, and, once known, the images of the dataset that is meant."""
        self._usual_dataset = usual
        name = Path(usual).name
        self.editor("dataset").line.setPlaceholderText(f"{name} (the export folder)" if name else "The export folder")
        if images is not None:
            self._offer("image", images)
        self._show()

    def offer_layers(self, names: Sequence[str]) -> None:
        """Tell which image layers are open."""
        self._offer("layer", names)

    def _offer(self, field: str, names: Sequence[str]) -> None:
        self.is_offering = True
        self.editor(field).offer(names)
        self.is_offering = False

    def show_code(self, needed: bool) -> None:
        """Tell whether the model in the path brings code with it."""
        self._needs_code = needed
        self._show()

    def dataset(self) -> str:
        """Return the folder of the dataset that is meant, empty where there is none."""
        return self.editor("dataset").value() or self._usual_dataset

    # ---- what depends on what ----

    def refresh(self) -> None:
        """Show the fields that have an effect with what is chosen."""
        shown = self.fields()
        of_layer, model, holds = shown["of"] == "layer", shown["model"], shown["holds"]
        predicts, is_trained = model != "results", model in ("file", "function")
        self.editor("model").forbid({"results": "Results belong to an exported dataset."} if of_layer else {})
        rows = {
            "dataset": not of_layer,
            "image": not of_layer,
            "layer": of_layer,
            "path": model == "file",
            "function": model == "function",
            "allow_code": model == "function" or (model == "file" and self._needs_code),
            "results": not predicts,
            "holds": not predicts,
            "shown": is_trained,
            "blend": holds == "values" or predicts,
        }
        rows["class_number"] = is_trained
        rows["threshold"] = is_trained and shown["shown"] == "mask" and shown["class_number"] is not None
        of_objects = is_trained or (not predicts and holds in ("labels", "detections"))
        rows |= dict.fromkeys(("match", "match_threshold"), of_objects)
        rows["min_area_px"] = of_objects and (predicts or holds == "labels")
        for field, on in rows.items():
            self.show_row(field, on)
        self.code.setVisible(rows["allow_code"])
        self.origin.setText(FROM_RECIPE if of_layer else FROM_DATASET)
        self.predict_button.setText("&Predict && merge" if predicts else "Mer&ge")

    def summary(self) -> str:
        """Return the model and what it is applied to."""
        shown = Prediction.model_construct(**self.fields())
        what = shown.layer if shown.of == "layer" else shown.image or Path(self.dataset()).name
        verb = " of " if shown.is_of_results else " on "
        return f"{shown.named()}{verb}{what}" if what else shown.named()

    # ---- while it runs, and after ----

    def show_running(self, running: bool) -> None:
        """Show that it has begun, or that nothing is under way."""
        self.predict_button.setEnabled(not running)
        self.cancel_button.setEnabled(running)
        if running:
            self.clear_problems()
            self.result.show_text("")
            self.bar.start()
        else:
            self.bar.stop()

    def show_stopping(self) -> None:
        """Show that it is asked to stop."""
        self.cancel_button.setEnabled(False)
        self.bar.show_stopping()

    def show_result(self, text: str, warnings: Sequence[str] = ()) -> None:
        """Say how it ended, and what went along with it."""
        self.result.show_text(text, warnings, counted(len(warnings), "warning"))
