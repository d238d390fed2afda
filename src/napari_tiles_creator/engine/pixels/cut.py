"""One tile from calibrated pixels: read, normalize, pad, compose. The only place where pixels move forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
    from napari_tiles_creator.engine.pixels.compose import Composer
    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.pixels.normalize import Normalizer
    from napari_tiles_creator.engine.planning.image_plan import PlannedTile
    from napari_tiles_creator.recipe.tiling import PadMode


@dataclass(frozen=True, slots=True)
class CutTile:
    """The finished pixels of a tile, array (y, x), (c, y, x) or (y, x, s), and the ranges that were mapped."""

    pixels: NDArray[Any]
    ranges: tuple[Range, ...]


def cut_tile(
    planned: PlannedTile,
    image: CalibratedImage,
    normalizer: Normalizer,
    pad_mode: PadMode,
    composer: Composer | None = None,
) -> CutTile:
    """Cut one tile.

    Raises
    ------
    SourceError
        If the pixels cannot be read, or do not fit into the type of the tiles.
    """
    tile = planned.tile
    values, ranges = normalizer(image.read(planned.plane, tile.box))
    if tile.pad_bottom or tile.pad_right:
        values = padded(values, (tile.pad_bottom, tile.pad_right), pad_mode, normalizer.padding_value, image.rows_axis)
    if composer:
        values = composer(values)
    return CutTile(np.ascontiguousarray(values), ranges)


def padded(
    values: NDArray[Any], bottom_right: tuple[int, int], mode: PadMode, constant: float, rows_axis: int = 0
) -> NDArray[Any]:
    """Return the values with pixels added at the bottom and the right."""
    width = [(0, 0)] * values.ndim
    width[rows_axis], width[rows_axis + 1] = (0, bottom_right[0]), (0, bottom_right[1])
    if mode == "constant":
        return np.pad(values, width, mode="constant", constant_values=constant)
    return np.pad(values, width, mode=mode)
