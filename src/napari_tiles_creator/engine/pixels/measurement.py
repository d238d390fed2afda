"""The ranges of one image, measured band by band in parallel."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.pixels import measure
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.recipe.normalization import Normalization


class Measurement:
    """The ranges of all kept planes of one image.

    Parameters
    ----------
    pixels : CalibratedImage
        The image.
    normalization : Normalization
        Which range is wanted.
    """

    def __init__(self, pixels: CalibratedImage, normalization: Normalization) -> None:
        self._pixels = pixels
        self._normalization = normalization
        self._extremes: list[list[measure.Range]] = []
        self._counts: list[NDArray[np.int64]] = []  # one sum a range: an array a band would be too much to keep
        self._lock = threading.Lock()

    def stages(self) -> Iterator[list[Callable[[], None]]]:
        """Return tasks that measure a band each; a second stage, if any, counts within the extremes found."""
        counted = measure.needs_counts(self._normalization)
        at_once = counted and measure.is_counted(self._pixels.dtype)
        yield self._tasks(partial(self._find_extremes, count=at_once))
        if counted and not at_once:
            yield self._tasks(partial(self._count, within=self._joined()))

    def ranges(self) -> tuple[measure.Range, ...]:
        """Return what was measured: one range, or one a channel."""
        within = self._joined()
        if not self._counts:
            return within
        return tuple(
            measure.percentile_range(total, self._normalization.percentiles, found, self._pixels.dtype)
            for total, found in zip(self._counts, within, strict=True)
        )

    def _tasks(self, measure_band: Callable[[Plane, Box], None]) -> list[Callable[[], None]]:
        planes, bands = self._pixels.image.planes, self._pixels.bands()
        return [partial(measure_band, plane, box) for plane in planes for box in bands]

    def _parts(self, plane: Plane, box: Box) -> list[NDArray[Any]]:
        pixels = self._pixels.read(plane, box)
        return measure.split_channels(pixels, self._pixels.image.axes, self._normalization.per_channel)

    def _find_extremes(self, plane: Plane, box: Box, count: bool) -> None:
        parts = self._parts(plane, box)
        found = [measure.extremes(part) for part in parts]
        if count:
            self._add_counts(parts, found)
        self._extremes.append(found)

    def _count(self, plane: Plane, box: Box, within: tuple[measure.Range, ...]) -> None:
        self._add_counts(self._parts(plane, box), within)

    def _add_counts(self, parts: Sequence[NDArray[Any]], within: Sequence[measure.Range]) -> None:
        counted = [measure.counts(part, found) for part, found in zip(parts, within, strict=True)]
        with self._lock:
            self._counts = [a + b for a, b in zip(self._counts, counted, strict=True)] if self._counts else counted

    def _joined(self) -> tuple[measure.Range, ...]:
        return tuple(measure.joined(parts) for parts in zip(*self._extremes, strict=True))


def measure_image(image: ImagePlan, recipe: Recipe, memory_bytes: int = 256 << 20) -> tuple[measure.Range, ...]:
    """Return the ranges of one image, measured in this thread: one, or one a channel."""
    pixels = CalibratedImage(image, recipe, memory_bytes)
    try:
        measurement = Measurement(pixels, recipe.normalization)
        for tasks in measurement.stages():
            for task in tasks:
                task()
        return measurement.ranges()
    finally:
        pixels.close()
