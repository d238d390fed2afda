"""What a user should know before anything is exported, naming the images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.engine.steps import HOLD_BYTES
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.grid import pair
from napari_tiles_creator.geometry.scatter import TileScatter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.document import Recipe

# Decoded at once, more than this is worth a warning: half of what an export may hold by default.
MUCH_MEMORY_BYTES = HOLD_BYTES


def image_warnings(recipe: Recipe, images: list[ImagePlan]) -> list[str]:
    """Return what a user should know beforehand, naming the images."""
    size = pair(recipe.tiling.size_px)
    small = [i.name for i in images if any(a < b for a, b in zip(i.shape, size, strict=True))]
    few = [i.name for i in images if isinstance(i.tiling, TileScatter) and len(i.tiling) < (recipe.tiling.count or 0)]
    warnings = [f"{image.name}: {note}" for image in images for note in image.info.notes]
    at_once = [image.name for image in images if image.info.whole_bytes > MUCH_MEMORY_BYTES]
    if at_once:
        most = max(image.info.whole_bytes for image in images)
        warnings.append(
            f"cannot be read by rectangle, so that up to {most / 1e9:.1f} GB of an image are decoded and held at once "
            f"(tiles-creator convert makes a copy that can): {listed(at_once)}"
        )
    from_levels = [image.name for image in images if image.level]
    if from_levels:
        warnings.append(
            f"made from a smaller level of the file's own pyramid (calibration.use_pyramid): {listed(from_levels)}"
        )
    if small:
        verb = "padded" if recipe.tiling.small_images == "pad" else "skipped"
        warnings.append(f"smaller than a tile and {verb}: {listed(small)}")
    if few and recipe.tiling.small_images != "skip":
        warnings.append(
            f"fewer than {recipe.tiling.count} different tiles fit (tiling.max_random_overlap "
            f"{recipe.tiling.max_random_overlap:g}): {listed(few)}"
        )
    if recipe.tiling.sampling == "random":
        same = [i.name for i in images if len(i.tiling) > 1 and all(a <= b for a, b in zip(i.shape, size, strict=True))]
        if same:
            warnings.append(f"no larger than a tile, so that all its random tiles are the same: {listed(same)}")
    return warnings


def filter_warnings(recipe: Recipe, images: list[ImagePlan]) -> list[str]:
    """Return what region and rejections leave; PlanError where the region touches no tile at all."""
    warnings = []
    if recipe.tiling.roi is not None and images:
        apart = [image.name for image in images if not image.kept.any()]
        if len(apart) == len(images):
            raise PlanError(
                "no tile of any image lies in the region (tiling.roi): it is in pixels of the images as they are",
                "tiling.roi",
            )
        if apart:
            warnings.append(f"no tile in the region (tiling.roi): {listed(apart)}")
    if recipe.tiling.exclude_tiles:
        known = {name for image in images for name in image.rejected_names}
        unknown = [name for name in dict.fromkeys(recipe.tiling.exclude_tiles) if name not in known]
        if unknown:
            warnings.append(f"no tile has the name (tiling.exclude_tiles): {listed(unknown)}")
        if images and not any(image.tiles for image in images):
            warnings.append("every tile is left out (tiling.exclude_tiles)")
    return warnings


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first few of some names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
