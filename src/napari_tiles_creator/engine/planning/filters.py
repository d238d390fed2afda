"""Which tiles of a plan remain before any pixel is read: those in the region that nobody rejected by hand."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import RecipeError
from napari_tiles_creator.geometry.places import cores
from napari_tiles_creator.geometry.region import Region
from napari_tiles_creator.recipe.region import InlineRegion, read_region

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.grid import TileGrid
    from napari_tiles_creator.geometry.scatter import TileScatter
    from napari_tiles_creator.recipe.tiling import Rectangle, Tiling

OUTSIDE = "outside tiling.roi"
STRADDLES = "shares pixels with another split (export.split)"
BY_HAND = "rejected by hand (tiling.exclude_tiles)"


def inline_roi(tiling: Tiling) -> InlineRegion | Rectangle | None:
    """Return the recipe's region as it stands in ``tiles.json``: no path, whatever file it came from.

    Raises
    ------
    RecipeError
        If its file cannot be read or holds no area.
    """
    if not isinstance(tiling.roi, str):
        return tiling.roi
    try:
        return read_region(Path(tiling.roi))
    except ValueError as error:
        raise RecipeError.of("tiling.roi", f"{tiling.roi} {error}") from error


def region_of(roi: InlineRegion | Rectangle | None) -> Region | None:
    """Return the area in source pixels, None where all tiles are wanted.

    Raises
    ------
    RecipeError
        If the area is empty.
    """
    if roi is None:
        return None
    region = Region(roi.coordinates) if isinstance(roi, InlineRegion) else Region.rectangle(*roi)
    if region.is_empty:
        raise RecipeError.of("tiling.roi", "the region encloses no area: draw at least a triangle")
    return region


# Images of one shape share one answer; each is at most a megabyte for a million tiles.
MOST_ANSWERS = 32


@lru_cache(MOST_ANSWERS)
def places_in(
    region: Region, tiling: TileGrid | TileScatter, shape: tuple[int, int], source_shape: tuple[int, int]
) -> NDArray[np.bool_]:
    """Tell which tiles of a plane own an area of the region, array (tiles,), not to be written to.

    Cores partition what a grid covers: the region is covered, and no tile is taken for pixels of its neighbour.

    Parameters
    ----------
    region : Region
        In source pixels.
    tiling : TileGrid or TileScatter
        In calibrated pixels.
    shape, source_shape : tuple of int
        ``(height, width)`` of the calibrated and of the source plane, px.
    """
    calibrated = np.array(shape * 2, np.float64)
    kept = region.shares(cores(tiling) * np.array(source_shape * 2, np.float64) / calibrated)
    kept.flags.writeable = False
    return kept
