"""A mask in small, put together from blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box


class Outline:
    """A mask in small: of each pixel of the picture, what lies at its middle.

    Parameters
    ----------
    plane : tuple of int
        ``(height, width)`` of the mask, px.
    longest_px : int
        Longest side of the picture; a smaller mask keeps its size.
    """

    def __init__(self, plane: tuple[int, int], longest_px: int) -> None:
        longest = max(plane)
        shape = [max(1, min(length, round(length * longest_px / longest))) for length in plane]
        self.pixels = np.zeros(shape, np.bool_)
        self._middles = [(2 * np.arange(new) + 1) * old // (2 * new) for old, new in zip(plane, shape, strict=True)]

    def of(self, mask: NDArray[np.bool_] | bool, box: Box) -> NDArray[np.bool_]:
        """Return the part of the picture that shows a box."""
        rows, columns = self._places(box)
        if not isinstance(mask, np.ndarray):
            return np.full((rows.stop - rows.start, columns.stop - columns.start), mask)
        return mask[np.ix_(self._middles[0][rows] - box.y, self._middles[1][columns] - box.x)]

    def put(self, part: NDArray[np.bool_], box: Box) -> None:
        """Keep the part of the picture that shows a box."""
        self.pixels[self._places(box)] = part

    def _places(self, box: Box) -> tuple[slice, slice]:
        return (
            slice(*np.searchsorted(self._middles[0], (box.y, box.y_stop))),
            slice(*np.searchsorted(self._middles[1], (box.x, box.x_stop))),
        )
