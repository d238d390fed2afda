"""Training, validation and test: which images, or which bands of an image, belong to which, without leaks.

Images, or groups of them, go to a split as a whole. Where that cannot be, each image is divided into bands, and tiles
that share a source pixel with another band's are left out. Nothing is drawn tile by tile.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.splits.blocks import in_blocks, tiles_of
from napari_tiles_creator.engine.planning.splits.draw import drawn, is_worth_stratifying, stratified
from napari_tiles_creator.engine.planning.splits.groups import groups_of
from napari_tiles_creator.engine.planning.splits.same_content import first_of_copies
from napari_tiles_creator.engine.planning.splits.table import FIELD, splits_in_table
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.recipe.split import SPLIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.calibration import Calibration
    from napari_tiles_creator.recipe.split import Split

    ClassesOf = Callable[[ImagePlan], Mapping[int, float]]


def split_images(
    images: Sequence[ImagePlan], split: Split, calibration: Calibration, classes_of: ClassesOf | None = None
) -> tuple[tuple[ImagePlan, ...], list[str]]:
    """Share images out between splits.

    Parameters
    ----------
    images : sequence of ImagePlan
        All images of the plan, without splits.
    split : Split
        What is asked.
    calibration : Calibration
        How source pixels become those of tiles: what two tiles share depends on it.
    classes_of : callable, optional
        Tells how much of each class an image holds, by the class's number. Without it nothing is stratified.

    Returns
    -------
    images : tuple of ImagePlan
        The same in the same order, each with its split or its bands; those that give no tile as they may be.
    warnings : list of str
        What a user should know.

    Raises
    ------
    PlanError
        If a split would get no tile, or a table or a group does not tell what it should.
    """
    giving = [image for image in images if image.tiles]
    if not giving:
        return tuple(images), []
    first = first_of_copies(images)
    wanted = list(split.shares)
    if split.by == "table":
        names, warnings = splits_in_table(images, split)
        _check_copies(names, first, split)
        found = [replace(image, split=names[image.name]) for image in images]
        wanted = [name for name in SPLIT_NAMES if name in names.values()]
    elif len(wanted) == 1:
        found, warnings = [replace(image, split=wanted[0]) for image in images], []
    elif split.by == "blocks":
        found, warnings = in_blocks(giving, split, calibration, first)
        warnings = _copies(first) + warnings
    else:
        found, warnings = _by_groups(images, split, calibration, classes_of, first)
    by_name = {image.name: image for image in found}
    result = tuple(by_name.get(image.name, image) for image in images)
    _check_tiles(result, wanted)
    return result, warnings


def _by_groups(
    images: Sequence[ImagePlan],
    split: Split,
    calibration: Calibration,
    classes_of: ClassesOf | None,
    first: Mapping[str, str],
) -> tuple[list[ImagePlan], list[str]]:
    """Give each group to a split as a whole; one group alone is divided into blocks."""
    groups, warnings = groups_of(images, split, first)
    groups = {name: group for name, group in groups.items() if any(image.tiles for image in group)}
    warnings += _copies(first)
    what = "group" if split.by == "group" else "image"
    if len(groups) == 1:
        giving = [image for group in groups.values() for image in group if image.tiles]
        found, told = in_blocks(giving, split, calibration, first)
        return found, [*warnings, f"one {what} alone: divided into blocks ({FIELD})", *told]
    if len(groups) < len(split.shares):
        raise PlanError(
            f"{len(groups)} {what}s cannot be shared out between {', '.join(split.shares)}: use fewer splits, more "
            f"images, or by: blocks ({FIELD})",
            FIELD,
        )
    names = _drawn(groups, split, classes_of)
    return [replace(image, split=names[name]) for name, group in groups.items() for image in group], warnings


def _drawn(groups: Mapping[str, Sequence[ImagePlan]], split: Split, classes_of: ClassesOf | None) -> dict[str, str]:
    """Return the split of each group."""
    if classes_of is not None and split.stratify:
        classes: dict[str, Counter[int]] = {name: Counter() for name in groups}
        for name, group in groups.items():
            for image in group:
                classes[name].update(dict(classes_of(image)))
        if is_worth_stratifying(list(classes.values())):
            return stratified(classes, split.shares, split.seed)
    return drawn(groups, split.shares, split.seed)


def _copies(first: Mapping[str, str]) -> list[str]:
    """Tell which images are copies of others."""
    copies = [f"{name} = {other}" for name, other in first.items() if name != other]
    return [f"copies of one image are kept in one split ({FIELD}): {listed(copies)}"] if copies else []


def _check_copies(names: Mapping[str, str], first: Mapping[str, str], split: Split) -> None:
    """Refuse a table that puts one image into two splits, under two names."""
    for name, other in first.items():
        if names[name] != names[other]:
            raise PlanError(
                f"{other} and {name} are copies of one image, but {split.table} puts them into {names[other]} and "
                f"{names[name]}: put both into one, or leave one out with media.exclude ({FIELD})",
                FIELD,
            )


def _check_tiles(images: Sequence[ImagePlan], wanted: Sequence[str]) -> None:
    """Refuse splits without a tile."""
    filled = {name for image in images for name in tiles_of(image)}
    empty = [name for name in wanted if name not in filled]
    if empty:
        raise PlanError(
            f"no tile of {len(images)} images is left for {' and '.join(empty)}: use smaller tiles, fewer splits, or "
            f"more images ({FIELD})",
            FIELD,
        )
