"""Ultralytics' folders for semantic segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout
from napari_tiles_creator.datasets.class_names import BACKGROUND, without_background
from napari_tiles_creator.datasets.data_yaml import data_yaml
from napari_tiles_creator.datasets.masks import class_mask
from napari_tiles_creator.datasets.yolo import ultralytics_refusal
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import Finished, MaskFormat, Offer, Refusal, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class YoloSemanticLayout(Layout):
    """``images/<split>``, ``masks/<split>`` and ``data.yaml``.

    Background is a class of its own, number 0: every pixel of a mask is one of the classes, and 255, which the
    training passes over, does not occur. A tile without an object has a mask of zeros.
    """

    wanted: ClassVar[Wanted] = Wanted(classes=True)
    mask_format: ClassVar[MaskFormat | None] = "png"

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return f"images/{place.split}/{place.name}{place.extension}"

    def mask_path(self, place: TilePlace) -> str:
        """Return a mask's path; see `Layout.mask_path`."""
        return f"masks/{place.split}/{place.name}.png"

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return the class of each pixel; see `Layout.mask`."""
        return class_mask(annotations)

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(ultralytics_refusal(offer), rules.most_classes(offer, 254), without_background(offer))

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield ``data.yaml``; see `Layout.shared_files`."""
        yield "data.yaml", data_yaml([BACKGROUND, *dataset.classes], dataset.splits)
