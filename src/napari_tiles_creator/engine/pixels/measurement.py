"""What must be known of a whole image before its tiles are cut: the range of its values, Otsu's thresholds.

Everything wanted is taken in the same passes over the image's blocks, so that each is decoded once a pass: one pass
for extremes and for counts of small integers, a second one for counts in bins between the extremes.
"""

from __future__ import annotations

import threading
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels import measure, otsu
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage, calibrated_dtype
from napari_tiles_creator.engine.pixels.plane_part import PlanePart
from napari_tiles_creator.engine.pixels.statistic import Statistic
from napari_tiles_creator.engine.steps import carried_out

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.recipe.document import Recipe

    # Takes the pixels of a block in: all of them, and those of the part.
    Take = Callable[[NDArray[Any], Sequence[NDArray[Any]]], None]


class Measurement:
    """What is wanted of all kept planes of one image.

    Parameters
    ----------
    image : ImagePlan
        The image.
    recipe : Recipe
        What is wanted: a range of its own (scope image), and thresholds where ``tiling.min_foreground`` is set.
    wants_range, wants_foreground : bool, optional
        Whether either is measured; as the recipe needs it by default.
    exact_range : bool, optional
        Whether the range comes from counts of every value; where the pixels' type allows it by default.
    part : PlanePart, optional
        What of every plane the range is taken from, all of it by default; thresholds are always those of everything.
    """

    def __init__(
        self,
        image: ImagePlan,
        recipe: Recipe,
        *,
        wants_range: bool | None = None,
        wants_foreground: bool | None = None,
        exact_range: bool | None = None,
        part: PlanePart | None = None,
    ) -> None:
        self.image, self._normalization = image, recipe.normalization
        self._part = part or PlanePart()
        self.dtype = calibrated_dtype(image, recipe)
        self._signal_dtype = otsu.signal_dtype(self.dtype, image.axes)
        if wants_range is None:
            wants_range = recipe.normalization.scope == "image"
        if wants_foreground is None:
            wants_foreground = recipe.tiling.min_foreground > 0
        counted = measure.is_counted(self.dtype) if exact_range is None else exact_range
        # Range and thresholds of grey values, or of channels one by one, come from the same counts.
        same = image.axes == "YX" or (image.axes == "CYX" and recipe.normalization.per_channel)
        is_shared = wants_range and wants_foreground and same and exact_range is None and self._part.is_whole
        wants_counts = is_shared or measure.needs_counts(recipe.normalization)
        self.range = Statistic(wants_counts, counted) if wants_range else None
        self.foreground = Statistic(True, measure.is_counted(self._signal_dtype)) if wants_foreground else None
        if is_shared:
            self.foreground = self.range
        # What interpolated values of each plane are clipped to, once the first pass is done; see `CalibratedImage`.
        self.limits: dict[Plane, NDArray[np.float64]] = {}
        self._before_clipping: dict[Plane, Statistic] = {}
        self._blocks_left = 0
        self._lock = threading.Lock()

    @property
    def is_needed(self) -> bool:
        """Whether anything is wanted."""
        return self.range is not None or self.foreground is not None

    @property
    def reads_everything(self) -> bool:
        """Whether every block of the image is read, also where the range comes from a part of it."""
        return self.foreground is not None or (self.range is not None and self._part.is_whole)

    @property
    def _clips_at_the_end(self) -> bool:
        """Whether only extremes are wanted in the first pass: they can be clipped when all of them are known."""
        return self.foreground in (None, self.range)

    @property
    def needs_second_pass(self) -> bool:
        """Whether something is counted in bins."""
        return any(part is not None and part.needs_second_pass for part in (self.range, self.foreground))

    def stages(self, pixels: CalibratedImage) -> Iterator[list[Callable[[], None]]]:
        """Return tasks that measure a block each; those of a later stage need all of the one before done."""
        if not self.is_needed:
            return
        if not self._clips_at_the_end:
            yield [task for plane in self.image.planes for task in pixels.limit_tasks(plane)]
        yield self.first_pass(pixels)
        if self.needs_second_pass:
            yield self.second_pass(pixels)

    def run(
        self, pixels: CalibratedImage, stop: threading.Event | None = None, workers: int = 1
    ) -> Generator[None, None, None]:
        """Measure, a block before each yield; ends early where it is told to stop."""
        workers = min(workers, pixels.blocks_ahead())
        for tasks in self.stages(pixels):
            for _ in carried_out(takewhile(lambda _: stop is None or not stop.is_set(), tasks), workers):
                yield

    def first_pass(self, pixels: CalibratedImage) -> list[Callable[[], None]]:
        """Return tasks that find extremes, and count small integers."""
        if not pixels.clips or not self._clips_at_the_end:
            return self._tasks(pixels, self._see, everything=self.foreground is not None)
        # What values are clipped to is known when every block was decoded: extremes can be clipped then, too.
        self._before_clipping = {plane: Statistic(False, False) for plane in self.image.planes}
        blocks = self._part.touched(pixels.blocks())
        seeing = [partial(self._see_before_clipping, pixels, p, block) for p in self.image.planes for block in blocks]
        if self._part.is_whole:
            limits = []
        else:  # of what is not measured, too: interpolated values are clipped to the range of the whole plane
            every = [task for plane in self.image.planes for task in pixels.limit_tasks(plane)]
            limits = [partial(self._see_limits, pixels, task) for task in every]
        self._blocks_left = len(seeing) + len(limits)
        return [*seeing, *limits]

    def second_pass(
        self, pixels: CalibratedImage, within: Sequence[measure.Range] | None = None
    ) -> list[Callable[[], None]]:
        """Return tasks that count in bins; those of the range between other extremes than the image's, if given."""
        pixels.know_limits(self.limits)
        for part in (self.range, self.foreground):
            if part is not None and part.needs_second_pass:
                part.counts = []
        everything = self.foreground is not None and self.foreground.needs_second_pass
        return self._tasks(pixels, partial(self._count, within=within), everything=everything)

    def ranges(self) -> tuple[measure.Range, ...]:
        """Return the ranges that were measured: one, or one a channel."""
        assert self.range is not None
        return ranges_of(self.range, self.range.extremes, self._normalization.percentiles, self.dtype)

    def thresholds(self) -> otsu.Thresholds:
        """Return the thresholds that were measured, one a channel; none where none are wanted."""
        return () if self.foreground is None else otsu.thresholds_of(self.foreground, self._signal_dtype)

    def _tasks(self, pixels: CalibratedImage, take: Take, *, everything: bool) -> list[Callable[[], None]]:
        blocks = pixels.blocks() if everything else self._part.touched(pixels.blocks())
        return [partial(self._read, pixels, plane, box, take) for plane in self.image.planes for box in blocks]

    def _read(self, pixels: CalibratedImage, plane: Plane, block: Box, take: Take) -> None:
        found = pixels.read(plane, block)
        take(found, self._part.inside(found, block, pixels.rows_axis))
        if pixels.clips and plane not in self.limits:
            self.limits[plane] = pixels.limits(plane)

    def _see_before_clipping(self, pixels: CalibratedImage, plane: Plane, block: Box) -> None:
        found = pixels.read(plane, block, clipped=False)
        for inside in self._part.inside(found, block, pixels.rows_axis):
            self._before_clipping[plane].see(measure.split_channels(inside, self.image.axes, True))
        self._clip_after_last(pixels)

    def _see_limits(self, pixels: CalibratedImage, task: Callable[[], None]) -> None:
        task()
        self._clip_after_last(pixels)

    def _clip_after_last(self, pixels: CalibratedImage) -> None:
        """Take the extremes in, clipped, once every block was decoded."""
        with self._lock:
            self._blocks_left -= 1
            is_last = not self._blocks_left
        if is_last:
            for one, statistic in self._before_clipping.items():
                self.limits[one] = pixels.limits(one)
                self._take_clipped(statistic.extremes, self.limits[one])

    def _take_clipped(self, found: Sequence[measure.Range], limits: NDArray[np.float64]) -> None:
        """Take in the extremes of a plane's channels, clipped as their pixels are."""
        assert self.range is not None
        clipped = [
            measure.Range(float(np.clip(one.low, *between)), float(np.clip(one.high, *between)))
            for one, between in zip(found, limits, strict=True)
        ]
        joint = self._normalization.per_channel or len(clipped) == 1
        self.range.take(clipped if joint else [measure.joined(clipped)])

    def _see(self, block: NDArray[Any], inside: Sequence[NDArray[Any]]) -> None:
        if self.range is not None:
            for part in inside:
                self.range.see(self._parts(part))
        if self.foreground is not None and self.foreground is not self.range:
            self.foreground.see(otsu.signals(block, self.image.axes))

    def _count(
        self, block: NDArray[Any], inside: Sequence[NDArray[Any]], within: Sequence[measure.Range] | None
    ) -> None:
        if self.range is not None and self.range.needs_second_pass:
            for part in inside:
                self.range.count(self._parts(part), self.range.extremes if within is None else within)
        if self.foreground is None or self.foreground is self.range:
            return
        if self.foreground.needs_second_pass:
            self.foreground.count(otsu.signals(block, self.image.axes), self.foreground.extremes)

    def _parts(self, block: NDArray[Any]) -> list[NDArray[Any]]:
        return measure.split_channels(block, self.image.axes, self._normalization.per_channel)


def ranges_of(
    statistic: Statistic, within: Sequence[measure.Range], percentiles: Sequence[float], dtype: np.dtype[Any]
) -> tuple[measure.Range, ...]:
    """Return the range of each part: its extremes, or percentiles of what was counted."""
    if not statistic.counts:
        return tuple(within)
    counted_as = dtype if statistic.exact else np.dtype(np.float64)
    return tuple(
        measure.percentile_range(total, percentiles, found, counted_as)
        for total, found in zip(statistic.counts, within, strict=True)
    )
