"""What pixels depend on, as values to compare: whoever keeps something that was computed from them keys it so.

A key says nothing of tiles, names or other images, so that what leaves the pixels as they are computes nothing anew.
Only whether a file was written since its header was read is not seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.dataset_ranges import measured_boxes

if TYPE_CHECKING:
    from collections.abc import Hashable

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.recipe.document import Recipe


def source_key(image: ImagePlan) -> tuple[Hashable, ...]:
    """Return what the source pixels of an image depend on, whichever plane is read."""
    # The opener is no part of what makes two headers equal: of a layer it is all that tells other pixels.
    header = image.info, image.info.opener, image.size_bytes, image.modified_ns
    return *header, image.channel


def pixels_key(image: ImagePlan, recipe: Recipe) -> tuple[Hashable, ...]:
    """Return what the calibrated pixels of all kept planes of an image depend on."""
    calibration = recipe.calibration
    how = (calibration.interpolation, calibration.antialias, image.level) if image.is_calibrated else ()
    return *source_key(image), image.planes, image.shape, how


def ranges_key(plan: Plan, image: ImagePlan) -> tuple[Hashable, ...]:
    """Return what the ranges of an image's normalization depend on: with scope dataset, on all that are measured."""
    normalization = plan.recipe.normalization
    how = normalization.scope, normalization.percentiles, normalization.per_channel, normalization.ranges
    if normalization.scope != "dataset":
        return *how, pixels_key(image, plan.recipe)
    parts = ((one, tuple(measured_boxes(plan.recipe, one))) for one in plan.images)
    return *how, *((pixels_key(one, plan.recipe), boxes) for one, boxes in parts if boxes)
