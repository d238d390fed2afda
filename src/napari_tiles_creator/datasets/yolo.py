"""Ultralytics' folders for detection, and what its other tasks share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout
from napari_tiles_creator.datasets.data_yaml import data_yaml
from napari_tiles_creator.datasets.yolo_rows import box_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_tiles_creator.datasets.base import Finished, Offer, Refusal, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class YoloLayout(Layout):
    """``images/<split>``, ``labels/<split>`` and ``data.yaml``; a tile without an object has an empty text."""

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return f"images/{place.split}/{place.name}{place.extension}"

    def text_path(self, place: TilePlace) -> str:
        """Return the path of a tile's rows; see `Layout.text_path`."""
        return f"labels/{place.split}/{place.name}.txt"

    def text(self, annotations: TileAnnotations, shape: tuple[int, int]) -> str | None:
        """Return a row a box; see `Layout.text`."""
        return box_rows(annotations.objects, shape)

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return ultralytics_refusal(offer)

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield ``data.yaml``; see `Layout.shared_files`."""
        yield "data.yaml", data_yaml(dataset.classes, dataset.splits)


def ultralytics_refusal(offer: Offer) -> Refusal | None:
    """Return why Ultralytics cannot take such tiles, whatever the task."""
    return rules.first_of(
        rules.annotated(offer),
        rules.formats(offer, "png", "jpg"),
        rules.types(offer, "uint8"),
        rules.one_picture(offer),
        rules.one_size(offer),
        rules.no_smaller_than(offer, 10),
        rules.plain_names(offer, "names beyond ASCII need a font from the network"),
        rules.splits(offer, "train", "val"),
    )
