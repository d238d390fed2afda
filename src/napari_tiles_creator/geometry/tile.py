"""One tile: where it lies and which part of the plane it owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.geometry.box import Box


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle to be cut from a plane.

    Parameters
    ----------
    index : int
        Position in the tiling's order, from 0.
    row, column : int or None
        Position in the grid; None for scattered tiles.
    box : Box
        The tile's pixels that lie in the plane.
    core : Box
        The part of `box` that this tile owns; the cores of a grid partition what the grid covers.
    pad_bottom, pad_right : int
        Pixels added below and to the right so that the tile has its full size.
    """

    index: int
    row: int | None
    column: int | None
    box: Box
    core: Box
    pad_bottom: int = 0
    pad_right: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)`` of the tile's pixels, padding included."""
        return self.box.height + self.pad_bottom, self.box.width + self.pad_right
