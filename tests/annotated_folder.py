"""Folders of images with what is drawn on them, for tests: round objects with known ids, masks, boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from skimage.draw import disk


def label_image(seed: int, shape: tuple[int, int] = (150, 190), objects: int = 14) -> np.ndarray:
    """Return instances with gaps in their numbers, array (y, x), uint16; some touch, some lie at the border."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint16)
    for number in range(1, objects + 1):
        centre = rng.uniform((0, 0), shape)
        labels[disk(centre, rng.uniform(4, 16), shape=shape)] = 7 * number
    return labels


def make_annotated(folder: Path, count: int = 3, *, classes: int = 1, empty: int = 0) -> Path:
    """Write ``images`` and ``masks`` into a folder; the last `empty` images show nothing. Return the folder.

    With several classes masks hold them, else instances.
    """
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    for i in range(count):
        labels = label_image(i) if i < count - empty else np.zeros((150, 190), np.uint16)
        rng = np.random.default_rng(100 + i)
        noise = rng.integers(0, 900, labels.shape)
        pixels = (noise + 3000 * (labels > 0)).astype(np.uint16)
        if classes > 1:
            labels = np.where(labels > 0, labels // 7 % classes + 1, 0).astype(np.uint8)
        tifffile.imwrite(folder / "images" / f"cell_{i}.tif", pixels)
        tifffile.imwrite(folder / "masks" / f"cell_{i}.tif", labels)
    return folder
