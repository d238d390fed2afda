"""What the section Predict & merge asks for: settings beside the recipe, which an export knows nothing of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from napari_tiles_creator.recipe.section import Section

if TYPE_CHECKING:
    from napari_tiles_creator.engine.back.detections.rule import JoinRule
    from napari_tiles_creator.engine.back.labels.rule import StitchRule

THRESHOLDS = ("otsu", "li")


class Prediction(Section):
    """What is predicted, or put together of what was predicted, and how it is shown.

    `image` and `layer` are empty for the first one that there is; `image` is None for all images of the dataset.
    """

    of: Literal["dataset", "layer"] = Field("dataset", description="What the model is applied to.")
    dataset: str = Field("", description="Folder of exported tiles; where empty, the export folder above.")
    image: str | None = Field("", description="Which image of the dataset, or all of them.")
    layer: str = Field("", description="Which open image layer; it is cut as the recipe says.")
    model: Literal["otsu", "otsu-dark", "li", "li-dark", "file", "function", "results"] = Field(
        "otsu", description="What segments the tiles, or that their results are there already."
    )
    path: str = Field(
        "", description="An ONNX file, or the folder or file of a bioimage.io model or of a Hugging Face one."
    )
    function: str = Field(
        "", description="A Python function that takes tiles and returns masks, as module:function or file.py:function."
    )
    allow_code: bool = Field(False, description="The model brings Python code with it, and may run it here.")
    results: str = Field("", description="Folder of results, each named like its tile.")
    holds: Literal["values", "classes", "labels", "detections"] = Field(
        "classes", description="What the results hold, which tells how they are put together."
    )
    shown: Literal["mask", "probabilities"] = Field(
        "mask", description="Whether a mask comes of the probabilities, or they are shown themselves."
    )
    class_number: int | None = Field(1, ge=1, description="Class of the mask; without one, all classes by number.")
    threshold: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.5, description="A pixel is of the class where its probability is above this, 0 to 1."
    )
    blend: Literal["linear", "hann", "gaussian", "mean", "core", "max"] = Field(
        "linear", description="How the values of tiles that overlap go over into each other."
    )
    match: Literal["containment", "iou"] = Field(
        "containment", description="What tells that two tiles show the same object."
    )
    match_threshold: Annotated[float, Field(gt=0, le=1)] = Field(
        0.5, description="Share of two objects that is common, from which on they are one, 0 to 1."
    )
    min_area_px: int = Field(0, ge=0, description="Smaller objects are left out, px.")
    folder: str = Field("", description="Folder for the merged files; where empty, they go when their layers do.")

    @property
    def spec(self) -> str:
        """The model as the engine names it, empty where none was named."""
        return {"file": self.path, "function": self.function, "results": ""}.get(self.model, self.model)

    @property
    def is_threshold(self) -> bool:
        """Whether the model is computed from the pixels alone, and can neither fail to load nor run code."""
        return self.model.partition("-")[0] in THRESHOLDS

    @property
    def is_of_results(self) -> bool:
        """Whether there is nothing to predict."""
        return self.model == "results"

    @property
    def is_map(self) -> bool:
        """Whether probabilities are shown; a threshold has none, whatever was chosen for another model before."""
        return self.shown == "probabilities" and not self.is_threshold

    @property
    def mask(self) -> tuple[int | None, float]:
        """Class of the mask, None for all, and what its probability must be above."""
        return (1, 0.5) if self.is_threshold else (self.class_number, self.threshold)

    def stitch_rule(self) -> StitchRule:
        """Return how the objects of tiles become those of an image."""
        from napari_tiles_creator.engine.back.labels.rule import StitchRule

        return StitchRule(self.match, self.match_threshold, self.min_area_px)

    def join_rule(self) -> JoinRule:
        """Return how boxes and polygons of tiles become those of an image."""
        from napari_tiles_creator.engine.back.detections.rule import JoinRule

        return JoinRule("ios" if self.match == "containment" else "iou", self.match_threshold)

    def named(self) -> str:
        """Return the model in a word, for people."""
        if self.model == "file":
            return Path(self.path).name or "no model yet"
        if self.model == "function":
            return self.function.rpartition(":")[2] or "no function yet"
        return "results" if self.is_of_results else self.model.capitalize().replace("-dark", ", dark")
