"""What an export of a plan will write, pixels read: the tiles that every filter leaves, and the ranges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.export.annotated_tiles import AnnotatedTiles, labels_tell
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.dataset_measurement import measure_dataset
from napari_tiles_creator.engine.pixels.foreground import plane_shares
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.engine.steps import HOLD_BYTES, carried_out, result_of
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.places import areas, covered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement
    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan


@dataclass(frozen=True)
class Surveyed:
    """What one image gives.

    Parameters
    ----------
    image : ImagePlan
        The image.
    ranges : tuple of Range
        What its normalization maps, one or one a channel; with scope none and tile, the range of the image.
    tiles, bytes : int
        Tiles that are written, and their uncompressed bytes.
    box_pixels, covered : int
        Pixels of these tiles, and pixels of the planes that lie in at least one of them.
    problem : str
        Why the image gives no tile, empty where it does.
    splits : mapping of str to int
        Tiles of each split; nothing without a split.
    """

    image: ImagePlan
    ranges: tuple[Range, ...] = ()
    tiles: int = 0
    bytes: int = 0
    box_pixels: int = 0
    covered: int = 0
    problem: str = ""
    splits: Mapping[str, int] = field(default_factory=dict)


def survey(plan: Plan, hold_bytes: int = HOLD_BYTES, workers: int = 1) -> Iterator[Surveyed]:
    """Read all images of a plan, one after the other, and tell what each gives.

    Parameters
    ----------
    plan : Plan
        The plan.
    hold_bytes : int, default 256 MiB
        Memory for pixels that are kept between reads.
    workers : int, default 1
        Threads that measure.
    """
    dataset = None
    if plan.recipe.normalization.scope == "dataset":
        dataset = result_of(measure_dataset(plan, hold_bytes, workers))
    annotated = AnnotatedTiles(plan, hold_bytes) if plan.partners is not None else None
    for image in plan.images:
        if dataset is not None and image.name in dataset.failed:
            yield Surveyed(image, problem=dataset.failed[image.name])
            continue
        try:
            drawn = annotated.kept(image) if annotated is not None else None
            yield _surveyed(plan, image, dataset, drawn, hold_bytes, workers)
        except SourceError as error:
            yield Surveyed(image, problem=str(error))


def _surveyed(
    plan: Plan,
    image: ImagePlan,
    dataset: DatasetMeasurement | None,
    drawn: list[NDArray[np.bool_]] | None,
    hold_bytes: int,
    workers: int,
) -> Surveyed:
    pixels = CalibratedImage(image, plan.recipe, hold_bytes)
    try:
        if dataset is not None:
            if image.name not in dataset.read:  # no part of the range, but whether it can be read is told here
                tasks = Measurement(image, plan.recipe, wants_range=True).first_pass(pixels)
                for _ in carried_out(tasks, min(workers, pixels.blocks_ahead())):
                    pass
            ranges, thresholds = dataset.ranges(), dataset.thresholds.get(image.name, ())
            pixels.know_limits(dataset.limits.get(image.name, {}))
        else:
            measurement = Measurement(image, plan.recipe, wants_range=True)
            result_of(measurement.run(pixels, workers=workers))
            ranges, thresholds = measurement.ranges(), measurement.thresholds()
        least = plan.recipe.tiling.min_foreground
        masks: list[NDArray[np.bool_]] = []
        for number in range(len(image.planes)):
            remaining = image.remaining(number)
            if drawn is not None:
                remaining &= drawn[number]
            if least > 0 and not labels_tell(plan, image):
                shares = result_of(plane_shares(plan, image, pixels, number, thresholds, workers=workers))
                remaining &= shares >= least  # NaN, outside the region, is not
            masks.append(remaining)
    finally:
        pixels.close()
    full, inside = areas(image.tiling, padded=True), areas(image.tiling, padded=False)
    sample_bytes = image.tile_samples * np.dtype(image.dtype).itemsize
    return Surveyed(
        image,
        ranges,
        tiles=sum(int(mask.sum()) for mask in masks),
        bytes=sum(int(full[mask].sum()) for mask in masks) * sample_bytes,
        box_pixels=sum(int(inside[mask].sum()) for mask in masks),
        covered=sum(covered(image.tiling, mask) for mask in masks),
        splits={split: sum(int(np.sum(mask & (image.splits == split))) for mask in masks) for split in plan.splits},
    )
