"""Microglia-analyzer's UNet training: tiles, their masks, and which tile is for what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout, Refusal
from napari_tiles_creator.datasets.masks import foreground_mask
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import Finished, MaskFormat, Offer, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations

# The training script's own names of the splits.
_USAGE = {"train": "training", "val": "validation", "test": "testing"}
# The spread below which the script throws a tile away.
_FLAT = 1e-6


class MicrogliaUnetLayout(Layout):
    """``tiles``, ``tiles-masks`` with 0 and 255 under the same names, and ``data_usage.json`` where there is a split.

    The script throws away, from the folder it is given, every pair it cannot train with: none of them is written.
    """

    wanted: ClassVar[Wanted] = Wanted(classes=True)
    mask_format: ClassVar[MaskFormat | None] = "tif"
    keeps_empty: ClassVar[bool] = False

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return f"tiles/{place.name}{place.extension}"

    def mask_path(self, place: TilePlace) -> str:
        """Return a mask's path; see `Layout.mask_path`."""
        return f"tiles-masks/{place.name}{place.extension}"

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return 255 where anything is drawn; see `Layout.mask`."""
        return foreground_mask(annotations)

    def objection(self, pixels: NDArray[Any], annotations: TileAnnotations) -> str:
        """Return why the script would throw a tile away; see `Layout.objection`."""
        if not float(np.max(pixels)) - float(np.min(pixels)) >= _FLAT:
            return "all pixels are equal"
        mask = foreground_mask(annotations)
        if not mask.any():
            return "no pixel is annotated"
        return "every pixel is annotated" if mask.all() else ""

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.first_of(
            rules.annotated(offer),
            rules.formats(offer, "tif"),
            rules.types(offer, "float32"),
            _unit_values(offer),
            rules.grey(offer),
            rules.one_size(offer),
            rules.sides(offer, 16),
            rules.no_empty_tiles(offer, "tiles without an object are thrown away by the training script"),
            rules.splits(offer, "train", "val") if offer.splits else None,
        )

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield what each tile is for; see `Layout.shared_files`."""
        if dataset.splits:
            yield "data_usage.json", _usage(dataset)


def _usage(dataset: Finished) -> Iterator[str]:
    """Yield the names of the tiles by their use."""
    before = "{\n"
    for split, use in _USAGE.items():
        yield f"{before}  {json.dumps(use)}: ["
        before, comma = ",\n", "\n"
        for tile in dataset.tiles:
            if tile.split == split:
                yield f"{comma}    {json.dumps(tile.path.rpartition('/')[2])}"
                comma = ",\n"
        yield "\n  ]" if comma == ",\n" else "]"
    yield "\n}\n"


def _unit_values(offer: Offer) -> Refusal | None:
    """Refuse values beyond 0 and 1: the script scales training tiles, but no validation tiles."""
    low, high = offer.values
    if low >= 0 and high <= 1:
        return None
    if not np.isfinite(high - low):
        return Refusal(
            "nothing keeps the tiles' values between 0 and 1: set normalization.scope to image (--scope image), or "
            "with scope dataset normalization.percentiles to [0.1, 99.9], beyond which values are clipped",
            "normalization.scope",
        )
    return Refusal(
        f"tiles hold values from {low:g} to {high:g}, and values from 0 to 1 are wanted: set normalization.low to 0 "
        "and normalization.high to 1",
        "normalization.high",
    )
