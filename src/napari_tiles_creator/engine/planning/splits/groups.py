"""Which images belong together and go to one split as a whole."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.splits.table import FIELD, values_in_table
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.split import Split


def groups_of(
    images: Sequence[ImagePlan], split: Split, first_of_copies: Mapping[str, str]
) -> tuple[dict[str, list[ImagePlan]], list[str]]:
    """Return the images of each group, and what a user should know.

    Groups that hold copies of one image become one; it is called as the first of them by name.

    Parameters
    ----------
    images : sequence of ImagePlan
        The images.
    split : Split
        By image or by group.
    first_of_copies : mapping of str to str
        Of each image the first with the same content.

    Raises
    ------
    PlanError
        If an image belongs to no group.
    """
    names, warnings = _names(images, split)
    joined = _joined(names, first_of_copies)
    groups: dict[str, list[ImagePlan]] = defaultdict(list)
    for image in images:
        groups[joined[names[image.name]]].append(image)
    return dict(groups), warnings


def _names(images: Sequence[ImagePlan], split: Split) -> tuple[dict[str, str], list[str]]:
    """Return the name of each image's group, by the image's name."""
    if split.by != "group" or split.group is None:
        return {image.name: image.name for image in images}, []
    if split.table is not None:
        return values_in_table(images, split.table, split.group)
    pattern = re.compile(split.group)
    names: dict[str, str] = {}
    for image in images:
        match = pattern.search(image.name)
        name = match and (match[1] if pattern.groups else match[0])
        if name:
            names[image.name] = name
    missing = [image.name for image in images if image.name not in names]
    if missing:
        raise PlanError(
            f"group {split.group!r} finds no group in the names of {len(missing)} of {len(images)} images: "
            f"{listed(missing)} ({FIELD})",
            FIELD,
        )
    return names, []


def _joined(names: Mapping[str, str], first_of_copies: Mapping[str, str]) -> dict[str, str]:
    """Return of each group the first by name of those that it is joined with by copies."""
    first = {name: name for name in names.values()}

    def root(name: str) -> str:
        while first[name] != name:
            first[name] = first[first[name]]
            name = first[name]
        return name

    for image, copied in first_of_copies.items():
        low, high = sorted((root(names[image]), root(names[copied])))
        first[high] = low
    return {name: root(name) for name in first}
