"""What a plan offers to the layout of its dataset, and what the layout says to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_tiles_creator.datasets.base import SPLITS, Layout, Offer
from napari_tiles_creator.datasets.registry import make_layout
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.grid import pair
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.partners.partners import Partners
    from napari_tiles_creator.recipe.document import Recipe


def check_layout(recipe: Recipe, images: Sequence[ImagePlan], partners: Partners | None) -> None:
    """Raise PlanError where the layout cannot hold what the plan comes to, before anything is written."""
    layout = make_layout(recipe.export.layout)
    refusal = layout.refusal(offer_of(recipe, images, partners))
    if refusal is not None:
        raise PlanError(f"{recipe.export.layout}: {refusal.reason}", refusal.field)
    lists_objects = layout.keeps_segmentation or type(layout).text is not Layout.text
    mirrored = [image.name for image in images if image.is_padded] if partners is not None and lists_objects else []
    if mirrored and recipe.tiling.pad_mode != "constant":
        raise PlanError(
            f"{recipe.export.layout}: boxes and outlines are not continued into padding, as the pixels of "
            f"{listed(mirrored)} are: set tiling.pad_mode to constant",
            "tiling.pad_mode",
        )


def layout_warnings(recipe: Recipe, partners: Partners | None) -> list[str]:
    """Return what a user should know of what the layout makes of the annotations."""
    layout = make_layout(recipe.export.layout)
    wants_shapes = layout.wanted != Wanted() and not layout.masks_need_shapes
    if partners is None or partners.has_shapes or not wants_shapes:
        return []
    return [f"{recipe.export.layout}: only boxes are known, no shapes: they are taken as filled rectangles"]


def offer_of(recipe: Recipe, images: Sequence[ImagePlan], partners: Partners | None) -> Offer:
    """Return what the images of a plan give, seen from a layout."""
    tiling = recipe.tiling
    size = pair(tiling.size_px)
    return Offer(
        format=recipe.export.format,
        dtypes=frozenset(image.dtype for image in images),
        axes=frozenset(image.tile_axes for image in images),
        samples=frozenset(image.tile_samples for image in images),
        size=(size[0], size[1]),
        is_ragged=tiling.edge == "ragged" and tiling.sampling == "grid",
        annotated=partners is not None,
        has_shapes=partners is not None and partners.has_shapes,
        classes=partners.classes if partners is not None else (),
        splits=splits_of(images),
        empty_tiles=recipe.annotations.empty_tiles,
        values=_values(recipe),
    )


def splits_of(images: Sequence[ImagePlan]) -> tuple[str, ...]:
    """Return the splits that get tiles of some images, in the order of `SPLITS`."""
    found = {image.split for image in images if image.bands is None}
    found |= {band.split for image in images if image.bands is not None for band in image.bands.bands}
    return tuple(split for split in SPLITS if split in found)


def _values(recipe: Recipe) -> tuple[float, float]:
    """Return the values that tiles can hold; unlimited where nothing bounds them."""
    normalization = recipe.normalization
    if normalization.scope == "none":
        return -math.inf, math.inf
    # A range that was measured elsewhere bounds nothing, unless values beyond it are clipped.
    elsewhere = normalization.ranges is not None or recipe.export.split is not None
    is_clipped = normalization.percentiles != (0, 100) or normalization.tile_type != "float32"
    if normalization.scope == "dataset" and elsewhere and not is_clipped:
        return -math.inf, math.inf
    return normalization.bounds
