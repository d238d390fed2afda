"""Which tiles without an object are written: as the layout has it, all, none, or so many to those with one."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.objects import TileAnnotations

NOTHING_DRAWN = "nothing is drawn on it (annotations.empty_tiles)"


def counts_pixels(plan: Plan) -> bool:
    """Whether whatever is visible of an object counts: the layout's masks show it, listed or not."""
    return plan.layout.wanted.classes and plan.draws_shapes


def needs_counts(plan: Plan) -> bool:
    """Whether it depends on all tiles of the dataset which of those without an object are written."""
    return plan.partners is not None and not isinstance(plan.recipe.annotations.empty_tiles, str)


class EmptyTiles:
    """Which tiles without an object are written.

    Parameters
    ----------
    plan : Plan
        The export.
    empty : mapping of str to array (tiles,), optional
        Of each image, which of its tiles show nothing; needed where `needs_counts`.
    """

    def __init__(self, plan: Plan, empty: Mapping[str, NDArray[np.bool_]] | None = None) -> None:
        told = plan.recipe.annotations.empty_tiles
        self._counts_pixels = counts_pixels(plan)
        self._keeps_all = plan.layout.keeps_empty if told == "auto" else told == "keep"
        self._chosen: dict[str, set[int]] = {}
        if not isinstance(told, str):
            for split in plan.splits or ("",):
                self._draw(plan, split, told, empty or {})

    def leaves_out(self, index: int, image: ImagePlan, annotations: TileAnnotations) -> bool:
        """Whether a tile of an image shows nothing that counts, and is not written for that."""
        classes = annotations.classes if self._counts_pixels else None
        is_empty = not annotations.objects and (classes is None or not classes.any())
        return is_empty and not self.keeps(image.name, index)

    def keeps(self, image_name: str, index: int) -> bool:
        """Whether a tile is written although it shows nothing."""
        return self._keeps_all or index in self._chosen.get(image_name, ())

    def _draw(self, plan: Plan, split: str, ratio: float, empty: Mapping[str, NDArray[np.bool_]]) -> None:
        """Draw as many empty tiles of a split as the ratio to its others allows; the seed decides which."""
        candidates: list[tuple[str, int]] = []
        others = 0
        for image in plan.images:
            is_empty = empty.get(image.name)
            if is_empty is None:
                continue
            counts = _in_split(image, split)
            candidates += [(image.name, int(index)) for index in np.flatnonzero(is_empty & counts)]
            others += int(np.count_nonzero(~is_empty & counts))
        wanted = min(len(candidates), round(ratio * others))
        rng = np.random.default_rng((plan.recipe.tiling.seed, zlib.crc32(split.encode())))
        for at in rng.choice(len(candidates), wanted, replace=False) if wanted else ():
            name, index = candidates[int(at)]
            self._chosen.setdefault(name, set()).add(index)


def _in_split(image: ImagePlan, split: str) -> NDArray[np.bool_]:
    """Tell which tiles of an image belong to a split and are not left out beforehand, array (tiles,)."""
    of_place = image.splits == split
    return np.concatenate([image.remaining(number) & of_place for number in range(len(image.planes))])
