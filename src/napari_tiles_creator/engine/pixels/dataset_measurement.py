"""One range over all images of a plan, or over their training split (scope dataset), measured image by image.

The images go through rounds: all are seen once, then, where bins are needed, all are counted between the extremes of
all. Who does it, one after the other or many at once, is up to the caller; sums and extremes do not depend on order.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.pixels import measure
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage, calibrated_dtype
from napari_tiles_creator.engine.pixels.measurement import Measurement, ranges_of
from napari_tiles_creator.engine.pixels.plane_part import PlanePart
from napari_tiles_creator.engine.pixels.statistic import Statistic
from napari_tiles_creator.engine.planning.dataset_ranges import check_ranges, measured_boxes
from napari_tiles_creator.engine.steps import HOLD_BYTES, carried_out
from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.otsu import Thresholds
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
    from napari_tiles_creator.engine.planning.plan import Plan

    # Returns the tasks, a block each, that a round has to do on an image.
    Pass = Callable[[CalibratedImage], list[Callable[[], None]]]


class DatasetMeasurement:
    """The range of all images together; one that fails is left out of it.

    With a split the range is that of the training split, and the other images are only read for their thresholds.
    Where the recipe gives the ranges, no image is measured for them.

    Parameters
    ----------
    plan : Plan
        The images, and what is wanted: also their thresholds where ``tiling.min_foreground`` is set.
    wants_foreground : bool, optional
        Whether thresholds are measured; as the recipe needs it by default.
    """

    def __init__(self, plan: Plan, *, wants_foreground: bool | None = None) -> None:
        self.thresholds: dict[str, Thresholds] = {}
        # What each image's interpolated values are clipped to: found once, and known when tiles are cut.
        self.limits: dict[str, Mapping[Plane, NDArray[np.float64]]] = {}
        self.failed: dict[str, str] = {}
        # Images of which every block was read.
        self.read: set[str] = set()
        self._plan, self._wants_foreground = plan, wants_foreground
        boxes = {image.name: measured_boxes(plan.recipe, image) for image in plan.images}
        # What of each image the range is taken from; only the images that have such a part.
        self._parts = {i.name: PlanePart.of(boxes[i.name], i.shape) for i in plan.images if boxes[i.name]}
        dtypes = {calibrated_dtype(image, plan.recipe) for image in plan.images if image.name in self._parts}
        self._exact = len(dtypes) == 1 and all(measure.is_counted(dtype) for dtype in dtypes)
        self._dtype = next(iter(dtypes), np.dtype(np.float64))
        self._measurements: dict[str, Measurement] = {}
        self._joint = self._no_counts()

    def rounds(self) -> Iterator[list[tuple[ImagePlan, Pass]]]:
        """Yield what is to be done with each image; between two rounds, `done` or `fail` is told of each.

        Raises
        ------
        PlanError
            Before the first round, if nothing of any image is in the training split.
        SourceError
            After the last one, if no image of the training split gave a range.
        """
        check_ranges(self._plan.recipe, self._plan.images)
        while True:
            self._begin()
            if self._measurements:
                yield [(m.image, m.first_pass) for m in self._measurements.values()]
            failed = set(self.failed)
            again = [m for m in self._measurements.values() if m.needs_second_pass]
            if again:
                within = self._extremes()
                yield [(m.image, partial(m.second_pass, within=within)) for m in again]
            if not (self.failed.keys() - failed) & self._parts.keys():
                break
            # An image that failed in the second round had a part in the extremes: begin anew, without it.
        self._check_found()

    def done(self, image: ImagePlan) -> None:
        """Take in what a round found in an image."""
        measurement = self._measurements[image.name]
        if measurement.range is not None:
            self._joint.add(measurement.range)
            measurement.range.counts = []
        if measurement.reads_everything:
            self.read.add(image.name)
        self.limits[image.name] = measurement.limits
        foreground = measurement.foreground
        if foreground is not None and foreground.counts:
            self.thresholds[image.name] = measurement.thresholds()
            foreground.counts = []  # two numbers an image are kept, not a count of every value

    def fail(self, image: ImagePlan, reason: str) -> None:
        """Leave out an image that cannot be read."""
        self.failed[image.name] = reason
        self._measurements.pop(image.name, None)
        self.thresholds.pop(image.name, None)
        self.limits.pop(image.name, None)
        self.read.discard(image.name)

    def ranges(self) -> tuple[measure.Range, ...]:
        """Return what the recipe gives, or what was measured: one range, or one a channel; none where all failed."""
        normalization = self._plan.recipe.normalization
        given = measure.given_ranges(normalization)
        return given or ranges_of(self._joint, self._extremes(), normalization.percentiles, self._dtype)

    def _begin(self) -> None:
        self._joint = self._no_counts()
        every = [self._measurement(image) for image in self._plan.images if image.name not in self.failed]
        self._measurements = {one.image.name: one for one in every if one.is_needed}

    def _measurement(self, image: ImagePlan) -> Measurement:
        return Measurement(
            image,
            self._plan.recipe,
            wants_range=image.name in self._parts,
            wants_foreground=self._wants_foreground,
            exact_range=self._exact,
            part=self._parts.get(image.name),
        )

    def _check_found(self) -> None:
        """Refuse a split whose training images gave no range: without a split there would be no image left, either."""
        if self._plan.recipe.export.split is None or not self._parts:
            return
        if not any(np.isfinite(found.low) for found in self._extremes()):
            reasons = [f"{name}: {reason}" for name, reason in self.failed.items() if name in self._parts]
            told = "; ".join(reasons[:3]) or "none of their pixels is a finite number"
            raise SourceError(
                f"no image of the training split gives a range for all of them (normalization.scope dataset): {told}",
                "normalization.scope",
            )

    def _no_counts(self) -> Statistic:
        return Statistic(measure.needs_counts(self._plan.recipe.normalization), self._exact)

    def _extremes(self) -> tuple[measure.Range, ...]:
        every = [m.range.extremes for m in self._measurements.values() if m.range is not None]
        return tuple(measure.joined(parts) for parts in zip(*every, strict=True))


def measure_dataset(
    plan: Plan, hold_bytes: int = HOLD_BYTES, workers: int = 1, *, wants_foreground: bool | None = None
) -> Generator[None, None, DatasetMeasurement]:
    """Measure all images of a plan one after the other, a block between each two yields; see `DatasetMeasurement`."""
    measurement = DatasetMeasurement(plan, wants_foreground=wants_foreground)
    for every in measurement.rounds():
        for image, tasks_of in every:
            pixels = CalibratedImage(image, plan.recipe, hold_bytes)
            try:
                for _ in carried_out(tasks_of(pixels), min(workers, pixels.blocks_ahead())):
                    yield
                measurement.done(image)
            except SourceError as error:
                measurement.fail(image, str(error))
            finally:
                pixels.close()
    return measurement
