"""An outline of many points, kept in ever smaller parts, so that a tile of it costs what the tile shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.areas import polygons_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# From so many points on, parts are worth their memory.
MANY_POINTS = 512
# A part of so few points is not divided any more.
FEW_POINTS = 128


class LargeShape:
    """A geometry, and the parts of it that lie in cells.

    Cells of level k have 2⁻ᵏ of the geometry's extent and overlap by half, so that whatever is no larger than half a
    cell lies in one. A part is made when it is first asked for, out of that of the cell twice as large around it.

    Parameters
    ----------
    geometry : shapely Polygon or MultiPolygon
        Valid and with an area.
    """

    def __init__(self, geometry: Any) -> None:
        x, y, x_stop, y_stop = geometry.bounds
        self._origin = x, y
        self._extent = max(x_stop - x, y_stop - y)
        # Two threads may make the same part at once: they put the same value.
        self._parts: dict[tuple[int, int, int], Any] = {(0, 0, 0): geometry}

    def near(self, rectangle: NDArray[np.float64]) -> Any:
        """Return a geometry with few points that is equal inside a rectangle, array (4,): ``x, y, x_stop, y_stop``."""
        side = max(rectangle[2] - rectangle[0], rectangle[3] - rectangle[1])
        level = max(0, math.floor(math.log2(self._extent / (2 * side))))
        if not level:
            return self._parts[0, 0, 0]
        half = self._extent / 2 ** (level + 1)
        last = 2 ** (level + 1) - 2
        row, column = (min(max(math.floor((rectangle[axis] - self._origin[axis]) / half), 0), last) for axis in (1, 0))
        return self._part(level, row, column)

    def _part(self, level: int, row: int, column: int) -> Any:
        """Return what lies in a cell, or more where that has few points."""
        import shapely

        key = (level, row, column)
        if key in self._parts:
            return self._parts[key]
        around = self._part(level - 1, min(row // 2, 2**level - 2), min(column // 2, 2**level - 2))
        if shapely.get_num_coordinates(around) <= FEW_POINTS:
            return around
        half = self._extent / 2 ** (level + 1)
        x, y = self._origin[0] + column * half, self._origin[1] + row * half
        cell = np.array([shapely.intersection(around, shapely.box(x, y, x + 2 * half, y + 2 * half))], object)
        self._parts[key] = polygons_of(cell)[0]
        return self._parts[key]
