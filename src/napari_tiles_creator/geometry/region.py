"""An area of a plane, bounded by polygons, and which rectangles share some of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rings of (x, y): the outline, then holes.
Point = tuple[float, float]
Polygon = tuple[tuple[Point, ...], ...]

# Sides closer than this, px, count as touching: rescaling puts them at fractions that are not quite exact.
TOUCHING_PX = 1e-6
# Rectangles that are tested together, so that a million of them need no million objects at once.
AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Region:
    """The pixels inside at least one of some polygons.

    Parameters
    ----------
    polygons : tuple of Polygon
        Rings of points ``(x, y)``, px, pixel corners on integers; a ring may be open or closed. Where a ring
        crosses itself, what it goes around an odd number of times is inside.
    """

    polygons: tuple[Polygon, ...]

    @classmethod
    def rectangle(cls, y: float, x: float, y_stop: float, x_stop: float) -> Region:
        """Return the region of one rectangle, px."""
        return cls(((((x, y), (x_stop, y), (x_stop, y_stop), (x, y_stop)),),))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: a drawn outline has thousands of points."""
        return hash(self.polygons)

    @property
    def is_empty(self) -> bool:
        """Whether no area lies inside."""
        return bool(self._shape.is_empty)

    def shares(self, rectangles: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which rectangles share an area with the region; a common border is none.

        Parameters
        ----------
        rectangles : array (n, 4), float64
            ``y, x, y_stop, x_stop``, px.

        Returns
        -------
        shares : array (n,), bool
        """
        import shapely

        shape = self._shape
        found = np.zeros(len(rectangles), bool)
        if shape.is_empty or not len(rectangles):
            return found
        left, top, right, bottom = shape.bounds
        # A polygon is the closure of its inside: whatever of it lies within the slightly smaller rectangle has an area.
        y, x, y_stop, x_stop = np.asarray(rectangles, np.float64).T
        near = (y_stop - y > 2 * TOUCHING_PX) & (x_stop - x > 2 * TOUCHING_PX)
        near &= (y < bottom) & (y_stop > top) & (x < right) & (x_stop > left)
        numbers = np.flatnonzero(near)
        for first in range(0, len(numbers), AT_ONCE):
            some = numbers[first : first + AT_ONCE]
            t = TOUCHING_PX
            boxes = shapely.box(x[some] + t, y[some] + t, x_stop[some] - t, y_stop[some] - t)
            found[some] = shapely.intersects(shape, boxes)
        return found

    @cached_property
    def _shape(self) -> Any:
        """The union of the polygons, prepared for many questions."""
        import shapely

        parts = []
        for outline, *holes in self.polygons:
            for part in shapely.get_parts(shapely.make_valid(shapely.Polygon(outline, holes))):
                parts += [flat for flat in shapely.get_parts(part) if flat.geom_type == "Polygon"]
        shape = shapely.union_all([part for part in parts if part.area > 0])
        shapely.prepare(shape)
        return shape
