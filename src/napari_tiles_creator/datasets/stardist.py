"""Tiles and masks of numbered objects under the same names: StarDist's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.masks import instance_mask, one_piece_each, smallest_type
from napari_tiles_creator.datasets.pairs import PairsLayout
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import MaskFormat, Offer, Refusal
    from napari_tiles_creator.geometry.objects import TileAnnotations


class StardistLayout(PairsLayout):
    """As pairs, but masks number the objects, each in one piece; classes are not told apart."""

    wanted: ClassVar[Wanted] = Wanted(instances=True)
    mask_format: ClassVar[MaskFormat | None] = "tif"

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return the number of each pixel's object; see `Layout.mask`."""
        return smallest_type(one_piece_each(instance_mask(annotations)))

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(
            rules.annotated(offer),
            rules.formats(offer, "tif"),
            rules.one_picture(offer),
            rules.all_alike(offer),
            rules.one_size(offer),
            rules.sides(offer, 32),
        )
