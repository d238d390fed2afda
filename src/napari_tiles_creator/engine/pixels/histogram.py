"""How the values of a plane are distributed, before and after normalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.measure import extremes
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.engine.planning.dataset_ranges import measured_boxes

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.box import Box

# Of larger planes so many blocks, and of these so many values, are looked at: a picture of 64 bars needs no more.
MOST_BLOCKS = 16
MOST_VALUES = 1 << 22
# Pixels that are measured in full, some seconds' work.
MOST_MEASURED = 1 << 28
# With scope tile, so many tiles are looked at.
MOST_TILES = 64


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of values in bins of equal width.

    Parameters
    ----------
    counts : array (bins,), int64
        Finite pixels in each bin, channels and samples together.
    low, high : float
        Lower end of the first and upper end of the last bin: the extremes of what was counted; NaN where there was
        no finite pixel.
    is_estimate : bool, default False
        Whether the range that was mapped comes from a sample, because measuring it would take long.
    """

    counts: NDArray[np.int64]
    low: float
    high: float
    is_estimate: bool = False


def histograms(
    plan: Plan,
    image: ImagePlan,
    plane_number: int = 0,
    bins: int = 64,
    *,
    ranges: Sequence[Range] | None = None,
) -> Generator[None, None, tuple[Histogram, Histogram]]:
    """Count the values of a plane before and after normalization, a little between each two yields.

    Large planes are sampled: blocks spread over the plane, and every so many columns of them. The range that the
    normalization maps is measured as for an export, unless it is given; where that means more than 2²⁸ pixels, it is
    estimated from the sample.

    Parameters
    ----------
    plan : Plan
        The plan.
    image : ImagePlan
        Which of its images.
    plane_number : int, default 0
        Which of its planes.
    bins : int, default 64
        How many bins.
    ranges : sequence of Range, optional
        Ranges that are known already, see `TileMaker`.

    Returns
    -------
    before : Histogram
        The calibrated pixels, in the values of the source.
    after : Histogram
        The same pixels as tiles hold them: mapped, clipped and in the type of the tiles. With scope tile, the pixels
        that up to 64 tiles spread over the plane own (their cores), each mapped by its tile's own range.

    Raises
    ------
    SourceError
        If the image cannot be read, or its pixels do not fit into the type of the tiles.
    """
    maker = TileMaker(plan, image, ranges=ranges)
    try:
        is_estimate = not maker.is_ready and _measured_pixels(plan, image) > MOST_MEASURED
        if not is_estimate:
            yield from maker.prepare()
        plane, parts = image.planes[plane_number], []
        boxes, step = _sample(maker)
        for box in boxes:
            parts.append(_thinned(maker.pixels.read(plane, box), image.axes, step))
            yield
        if is_estimate:
            maker.estimate(np.concatenate([_line(part, image.axes) for part in parts], axis=maker.pixels.rows_axis + 1))
        after = []
        if plan.recipe.normalization.scope != "tile":
            after = [_finite(maker.normalized(part)) for part in parts]
        else:
            for index in _spread(image, plane_number):
                after.append(_finite(_core(maker, index)))
                yield
        before = [_finite(part) for part in parts]
        return _histogram(before, bins), _histogram(after, bins, is_estimate)
    finally:
        maker.close()


def _measured_pixels(plan: Plan, image: ImagePlan) -> int:
    """Return how many pixels measuring the range would read."""
    if plan.recipe.normalization.scope != "dataset":
        return image.shape[0] * image.shape[1] * len(image.planes) * image.channels
    return sum(
        box.area * len(one.planes) * one.channels for one in plan.images for box in measured_boxes(plan.recipe, one)
    )


def _sample(maker: TileMaker) -> tuple[list[Box], int]:
    """Return which blocks are looked at, and every how many columns of them."""
    blocks = maker.pixels.blocks()
    if len(blocks) > MOST_BLOCKS:
        blocks = [blocks[round(i)] for i in np.linspace(0, len(blocks) - 1, MOST_BLOCKS)]
    values = sum(box.area for box in blocks) * maker.image.channels
    return blocks, -(-values // MOST_VALUES)


def _thinned(pixels: NDArray[Any], axes: str, step: int) -> NDArray[Any]:
    """Return every so manyth column, copied: a part of a block would keep all of it in memory."""
    return (pixels[:, ::step] if axes == "YXS" else pixels[..., ::step]).copy()


def _line(pixels: NDArray[Any], axes: str) -> NDArray[Any]:
    """Return pixels as one row: blocks at the borders of a plane are cut short, only rows can be joined."""
    if axes == "YXS":
        return pixels.reshape(1, -1, pixels.shape[-1])
    return pixels.reshape(*pixels.shape[:-2], 1, -1)


def _spread(image: ImagePlan, plane_number: int) -> Iterator[int]:
    """Return the indexes of tiles spread evenly over a plane."""
    places = len(image.tiling)
    numbers = np.unique(np.linspace(0, places - 1, min(places, MOST_TILES)).round().astype(int))
    return (plane_number * places + int(number) for number in numbers)


def _core(maker: TileMaker, index: int) -> NDArray[Any]:
    """Return the pixels that a tile owns, as it holds them."""
    planned = maker.image[index]
    box, core = planned.tile.box, planned.tile.core
    rows, columns = core.moved(-box.y, -box.x).slices
    pixels = maker.cut(planned).pixels
    return pixels[:, rows, columns] if maker.image.tile_axes == "CYX" else pixels[rows, columns]


def _finite(pixels: NDArray[Any]) -> NDArray[Any]:
    return pixels[np.isfinite(pixels)] if pixels.dtype.kind == "f" else pixels.ravel()


def _histogram(parts: list[NDArray[Any]], bins: int, is_estimate: bool = False) -> Histogram:
    values = np.concatenate(parts) if parts else np.zeros(0)
    if values.dtype.kind == "b":
        values = values.view(np.uint8)
    if not values.size:
        return Histogram(np.zeros(bins, np.int64), float("nan"), float("nan"), is_estimate)
    within = extremes(values)
    low, high = within.low, within.high if within.high > within.low else within.low + 1
    counts, _ = np.histogram(values, bins=bins, range=(low, high))
    return Histogram(counts.astype(np.int64), low, high, is_estimate)
