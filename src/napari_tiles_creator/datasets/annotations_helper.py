"""Microglia-analyzer's annotations helper: tiles whose boxes and masks are looked through and corrected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout, Refusal
from napari_tiles_creator.datasets.class_names import helper_name, name_lines, told_apart
from napari_tiles_creator.datasets.masks import foreground_mask
from napari_tiles_creator.datasets.yolo_rows import box_rows
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import Finished, MaskFormat, Offer, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class AnnotationsHelperLayout(Layout):
    """``tiles``, ``tiles-labels``, ``tiles-masks`` and ``tiles-classes.txt``.

    Masks are 0 and 255, as the UNet's training wants them. A tile without an object has neither text nor mask: an
    empty text stops the helper.
    """

    wanted: ClassVar[Wanted] = Wanted(classes=True)
    mask_format: ClassVar[MaskFormat | None] = "tif"
    masks_need_shapes: ClassVar[bool] = True

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return f"tiles/{place.name}{place.extension}"

    def mask_path(self, place: TilePlace) -> str:
        """Return a mask's path; see `Layout.mask_path`."""
        return f"tiles-masks/{place.name}.tif"

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return 255 where anything is drawn, None where nothing is; see `Layout.mask`."""
        mask = foreground_mask(annotations)
        return mask if mask.any() else None

    def text_path(self, place: TilePlace) -> str:
        """Return the path of a tile's boxes; see `Layout.text_path`."""
        return f"tiles-labels/{place.name}.txt"

    def text(self, annotations: TileAnnotations, shape: tuple[int, int]) -> str | None:
        """Return a row a box, None without any; see `Layout.text`."""
        return box_rows(annotations.objects, shape) or None

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(
            rules.annotated(offer),
            rules.formats(offer, "tif", "png"),
            _channels_first(offer),
            rules.plain_names(offer, "names are read in the system's own encoding"),
            told_apart(map(helper_name, offer.classes)),
        )

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield the names of the classes; see `Layout.shared_files`."""
        yield "tiles-classes.txt", [name_lines(map(helper_name, dataset.classes))]


def _channels_first(offer: Offer) -> Refusal | None:
    """Refuse colours in a tif: the first of its three axes is taken for the channels."""
    if offer.format != "tif" or "YXS" not in offer.axes:
        return None
    return Refusal("tif tiles in colour are shown as stacks: set export.format to png (--format png)", "export.format")
