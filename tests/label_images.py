"""Label images, and what a tile shows of them, told by numpy and scikit-image from arrays of all pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from skimage.measure import regionprops

from napari_tiles_creator.geometry.objects import BorderRule, TileAnnotations, Wanted

ALL = Wanted(outlines=True, runs=True, instances=True, classes=True)
EVERY_PIXEL = BorderRule("keep")


@st.composite
def label_images(draw: st.DrawFn, longest: int = 24, largest: int = 70_000) -> np.ndarray:
    """Draw labels, uint32: compact areas beside each other, noise of a few values, or both; ids with gaps."""
    height, width = draw(st.integers(1, longest)), draw(st.integers(1, longest))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.integers(1, 12))
    ids = rng.choice(np.arange(1, max(largest, count) + 1), count, replace=False).astype(np.uint32)
    seeds = rng.random((count, 2)) * (height, width)
    places = np.stack(np.mgrid[:height, :width], axis=-1)[:, :, None]
    labels = ids[((places - seeds) ** 2).sum(axis=-1).argmin(axis=-1)]
    noise = rng.choice(np.append(0, ids), (height, width)).astype(np.uint32)
    labels = np.where(rng.random((height, width)) < draw(st.sampled_from([0, 0.1, 1])), noise, labels)
    return np.where(rng.random((height, width)) < draw(st.sampled_from([0, 0.1, 0.5, 1])), 0, labels).astype(np.uint32)


def in_bands(labels: np.ndarray, rows: int) -> list[np.ndarray]:
    """Return labels from top to bottom in bands of so many rows."""
    return [labels[y : y + rows] for y in range(0, len(labels), rows)]


def shown(labels: np.ndarray, box: Any) -> dict[int, tuple[tuple[int, ...], int, float]]:
    """Return bounds, area and visible share of each label that a box shows."""
    whole = dict(zip(*np.unique(labels, return_counts=True), strict=True))
    seen = regionprops(labels[box.slices].astype(np.int64))
    return {region.label: (region.bbox, int(region.area), region.area / whole[region.label]) for region in seen}


def listed(found: TileAnnotations) -> dict[int, tuple[tuple[float, ...], float, float]]:
    """Return what is told of each object by its number in the image, in the form of `shown`."""
    bounds = [(one.bounds.y, one.bounds.x, one.bounds.y_stop, one.bounds.x_stop) for one in found.objects]
    return {one.source_number: (b, one.area, one.visible) for b, one in zip(bounds, found.objects, strict=True)}


def with_source_numbers(found: TileAnnotations) -> np.ndarray:
    """Return the map of instances with the numbers of the whole image."""
    return np.array([0, *(one.source_number for one in found.objects)])[found.instances]
