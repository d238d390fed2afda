"""The tiles of a plane as edges: where they end inside it, and what each owns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.grid import TileGrid

# What ends so near to an edge touches it, px: YOLO's shares and models' coordinates are rounded.
NEAR_PX = 0.5


@dataclass(frozen=True, eq=False)
class Frame:
    """The tiles of a plane from top to bottom.

    Parameters
    ----------
    boxes : array (tiles, 4), float64
        ``x, y, x_stop, y_stop`` of each, px, by y and then x.
    cores : array (tiles, 4), float64
        What each owns, likewise; its box where tiles lie anywhere.
    inner : array (tiles, 4), bool
        Which of its sides (left, top, right, bottom) end inside the plane: where a neighbour goes on.
    order : array (tiles,), int64
        The number that each tile had when it was given.
    grid : TileGrid or None
        The grid they lie in.
    places : tuple of (int, int)
        Row and column of those that are there, empty without a grid.
    """

    boxes: NDArray[np.float64]
    cores: NDArray[np.float64]
    inner: NDArray[np.bool_]
    order: NDArray[np.int64]
    grid: TileGrid | None
    places: frozenset[tuple[int, int]]

    @classmethod
    def of(
        cls,
        shape: tuple[int, int],
        boxes: Sequence[Box],
        grid: TileGrid | None = None,
        places: Sequence[tuple[int, int]] = (),
    ) -> Frame:
        """Return tiles as `PlaneTiles` holds them: shape of the plane, boxes, and places in a grid, if any."""
        corners = _corners(boxes)
        order = np.lexsort((corners[:, 0], corners[:, 1])).astype(np.int64)
        if grid is None:
            height, width = shape
            at_border = corners == (0, 0, width, height)
            return cls(corners[order], corners[order], ~at_border[order], order, None, frozenset())
        at = np.array(places, np.int64).reshape(-1, 2)[:, ::-1]
        last = np.array(grid.counts[::-1]) - 1
        # Where a grid ends before the plane does no tile shows more: what is cut there has no other copy.
        inner = np.concatenate([at > 0, at < last], axis=1)
        cores = _corners([grid.at(row, column).core for row, column in places])
        return cls(corners[order], cores[order], inner[order], order, grid, frozenset(places))

    def __len__(self) -> int:
        return len(self.boxes)

    def cut_sides(self, tiles: NDArray[np.int64], bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which inner edges of their tiles objects touch, array (n, 4); `bounds` as `Detections` has them."""
        boxes = self.boxes[tiles]
        near = np.concatenate(
            [bounds[:, :2] <= boxes[:, :2] + NEAR_PX, bounds[:, 2:] >= boxes[:, 2:] - NEAR_PX], axis=1
        )
        found: NDArray[np.bool_] = near & self.inner[tiles]
        return found

    def centred(self, tiles: NDArray[np.int64], bounds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return whether the tile of each object owns its centre, array (n,)."""
        cores, centres = self.cores[tiles], (bounds[:, :2] + bounds[:, 2:]) / 2
        return np.asarray(((cores[:, :2] <= centres) & (centres < cores[:, 2:])).all(axis=1))

    def in_core(self, tiles: NDArray[np.int64], bounds: NDArray[np.float64]) -> NDArray[np.bool_] | None:
        """Return whether objects reach what their tile owns, or one that owns their place is not there, array (n,).

        None where tiles lie anywhere: none owns more than another.
        """
        if self.grid is None:
            return None
        cores = self.cores[tiles]
        found = np.asarray(((bounds[:, :2] < cores[:, 2:]) & (bounds[:, 2:] > cores[:, :2])).all(axis=1))
        if len(self.places) < len(self.grid):
            for number in np.flatnonzero(~found):
                found[number] = not self._owned(self.grid, bounds[number])
        return found

    def _owned(self, grid: TileGrid, bounds: NDArray[np.float64]) -> bool:
        """Whether every tile that owns a part of these bounds is there."""
        x, y, x_stop, y_stop = (float(edge) for edge in bounds)
        rows, columns = grid.rows, grid.columns
        return all(
            (row, column) in self.places
            for row in range(rows.nearest(y), rows.nearest(y_stop) + 1)
            for column in range(columns.nearest(x), columns.nearest(x_stop) + 1)
        )


def _corners(boxes: Sequence[Box]) -> NDArray[Any]:
    return np.array([(box.x, box.y, box.x_stop, box.y_stop) for box in boxes], np.float64).reshape(-1, 4)
