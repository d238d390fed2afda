"""Which tiles an export leaves out for what is drawn on them, or for what is not; known before any is cut."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.annotating.empty_tiles import EmptyTiles, needs_counts
from napari_tiles_creator.engine.annotating.image_annotations import ImageAnnotations
from napari_tiles_creator.engine.export.tile_encoder import wanted_of
from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan


class AnnotatedTiles:
    """Tells of the images of a plan which tiles remain, from their annotations alone.

    Parameters
    ----------
    plan : Plan
        A plan with annotations.
    hold_bytes : int
        Memory for pixels of label images while they are read.
    """

    def __init__(self, plan: Plan, hold_bytes: int) -> None:
        self._plan, self._hold_bytes, self._wanted = plan, hold_bytes, wanted_of(plan)

    def kept(self, image: ImagePlan) -> list[NDArray[np.bool_]]:
        """Tell of each plane which places keep their tile, arrays (places,).

        Raises
        ------
        SourceError
            If the label image cannot be read, or holds what it must not.
        """
        drawn = ImageAnnotations(self._plan, image, self._wanted, self._hold_bytes)
        least = self._plan.recipe.tiling.min_foreground if labels_tell(self._plan, image) else 0.0
        places, kept = len(image.tiling), []
        for number in range(len(image.planes)):
            drawn.read(number)
            remaining = ~drawn.is_empty(number)
            for place in np.flatnonzero(~remaining):
                remaining[place] = self._empty.keeps(image.name, number * places + int(place))
            if least > 0:
                for place in np.flatnonzero(remaining & image.remaining(number)):
                    remaining[place] = drawn.labelled_share(image[number * places + int(place)]) >= least
            drawn.forget(number)
            kept.append(remaining)
        return kept

    @cached_property
    def _empty(self) -> EmptyTiles:
        if not needs_counts(self._plan):
            return EmptyTiles(self._plan)
        found = {}
        for image in self._plan.images:
            drawn = ImageAnnotations(self._plan, image, self._wanted, self._hold_bytes)
            try:
                found[image.name] = np.concatenate([drawn.empty_of(n) for n in range(len(image.planes))])
            except SourceError:  # told where its own turn comes
                continue
        return EmptyTiles(self._plan, found)


def labels_tell(plan: Plan, image: ImagePlan) -> bool:
    """Whether the foreground of an image is what is labelled, not what is bright."""
    partner = plan.partners.of(image.name) if plan.partners is not None else None
    return partner is not None and partner.labels is not None
