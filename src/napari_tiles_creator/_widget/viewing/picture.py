"""The pixels of the preview image: one plane, thinned out where it is larger than a screen can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.media import Media

LONGEST_SIDE = 8192
ROWS_AT_ONCE = 1024
CONTRAST_PERCENTILES = (0.5, 99.8)
SAMPLED_PIXELS = 1 << 20


@dataclass(frozen=True)
class Picture:
    """A plane to look at.

    Parameters
    ----------
    pixels : array (y, x) or (y, x, 3), source dtype
        The first plane, its first channel or its colours.
    step : int
        Every so many-th pixel was taken.
    limits : tuple of float
        Lowest and highest value.
    contrast : tuple of float
        Values to show as black and white: a few outliers must not make the rest dark.
    """

    pixels: NDArray[Any]
    step: int
    limits: tuple[float, float]
    contrast: tuple[float, float]

    @property
    def is_rgb(self) -> bool:
        """Whether the pixels are colours."""
        return self.pixels.ndim == 3


def read_picture(image: ImagePlan, media: Media) -> Generator[None, None, Picture]:
    """Read the first plane of an image in bands, so that it can be stopped and needs little memory.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    from napari_tiles_creator.sources.registry import open_source

    height, width = image.info.plane_shape
    step = -(-max(height, width) // LONGEST_SIDE)
    plane = image.planes[0]
    channel = (image.channel or 0) if image.info.has_channels else None
    source = open_source(image.info.path, media.series, media.rgb)
    bands = []
    try:
        rows = max(1, ROWS_AT_ONCE // step) * step
        for y in range(0, height, rows):
            box = Box(y, 0, min(rows, height - y), width)
            pixels = source.read(box, plane.z or 0, plane.t or 0, channel)
            bands.append(np.array(pixels[step // 2 :: step, step // 2 :: step]))
            yield
    finally:
        source.close()
    pixels = np.concatenate(bands)
    return Picture(pixels, step, *value_ranges(pixels))


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
