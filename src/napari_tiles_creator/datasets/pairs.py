"""Tiles and masks of class numbers under the same names: what most semantic segmentation trains from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout
from napari_tiles_creator.datasets.masks import class_mask
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import MaskFormat, Offer, Refusal, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class PairsLayout(Layout):
    """``<split>/images`` and ``<split>/masks``; masks are uint8, 0 for background, 1 for the first class."""

    wanted: ClassVar[Wanted] = Wanted(classes=True)
    # Loaders pair files by name, and some by name and extension.
    mask_format: ClassVar[MaskFormat | None] = "tile"

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return _under(place, "images")

    def mask_path(self, place: TilePlace) -> str:
        """Return a mask's path; see `Layout.mask_path`."""
        return _under(place, "masks")

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return the class of each pixel; see `Layout.mask`."""
        return class_mask(annotations)

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(
            rules.annotated(offer),
            rules.formats(offer, "tif", "png"),
            rules.all_alike(offer),
            rules.one_size(offer),
            rules.sides(offer, 32),
            rules.most_classes(offer, 255),
        )


def _under(place: TilePlace, folder: str) -> str:
    name = place.name + place.extension
    return f"{place.split}/{folder}/{name}" if place.split else f"{folder}/{name}"
