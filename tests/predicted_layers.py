"""Images that are predicted in the window, and the layers that come of it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def blobs(shape: tuple[int, int] = (96, 128), seed: int = 0) -> np.ndarray:
    """Return an image of bright discs on a dark ground with noise, uint16."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(shape)
    image = rng.normal(300, 20, shape)
    for cy, cx in rng.uniform((12, 12), (shape[0] - 12, shape[1] - 12), (9, 2)):
        image[(y - cy) ** 2 + (x - cx) ** 2 < 64] += 2000
    return image.astype(np.uint16)


def results(viewer: Any) -> list[Any]:
    """Return the layers of results, from bottom to top."""
    from napari_tiles_creator._widget.viewing.merged import is_result

    return [layer for layer in viewer.layers if is_result(layer)]


def tile_rows(folder: Path) -> list[dict[str, str]]:
    """Return the rows of a dataset's table."""
    with open(folder / "tiles.csv", newline="") as file:
        return list(csv.DictReader(file))
