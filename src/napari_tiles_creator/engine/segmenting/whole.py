"""Whole images instead of chosen tiles: what of a recipe for training matters where images are segmented."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.planning.partners.label_files import without_label_images
from napari_tiles_creator.engine.planning.plan import Plan, make_plan
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.grid import TileGrid, pair
from napari_tiles_creator.recipe.document import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.tiling import Tiling

# What chooses tiles, or what they are written as: nothing of it matters here.
TILING = ("count", "images", "min_foreground", "foreground", "roi", "exclude_tiles", "max_random_overlap")


def whole_recipe(recipe: Recipe) -> Recipe:
    """Return a recipe without filters, split, annotations and the form of a dataset.

    Raises
    ------
    PlanError
        If its tiles lie at random: they do not cover an image.
    """
    tiling = recipe.tiling
    if tiling.sampling != "grid":
        raise PlanError(
            f"tiling.sampling is {tiling.sampling}: such tiles do not cover an image: segment with a grid "
            f"(tiling.sampling=grid)",
            "tiling.sampling",
        )
    plain: dict[str, Any] = Recipe().to_dict()
    changes = {f"tiling.{name}": plain["tiling"][name] for name in TILING}
    changes |= {"tiling.edge": _edge(tiling), "tiling.order": "rows"}
    changes |= {f"annotations.{name}": value for name, value in plain["annotations"].items()}
    changes |= {f"export.{name}": value for name, value in plain["export"].items() if name != "folder"}
    return recipe.changed(changes)


def whole_notes(recipe: Recipe) -> Iterator[str]:
    """Yield what of a recipe is left aside, or done in another way, that a user may have meant to have an effect."""
    tiling = recipe.tiling
    filters = {
        "tiling.roi": tiling.roi is not None,
        "tiling.min_foreground": tiling.min_foreground > 0,
        "tiling.exclude_tiles": bool(tiling.exclude_tiles),
        "tiling.images": tiling.images is not None,
    }
    aside = [field for field, is_set in filters.items() if is_set]
    if aside:
        yield f"whole images are segmented: {', '.join(aside)} {'is' if len(aside) == 1 else 'are'} left aside"
    if _edge(tiling) != tiling.edge:
        yield f"tiling.edge {tiling.edge} would leave a border out or make smaller tiles: the last tiles are shifted"
    if not all(pair(tiling.overlap_px)):
        yield "tiles do not overlap (tiling.overlap_px 0): seams are to be expected where a model errs at their borders"
    if recipe.normalization.scope == "tile":
        yield "each tile is normalized on its own (normalization.scope tile): seams between tiles are to be expected"


def plan_of_whole(recipe: Recipe) -> Plan:
    """Return the plan of whole images; label images among the sources are no sources.

    Raises
    ------
    TilesError
        See `make_plan`.
    """
    scanned = list(scan(recipe.media))
    if recipe.annotations.labels:
        scanned = without_label_images(recipe, scanned)
    return make_plan(whole_recipe(recipe), scanned)


def whole_plan(plan: Plan) -> Plan:
    """Return a plan with all tiles of all its images, in grids that cover them.

    Raises
    ------
    PlanError
        If its tiles lie at random.
    """
    recipe = whole_recipe(plan.recipe)
    images = tuple(_whole_image(image, recipe) for image in plan.images)
    return Plan(recipe, images, plan.failed)


def _whole_image(image: ImagePlan, recipe: Recipe) -> ImagePlan:
    size, overlap = pair(recipe.tiling.size_px), pair(recipe.tiling.overlap_px)
    grid = TileGrid(image.shape, size, overlap, recipe.tiling.edge)
    return replace(image, tiling=grid, region=None, exclude=(), split="", bands=None)


def _edge(tiling: Tiling) -> str:
    """Return the policy for the last tiles: all of the image is covered, by tiles of one size."""
    return "shift" if tiling.edge in ("drop", "ragged") else tiling.edge
