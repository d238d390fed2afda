"""The shapes that draw a tiling, and where they lie in napari's world; pure functions of a plan.

napari puts the centre of pixel (0, 0) at 0, so that pixel rows y0…y1 - 1 are drawn from y0 - 0.5 to y1 - 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.scatter import TileScatter

# Up to here one rectangle a tile; a larger grid is two paths, whatever its size.
MOST_RECTANGLES = 1_000
# Random places have no paths: so many are drawn, the rest is not.
MOST_SCATTERED = 5_000


@dataclass(frozen=True, slots=True)
class Placement:
    """How pixels lie in the world.

    Parameters
    ----------
    scale : tuple of float
        World units per pixel along y and x.
    translate : tuple of float
        World position of the centre of pixel (0, 0).
    unit : str
        ``"µm"``, or ``"pixel"`` where the pixel size is not known.
    """

    scale: tuple[float, float]
    translate: tuple[float, float]
    unit: str


def image_placement(image: ImagePlan, step: int = 1) -> Placement:
    """Return where the source's pixels lie: the first one's centre at 0.

    Parameters
    ----------
    image : ImagePlan
        The image.
    step : int, default 1
        Only every so many-th pixel is shown, each as large as the pixels it stands for.
    """
    size, unit = _source_pixel(image)
    return Placement((size[0] * step, size[1] * step), (size[0] * (step - 1) / 2, size[1] * (step - 1) / 2), unit)


def tile_placement(image: ImagePlan) -> Placement:
    """Return where calibrated pixels lie: both images begin at the same corner, so their centres are offset."""
    size, unit = _source_pixel(image)
    scale = (size[0] / image.scale[0], size[1] / image.scale[1])
    return Placement(scale, ((scale[0] - size[0]) / 2, (scale[1] - size[1]) / 2), unit)


def _source_pixel(image: ImagePlan) -> tuple[tuple[float, float], str]:
    size = image.pixel_size
    return ((size.y_um, size.x_um), "µm") if size else ((1.0, 1.0), "pixel")


def rectangle(box: Box) -> NDArray[np.float64]:
    """Return the four corners of a box, array (4, [y, x])."""
    y0, x0, y1, x1 = box.y - 0.5, box.x - 0.5, box.y_stop - 0.5, box.x_stop - 0.5
    return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])


def corner_rectangle(shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return a rectangle of this size whose first pixel is (0, 0), to be moved by translation; array (4, [y, x])."""
    height, width = shape
    return np.array([[0.0, 0.0], [0.0, width], [height, width], [height, 0.0]]) - 0.5


def outlines(tiling: TileGrid | TileScatter) -> tuple[list[NDArray[np.float64]], str]:
    """Return the outlines of all tiles as shapes, and their type for napari.

    Returns
    -------
    shapes : list of array (n, [y, x])
        One rectangle a tile; of a large grid, two paths.
    shape_type : {"rectangle", "path"}
        What they are.
    """
    if isinstance(tiling, TileGrid) and len(tiling) > MOST_RECTANGLES:
        return grid_paths(tiling), "path"
    tiles = (tiling[i] for i in range(min(len(tiling), MOST_SCATTERED)))
    return [rectangle(tile.box) for tile in tiles], "rectangle"


def grid_paths(grid: TileGrid) -> list[NDArray[np.float64]]:
    """Return the lines of a full grid as two paths that wind from border to border.

    Neighbours touch or overlap, so each tile's edge runs on through the whole row or column, and the turns of a
    path lie on the outer border, which is an edge of tiles too.
    """
    rows, columns = _edges(grid.rows), _edges(grid.columns)
    horizontal = _winding(rows, columns[0], columns[-1])
    vertical = _winding(columns, rows[0], rows[-1])[:, ::-1]
    return [horizontal, vertical]


def _edges(axis: TiledAxis) -> NDArray[np.float64]:
    """Return the distinct starts and stops of the tiles along an axis, as napari draws them."""
    places: Iterable[int] = {edge for i in range(axis.count) for edge in (axis.start(i), axis.stop(i))}
    return np.array(sorted(places)) - 0.5


def _winding(lines: NDArray[np.float64], first: float, last: float) -> NDArray[np.float64]:
    """Return points along each line in turn, there and back; array (2 · lines, [line, across])."""
    along = np.tile([first, last, last, first], (len(lines) + 1) // 2)[: 2 * len(lines)]
    return np.stack([np.repeat(lines, 2), along], axis=1)
