"""Small datasets of bright discs and rings, to be predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from skimage.draw import disk

from napari_tiles_creator import Recipe, make_plan, run


def field(seed: int, shape: tuple[int, int] = (150, 190)) -> np.ndarray:
    """Return an image of discs, every other with a hole, array (y, x), uint16."""
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape, bool)
    for number in range(12):
        centre, radius = rng.uniform((0, 0), shape), rng.uniform(6, 16)
        mask[disk(centre, radius, shape=shape)] = True
        if number % 2:
            mask[disk(centre, radius / 2, shape=shape)] = False
    return (rng.integers(0, 900, shape) + 3000 * mask).astype(np.uint16)


def make_dataset(folder: Path, count: int = 2, **changes: object) -> Path:
    """Write images and export them in tiles of 64 px that share 16; return the dataset's folder.

    With a layout for trainers, which wants annotations, these are what is bright.
    """
    images, labels = folder / "images", folder / "labels"
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(exist_ok=True)
    for seed in range(count):
        tifffile.imwrite(images / f"cell_{seed}.tif", field(seed))
        tifffile.imwrite(labels / f"cell_{seed}.tif", (field(seed) > 2000).astype(np.uint8))
    recipe = Recipe.preset("unet", source=str(images), output=str(folder / "tiles"))
    fields = {"tiling.size_px": 64, "tiling.overlap_px": 16, "calibration.enabled": False}
    if changes.get("export__layout", "flat") != "flat":
        fields["annotations.labels"] = str(labels)
    for _ in run(make_plan(recipe.changed(fields | {key.replace("__", "."): value for key, value in changes.items()}))):
        pass
    return folder / "tiles"
