"""Cut an array in memory into tiles, and blend tiles back into an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.blend import Blend, Canvas, check_blend
from napari_tiles_creator.engine.pixels.cut import padded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.grid import TileGrid
    from napari_tiles_creator.recipe.tiling import PadMode


def cut_array(
    image: NDArray[Any], grid: TileGrid, pad_mode: PadMode = "constant", constant: float = 0
) -> NDArray[Any] | list[NDArray[Any]]:
    """Cut an image into the tiles of a grid.

    Parameters
    ----------
    image : array (y, x[, c])
        The image, of ``grid.shape``.
    grid : TileGrid
        Where the tiles lie.
    pad_mode : {"constant", "reflect", "edge"}
        What fills tiles that stick out.
    constant : float, default 0
        Value of constant padding.

    Returns
    -------
    tiles : array (n, y, x[, c]) of the image's dtype; a list of arrays (y, x[, c]) for ragged grids

    Raises
    ------
    ValueError
        If the image has another shape than the grid.
    """
    image = np.asarray(image)
    if image.shape[:2] != tuple(grid.shape):
        raise ValueError(f"the image is {image.shape[:2]} px, the grid was made for {tuple(grid.shape)}")
    tiles = []
    for tile in grid:
        pixels = image[tile.box.slices]
        if tile.pad_bottom or tile.pad_right:
            pixels = padded(pixels, (tile.pad_bottom, tile.pad_right), pad_mode, constant)
        tiles.append(pixels)
    if grid.edge == "ragged":
        return [tile.copy() for tile in tiles]
    return np.stack(tiles)


def merge_arrays(tiles: NDArray[Any] | Sequence[NDArray[Any]], grid: TileGrid, blend: Blend = "linear") -> NDArray[Any]:
    """Put tiles back into one image.

    ``merge_arrays(cut_array(image, grid), grid)`` is the image: exactly for integers up to 32 bits, to rounding for
    floats. With the edge policy ``drop`` the pixels in no tile are 0.

    Parameters
    ----------
    tiles : array (n, y, x[, c]) or sequence of arrays (y, x[, c])
        In the grid's order; padding is cut off.
    grid : TileGrid
        Where they lie.
    blend : {"linear", "hann", "mean", "core"}, default "linear"
        How shared pixels are combined; ``core`` takes each from the tile that owns it.

    Returns
    -------
    image : array (y, x[, c]), the tiles' dtype, rounded for integers

    Raises
    ------
    ValueError
        If the number or size of the tiles is not the grid's, or the blend cannot keep the type's values.
    """
    if len(tiles) != len(grid):
        raise ValueError(f"{len(tiles)} tiles for a grid of {len(grid)}")
    first = np.asarray(tiles[0])
    check_blend(blend, first.dtype)
    canvas = Canvas(grid.shape, blend, grid)
    for planned, pixels in zip(grid, tiles, strict=True):
        pixels = np.asarray(pixels)
        if pixels.shape[:2] != planned.shape:
            raise ValueError(f"tile {planned.index} is {pixels.shape[:2]} px, the grid's is {planned.shape}")
        assert planned.row is not None
        assert planned.column is not None
        inside = pixels[: planned.box.height, : planned.box.width]
        canvas.add(inside, planned.box, (planned.row, planned.column))
    return canvas.finished()
