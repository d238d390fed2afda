"""The tiles of an image as a model takes them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.dataset_tiles import bounds_of
from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.steps import in_order
from napari_tiles_creator.geometry.grid import pair

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.document import Recipe


def form_of(recipe: Recipe, image: ImagePlan) -> TileForm:
    """Return what the tiles of an image look like to a model."""
    low, high = bounds_of(recipe.normalization, image.dtype)
    return TileForm(pair(recipe.tiling.size_px), image.tile_samples, image.dtype, low, high)


def cutter(maker: TileMaker, plane_number: int) -> Callable[[int], NDArray[Any]]:
    """Return what cuts a tile of a plane by its number, array (y, x[, c]); callable from several threads."""
    image = maker.image
    first = plane_number * len(image.tiling)

    def cut(number: int) -> NDArray[Any]:
        pixels = maker.tile(first + number).pixels
        return np.moveaxis(pixels, 0, -1) if image.tile_axes == "CYX" else pixels

    return cut


def every_pixel(maker: TileMaker, workers: int) -> Generator[NDArray[Any], None, None]:
    """Yield all pixels of an image once, as its tiles hold them: what each tile owns, array (y, x[, c])."""
    image = maker.image
    for plane_number in range(len(image.planes)):
        with closing(in_order(cutter(maker, plane_number), range(len(image.tiling)), workers)) as tiles:
            for planned, pixels in zip(image.tiling, tiles, strict=True):
                yield pixels[planned.core.moved(-planned.box.y, -planned.box.x).slices]
