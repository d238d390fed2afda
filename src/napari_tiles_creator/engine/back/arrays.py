"""Cut an array in memory into tiles, and blend tiles back into an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.values.blended import blended_bands
from napari_tiles_creator.engine.pixels.cut import padded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


def merge_bands(
    tiles: NDArray[Any] | Sequence[NDArray[Any]], grid: TileGrid, blend: str = "linear", workers: int = 1
) -> Iterator[NDArray[Any]]:
    """Put tiles back into one image, from top to bottom: for images that are larger than the memory.

    Parameters
    ----------
    tiles : array (n, y, x[, c]) or sequence of arrays (y, x[, c])
        In the grid's order; padding is cut off. A sequence may read a tile whenever it is asked for.
    grid : TileGrid
        Where they lie.
    blend : {"linear", "hann", "gaussian", "mean", "core", "max"}, default "linear"
        How shared pixels are combined; see `merge_arrays`.
    workers : int, default 1
        Threads that ask for tiles.

    Yields
    ------
    rows : array (rows, x[, c]), the tiles' dtype
        What follows below the rows before.

    Raises
    ------
    ValueError
        If the number or size of the tiles is not the grid's, or the blend cannot keep the type's values.
    """
    return blended_bands(PlaneTiles.of_arrays(tiles, grid), blend, workers=workers)


def merge_arrays(tiles: NDArray[Any] | Sequence[NDArray[Any]], grid: TileGrid, blend: str = "linear") -> NDArray[Any]:
    """Put tiles back into one image.

    ``merge_arrays(cut_array(image, grid), grid)`` is the image, exactly for integers up to 32 bits and to rounding for
    floats. With the edge policy ``drop`` the pixels in no tile are 0.

    Parameters
    ----------
    tiles : array (n, y, x[, c]) or sequence of arrays (y, x[, c])
        In the grid's order; padding is cut off.
    grid : TileGrid
        Where they lie.
    blend : {"linear", "hann", "gaussian", "mean", "core", "max"}, default "linear"
        How shared pixels are combined: weights that fall over the overlap with each neighbour, as a ramp or as half
        a period of sin²; weights that fall from the middle of the tile; all the same; ``core`` takes each pixel from
        the tile that owns it, ``max`` the largest value.

    Returns
    -------
    image : array (y, x[, c]), the tiles' dtype, rounded for integers

    Raises
    ------
    ValueError
        If the number or size of the tiles is not the grid's, or the blend cannot keep the type's values.
    """
    image: NDArray[Any] | None = None
    y = 0
    for band in merge_bands(tiles, grid, blend):
        if image is None:
            image = np.empty((grid.shape[0], *band.shape[1:]), band.dtype)
        image[y : y + len(band)] = band
        y += len(band)
    assert image is not None  # a grid has a tile
    return image
