"""The pixels of the preview image: one plane, as a pyramid read piece by piece where it is too large to hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.viewing.lazy_plane import LazyPlane, PlanePyramid, Stored
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.whole import WholeSource

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.base import Source

# Larger planes are not held.
LONGEST_SIDE = 8192
# What is held of them: a coarse level of the file, or an overview.
OVERVIEW_SIDE = 3072
ROWS_AT_ONCE = 1024
CONTRAST_PERCENTILES = (0.5, 99.8)
SAMPLED_PIXELS = 1 << 20
# Of a plane that is not held: so many places down and across, each a square of so many pixels.
SAMPLED_PLACES, SAMPLED_SIDE = 8, 64


@dataclass(frozen=True)
class Picture:
    """A plane to look at.

    Parameters
    ----------
    pixels : array (y, x) or (y, x, 3), or list of such, source dtype
        The first plane, its first channel or its colours; a list holds the levels of a pyramid, which read the file
        when they are indexed.
    step : int
        Every so many-th pixel was taken: always 1.
    limits : tuple of float
        Lowest and highest value.
    contrast : tuple of float
        Values to show as black and white: a few outliers must not make the rest dark.
    """

    pixels: NDArray[Any] | list[LazyPlane]
    step: int
    limits: tuple[float, float]
    contrast: tuple[float, float]

    @property
    def is_rgb(self) -> bool:
        """Whether the pixels are colours."""
        return (self.pixels[0] if isinstance(self.pixels, list) else self.pixels).ndim == 3


def read_picture(image: ImagePlan, media: Media) -> Generator[None, None, Picture]:
    """Read the first plane of an image, with pauses in which it can be stopped.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    from napari_tiles_creator.sources.registry import reopen

    plane = image.planes[0]
    where: dict[str, Any] = {
        "z": plane.z or 0,
        "t": plane.t or 0,
        "channel": (image.channel or 0) if image.info.has_channels else None,
    }
    source = reopen(image.info, media.series, media.rgb)
    is_held = max(image.info.plane_shape) <= LONGEST_SIDE
    try:
        if not is_held:
            overview = yield from _overview(source, where)
            some = yield from _samples(source, where)
            return Picture(_pyramid(source, where, overview).levels(), 1, *value_ranges(some))
        pixels = yield from _whole(source, 0, where)
        return Picture(pixels, 1, *value_ranges(pixels))
    except BaseException:
        is_held = True
        raise
    finally:
        if is_held:
            source.close()


def _whole(source: Source, level: int, where: dict[str, Any]) -> Generator[None, None, NDArray[Any]]:
    """Read all of a level, in bands."""
    height, width = source.info.levels[level]
    bands = []
    for y in range(0, height, ROWS_AT_ONCE):
        box = Box(y, 0, min(ROWS_AT_ONCE, height - y), width)
        bands.append(source.read(box, **where, level=level))
        yield
    return np.concatenate(bands)


def _overview(source: Source, where: dict[str, Any]) -> Generator[None, None, NDArray[Any]]:
    """Return a plane in little: the coarsest level of the file if it is small, else means of what can be read soon."""
    from napari_tiles_creator.engine.pictures.reduction import reduction_steps
    from napari_tiles_creator.engine.pictures.thumbnail import fitted

    info = source.info
    if max(info.levels[-1]) <= OVERVIEW_SIDE:
        return (yield from _whole(source, len(info.levels) - 1, where))
    means = yield from reduction_steps(source, fitted(info.plane_shape, OVERVIEW_SIDE), **where)
    pixels = np.moveaxis(means, 0, -1) if info.is_rgb else means[0]
    return (np.rint(pixels) if info.dtype.kind in "ui" else pixels).astype(info.dtype)


def _samples(source: Source, where: dict[str, Any]) -> Generator[None, None, NDArray[Any]]:
    """Read some pixels of all over the plane: an overview of means has not the range of the pixels."""
    height, width = source.info.plane_shape
    parts = []
    for row, column in np.ndindex(SAMPLED_PLACES, SAMPLED_PLACES):
        y, x = ((2 * n + 1) * (length - 1) // (2 * SAMPLED_PLACES) for n, length in ((row, height), (column, width)))
        box = Box.between(y, x, min(y + SAMPLED_SIDE, height), min(x + SAMPLED_SIDE, width))
        parts.append(np.ravel(source.read(box, **where)))
        yield
    return np.concatenate(parts)


def _pyramid(source: Source, where: dict[str, Any], overview: NDArray[Any]) -> PlanePyramid:
    """Return the plane in all sizes: from the file's levels, and from the overview, which is in memory."""
    info = source.info
    stored = [
        Stored(shape, partial(_read, source, where, level), _chunk(source))
        for level, shape in enumerate(info.levels)
        if min(shape) > min(overview.shape[:2])
    ]
    stored.append(Stored((overview.shape[0], overview.shape[1]), lambda box: overview[box.slices]))
    return PlanePyramid(stored, info.dtype, info.is_rgb, source.close)


def _read(source: Source, where: dict[str, Any], level: int, box: Box) -> NDArray[Any]:
    return source.read(box, **where, level=level)


def _chunk(source: Source) -> tuple[int, int]:
    """Return rows and columns that are decoded together, zeros where the overview has left all in memory."""
    if isinstance(source, WholeSource):
        return 0, 0
    return source.info.chunk_rows, source.info.chunk_columns or source.info.plane_shape[1]


def value_ranges(pixels: NDArray[Any]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the range of the finite values and the one between two percentiles, neither of them empty."""
    finite = pixels[np.isfinite(pixels)] if pixels.dtype.kind == "f" else pixels
    if not finite.size:
        return (0.0, 1.0), (0.0, 1.0)
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        return (low, low + 1), (low, low + 1)
    some = finite.reshape(-1)[:: max(1, finite.size // SAMPLED_PIXELS)]
    first, last = (float(value) for value in np.percentile(some, CONTRAST_PERCENTILES))
    return (low, high), (first, last) if first < last else (low, high)
