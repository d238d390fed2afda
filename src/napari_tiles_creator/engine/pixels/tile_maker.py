"""The tiles of one image with the pixels that an export writes, for the export itself and for whoever shows them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.compose import Composer, composer_of
from napari_tiles_creator.engine.pixels.cut import CutTile, cut_tile
from napari_tiles_creator.engine.pixels.dataset_measurement import measure_dataset
from napari_tiles_creator.engine.pixels.measure import given_ranges, measured, split_channels
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.engine.pixels.normalize import Normalizer
from napari_tiles_creator.engine.pixels.otsu import share
from napari_tiles_creator.engine.steps import HOLD_BYTES

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement
    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.pixels.otsu import Thresholds
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane, PlannedTile
    from napari_tiles_creator.engine.planning.plan import Plan


class TileMaker:
    """Makes tiles of one image; readable from several threads at once, once it is prepared.

    Parameters
    ----------
    plan : Plan
        The plan.
    image : ImagePlan
        Which of its images.
    hold_bytes : int, default 256 MiB
        Memory for pixels that are kept between tiles.
    ranges : sequence of Range, optional
        Ranges that are known already, such as those of an earlier maker of the same plan and image: nothing is
        measured then. Ranges of scope dataset fit all images of a plan.
    by_box : bool, default False
        For a tile here and there; see `CalibratedImage`.
    """

    def __init__(
        self,
        plan: Plan,
        image: ImagePlan,
        hold_bytes: int = HOLD_BYTES,
        *,
        ranges: Sequence[Range] | None = None,
        by_box: bool = False,
    ) -> None:
        self.plan, self.image, self.recipe = plan, image, plan.recipe
        self.pixels = CalibratedImage(image, plan.recipe, hold_bytes, by_box=by_box)
        self.thresholds: Thresholds = ()
        known = given_ranges(self.recipe.normalization) if ranges is None else tuple(ranges)
        self._ranges = known if self._needs_ranges else None
        self._hold_bytes = hold_bytes

    @property
    def ranges(self) -> tuple[Range, ...] | None:
        """The ranges that all tiles share, one or one a channel; None with scope none and tile, or not measured yet."""
        return self._ranges

    @property
    def is_ready(self) -> bool:
        """Whether tiles can be made: `prepare` has nothing left to do."""
        return self._ranges is not None or not self._needs_ranges

    def prepare(self, plane: Plane | None = None) -> Generator[None, None, None]:
        """Measure what the normalization needs, a block between each two yields.

        With scope image all kept planes of this image, with scope dataset those of all images of the plan, or of
        their training split; nothing where the recipe gives the ranges.

        Parameters
        ----------
        plane : Plane, optional
            Also find what interpolated values of this plane are clipped to: else its first tile does, at one go.

        Raises
        ------
        SourceError
            If the image cannot be read. With scope dataset other images that cannot are left out, as in an export.
        """
        if not self.is_ready:
            if self.recipe.normalization.scope == "dataset":
                dataset = yield from measure_dataset(self.plan, self._hold_bytes, wants_foreground=False)
                self.take_dataset(dataset)
            else:
                measurement = Measurement(self.image, self.recipe, wants_foreground=False)
                yield from measurement.run(self.pixels)
                self.take(measurement)
        if plane is not None:  # what was measured just now is known
            for task in self.pixels.limit_tasks(plane):
                task()
                yield

    def take_dataset(self, dataset: DatasetMeasurement) -> None:
        """Use what was measured of all images together, and of this one with them."""
        self._ranges = dataset.ranges()
        self.thresholds = dataset.thresholds.get(self.image.name, ())
        self.pixels.know_limits(dataset.limits.get(self.image.name, {}))

    def take(self, measurement: Measurement) -> None:
        """Use what was measured elsewhere: the image's range and thresholds."""
        if measurement.range is not None:
            self._ranges = measurement.ranges()
        self.thresholds = measurement.thresholds()

    def estimate(self, sample: NDArray[Any]) -> None:
        """Use the ranges of a sample of the calibrated pixels instead of measuring them all; for pictures only."""
        parts = split_channels(sample, self.image.axes, self.recipe.normalization.per_channel)
        self._ranges = tuple(measured(part, self.recipe.normalization) for part in parts)

    def tile(self, index: int) -> CutTile:
        """Make one tile, exactly the pixels that an export writes, padding included.

        Parameters
        ----------
        index : int
            Number among all tiles of the image, over planes and places; tiles that filters leave out, too.

        Raises
        ------
        SourceError
            If the pixels cannot be read, or do not fit into the type of the tiles.
        ValueError
            If the ranges are not measured yet.
        """
        return self.cut(self.image[index])

    def cut(self, planned: PlannedTile) -> CutTile:
        """Make one tile; see `tile`."""
        if not self.is_ready:
            raise ValueError("the ranges are not measured yet: run prepare() to its end")
        return cut_tile(planned, self.pixels, self._normalizer, self.recipe.tiling.pad_mode, self._composer)

    def normalized(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Return calibrated pixels of this image as its tiles would hold them; the axes are the image's."""
        return self._normalizer(pixels)[0]

    def share(self, planned: PlannedTile) -> float:
        """Return a tile's share of foreground, 0…1, by the thresholds that were measured."""
        part = self.pixels.read(planned.plane, planned.tile.box)
        return share(part, self.image.axes, self.thresholds, self.recipe.tiling.foreground)

    def close(self) -> None:
        """Release the file and the memory."""
        self.pixels.close()

    @property
    def _needs_ranges(self) -> bool:
        return self.recipe.normalization.scope in ("image", "dataset")

    @cached_property
    def _composer(self) -> Composer | None:
        return composer_of(self.image, self.recipe.normalization)

    @cached_property
    def _normalizer(self) -> Normalizer:
        return Normalizer(self.recipe.normalization, self.image.dtype, self.image.axes, self.pixels.dtype, self._ranges)
