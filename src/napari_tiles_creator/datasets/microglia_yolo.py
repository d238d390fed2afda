"""Microglia-analyzer's YOLOv5 training: png tiles, and a text with boxes for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout, Refusal
from napari_tiles_creator.datasets.class_names import name_lines
from napari_tiles_creator.datasets.yolo_rows import box_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import Finished, Offer, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class MicrogliaYoloLayout(Layout):
    """``images``, ``labels`` and ``classes.txt``; tiles without an object are left out."""

    keeps_empty: ClassVar[bool] = False

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return f"images/{place.name}{place.extension}"

    def text_path(self, place: TilePlace) -> str:
        """Return the path of a tile's boxes; see `Layout.text_path`."""
        return f"labels/{place.name}.txt"

    def text(self, annotations: TileAnnotations, shape: tuple[int, int]) -> str | None:
        """Return a row a box; see `Layout.text`."""
        return box_rows(annotations.objects, shape)

    def objection(self, pixels: NDArray[Any], annotations: TileAnnotations) -> str:
        """Return why the script's checks fail for a tile; see `Layout.objection`."""
        return "" if annotations.objects else "no object is annotated"

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(
            rules.annotated(offer),
            rules.formats(offer, "png"),
            rules.types(offer, "uint8"),
            rules.one_picture(offer),
            rules.one_size(offer),
            rules.sides(offer, 32),
            rules.no_empty_tiles(offer, "tiles without an object fail the training script's checks"),
            rules.plain_names(offer, "the training script reads names in the system's own encoding"),
            _no_split(offer),
        )

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield the names of the classes; see `Layout.shared_files`."""
        yield "classes.txt", [name_lines(dataset.classes)]


def _no_split(offer: Offer) -> Refusal | None:
    """Refuse a split: the script draws its validation tiles itself, from all that are there."""
    if not offer.splits:
        return None
    return Refusal(
        "the training script splits tiles at random by itself: leave export.split empty, or set export.layout to yolo",
        "export.split",
    )
