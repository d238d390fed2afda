"""The pixels of the preview image: one plane, as a pyramid read piece by piece where it is too large to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.lazy_image import LazyImage
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.media import Media
    from napari_tiles_creator.sources.base import Source

# Larger planes are not held.
LONGEST_SIDE = 8192
ROWS_AT_ONCE = 1024
CONTRAST_PERCENTILES = (0.5, 99.8)
SAMPLED_PIXELS = 1 << 20


@dataclass(frozen=True)
class Picture:
    """A plane to look at.

    Parameters
    ----------
    pixels : array (y, x) or (y, x, 3), or list of such, source dtype
        The first plane, its first channel or its colours; a list holds the levels of a pyramid, which read the file
        when they are indexed.
    limits : tuple of float
        Lowest and highest value.
    contrast : tuple of float
        Values to show as black and white: a few outliers must not make the rest dark.
    """

    pixels: NDArray[Any] | list[LazyImage]
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
    from napari_tiles_creator.engine.pictures.source_image import SourceImage
    from napari_tiles_creator.sources.registry import reopen

    plane = image.planes[0]
    at = {"Z": plane.z or 0, "T": plane.t or 0}
    if image.info.has_channels:
        at["C"] = image.channel or 0
    source = reopen(image.info)
    is_held = max(image.info.plane_shape) <= LONGEST_SIDE
    try:
        if not is_held:
            large = SourceImage(source, at)
            yield from large.fill()
            return Picture(large.levels(), *value_ranges((yield from large.typical_values())))
        pixels = yield from _whole(source, at)
        return Picture(pixels, *value_ranges(pixels))
    except BaseException:
        is_held = True
        raise
    finally:
        if is_held:
            source.close()


def _whole(source: Source, at: dict[str, int]) -> Generator[None, None, NDArray[Any]]:
    """Read all of a plane, in bands."""
    height, width = source.info.plane_shape
    bands = []
    for y in range(0, height, ROWS_AT_ONCE):
        box = Box(y, 0, min(ROWS_AT_ONCE, height - y), width)
        bands.append(source.read(box, at["Z"], at["T"], at.get("C")))
        yield
    return np.concatenate(bands)


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
