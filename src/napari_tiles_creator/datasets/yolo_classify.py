"""Ultralytics' folders for classification: a folder a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout
from napari_tiles_creator.datasets.class_names import BACKGROUND, folder_names, without_background
from napari_tiles_creator.datasets.yolo import ultralytics_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.datasets.base import Offer, Refusal, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class YoloClassifyLayout(Layout):
    """``<split>/<class>``; a tile is of the class whose objects cover most of it.

    Tiles without an object are left out, or, where they are to be kept, of the class ``background``.
    """

    keeps_empty: ClassVar[bool] = False

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return f"{place.split}/{place.label}/{place.name}{place.extension}"

    def label(self, annotations: TileAnnotations, classes: Sequence[str]) -> str:
        """Return the class whose objects have the largest area, the first of equal ones; see `Layout.label`."""
        if not annotations.objects:
            return BACKGROUND
        areas = [0.0] * len(classes)
        for seen in annotations.objects:
            areas[seen.class_number] += seen.area
        return classes[areas.index(max(areas))]

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(ultralytics_refusal(offer), folder_names(offer), without_background(offer))
