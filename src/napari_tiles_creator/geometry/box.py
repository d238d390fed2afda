"""A half-open integer rectangle."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """Pixels ``y <= row < y + height`` and ``x <= column < x + width``.

    Parameters
    ----------
    y, x : int
        First row and column, px.
    height, width : int
        Size, px; 0 for an empty box.
    """

    y: int
    x: int
    height: int
    width: int

    @classmethod
    def between(cls, y: int, x: int, y_stop: int, x_stop: int) -> Box:
        """Return the box from its corners; empty where a stop does not pass its start."""
        return cls(y, x, max(0, y_stop - y), max(0, x_stop - x))

    @property
    def y_stop(self) -> int:
        """One past the last row, px."""
        return self.y + self.height

    @property
    def x_stop(self) -> int:
        """One past the last column, px."""
        return self.x + self.width

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)``, px."""
        return self.height, self.width

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.height * self.width

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this box in an array (y, x)."""
        return slice(self.y, self.y_stop), slice(self.x, self.x_stop)

    def intersection(self, other: Box) -> Box:
        """Return the pixels that both boxes hold."""
        return Box.between(
            max(self.y, other.y),
            max(self.x, other.x),
            min(self.y_stop, other.y_stop),
            min(self.x_stop, other.x_stop),
        )

    def holds(self, y: float, x: float) -> bool:
        """Tell whether the point, in pixel coordinates with corners on integers, lies in the box."""
        return self.y <= y < self.y_stop and self.x <= x < self.x_stop

    def moved(self, dy: int, dx: int) -> Box:
        """Return the box shifted by so many pixels."""
        return Box(self.y + dy, self.x + dx, self.height, self.width)
