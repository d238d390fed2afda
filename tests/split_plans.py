"""Plans whose images are shared out between splits by hand, and what of them is training, by plain numpy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_tiles_creator import make_plan
from napari_tiles_creator.geometry.split_bands import Band, SplitBands

if TYPE_CHECKING:
    import numpy as np

    from napari_tiles_creator import Recipe
    from napari_tiles_creator.engine.planning.plan import Plan

Parts = str | tuple[int, list[tuple[str, int, int]]]


def split_plan(recipe: Recipe, parts: dict[str, Parts]) -> Plan:
    """Return the plan of a recipe with its images in these splits.

    Parameters
    ----------
    recipe : Recipe
        Without a split of its own.
    parts : dict
        For each image its split, or the axis and the bands ``(split, start, stop)`` it is shared out in, calibrated px.
    """
    plan = make_plan(recipe)
    images = []
    for image in plan.images:
        part = parts[image.name]
        if isinstance(part, str):
            images.append(replace(image, split=part))
        else:
            bands = tuple(Band(split, start, stop) for split, start, stop in part[1])
            images.append(replace(image, bands=SplitBands(part[0], bands)))
    shares = {"export.split": {"train": 0.6, "val": 0.2, "test": 0.2}}
    return replace(plan, recipe=recipe.changed(shares), images=tuple(images))


def training_pixels(plane: np.ndarray, part: Parts) -> list[np.ndarray]:
    """Return the pixels of a plane (y, x) that belong to the training split, by slices."""
    if isinstance(part, str):
        return [plane] if part == "train" else []
    axis, bands = part
    chosen = [(start, stop) for split, start, stop in bands if split == "train"]
    return [plane[a:b] if axis == 0 else plane[:, a:b] for a, b in chosen]
