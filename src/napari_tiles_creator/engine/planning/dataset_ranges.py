"""What of each image the range of all images together is taken from (scope dataset), and whether it fits them all.

Without a split that is everything. With one it is the training split: validation and test must not be known to what
is trained, not even by their brightest pixel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.document import Recipe

TRAINING = "train"


def measured_boxes(recipe: Recipe, image: ImagePlan) -> list[Box]:
    """Return what of every plane of an image is measured, boxes without common pixels, calibrated px.

    None where the image is in another split, or ``normalization.ranges`` says all there is to know.
    """
    if recipe.normalization.ranges is not None:
        return []
    return [Box(0, 0, *image.shape)] if recipe.export.split is None else image.boxes_of(TRAINING)


def check_ranges(recipe: Recipe, images: Sequence[ImagePlan]) -> None:
    """Refuse a range that cannot be measured, or that does not fit the channels of all images.

    Raises
    ------
    PlanError
        If no image has a part in the training split, if channels that have a range each do not correspond, or if
        ``normalization.ranges`` gives another number of ranges than an image has channels.
    """
    if recipe.normalization.scope != "dataset":
        return
    if recipe.normalization.ranges is not None:
        _check_given(recipe, images)
        return
    if images and not any(measured_boxes(recipe, image) for image in images):
        raise PlanError(
            "scope dataset takes its range from the training split, and no image has a part in it: give "
            "export.split.train a share, or take the range of an earlier dataset (normalization.ranges)",
            "export.split",
        )
    if recipe.normalization.per_channel:
        _check_channels(images)


def _check_given(recipe: Recipe, images: Sequence[ImagePlan]) -> None:
    """Refuse given ranges that are neither one for all nor one a channel of each image."""
    given = recipe.normalization.ranges or ()
    for image in images:
        if len(given) not in (1, _parts(image)):
            raise PlanError(
                f"{image.name}: {len(given)} ranges are given (normalization.ranges), it needs {_needed(image)}: give "
                f"as many, take one range for all channels, or pick a channel with media.channel",
                "normalization.ranges",
            )


def _check_channels(images: Sequence[ImagePlan]) -> None:
    """Refuse one range a channel over images whose channels do not correspond."""
    counts: dict[int, str] = {}
    for image in images:
        counts.setdefault(_parts(image), image.name)
    if len(counts) > 1:
        told = ", ".join(f"{name} has {count}" for count, name in sorted(counts.items()))
        raise PlanError(
            f"one range a channel over all images needs the same number of channels in each ({told}): "
            f"set normalization.per_channel to false, pick one with media.channel, or use scope image",
            "normalization.per_channel",
        )


def _parts(image: ImagePlan) -> int:
    """Return how many ranges an image has where each channel has its own; red, green and blue share one."""
    return image.channels if image.axes == "CYX" else 1


def _needed(image: ImagePlan) -> str:
    count = _parts(image)
    return f"{count} for its {count} channels" if count > 1 else "1"
