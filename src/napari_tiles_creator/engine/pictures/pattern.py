"""Where the tiles of an image lie in a picture of it, and how many share each of its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.grid import TileGrid
from napari_tiles_creator.geometry.places import padded_boxes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.scatter import TileScatter
    from napari_tiles_creator.geometry.tile import Tile

# Tiles along an axis of which each is placed.
MOST_TILES = 1 << 20


def padded_box(tile: Tile) -> Box:
    """Return what a tile's file holds, calibrated pixels: its box and its padding."""
    return Box(tile.box.y, tile.box.x, *tile.shape)


@dataclass(frozen=True, eq=False)
class Pattern:
    """The tiles of one plane, and the scale at which they are drawn.

    Parameters
    ----------
    tiling : TileGrid or TileScatter
        The tiles, calibrated pixels; at least one.
    within_px : int
        Side of the square that the picture fills as far as its proportions allow.
    chosen : array (tiles,), bool, optional
        The tiles that are counted and outlined; all by default.
    """

    tiling: TileGrid | TileScatter
    within_px: int
    chosen: NDArray[np.bool_] | None = None

    @property
    def calibrated(self) -> tuple[int, int]:
        """``(height, width)`` of what is drawn, calibrated pixels: the plane, and padding that sticks out of it."""
        height, width = self.tiling.shape
        if isinstance(self.tiling, TileGrid):
            ends = [_span(axis, axis.count - 1)[1] for axis in (self.tiling.rows, self.tiling.columns)]
            return max(height, ends[0]), max(width, ends[1])
        # Scattered tiles stick out only where the plane is smaller than they are.
        return max(height, self.tiling.size[0]), max(width, self.tiling.size[1])

    @cached_property
    def scale(self) -> float:
        """Picture pixels per calibrated pixel."""
        return self.within_px / max(self.calibrated)

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)`` of the picture, px."""
        return self._edge(self.calibrated[0]), self._edge(self.calibrated[1])

    @property
    def plane_shape(self) -> tuple[int, int]:
        """``(height, width)`` of the part of the picture that is the image, px."""
        return self._edge(self.tiling.shape[0]), self._edge(self.tiling.shape[1])

    @property
    def spacing_px(self) -> float:
        """Distance from tile to tile in the picture, px; of scattered tiles the mean, at most their side."""
        if not isinstance(self.tiling, TileGrid):
            height, width = self.tiling.shape
            return min(*self.tiling.size, math.sqrt(height * width / len(self.tiling))) * self.scale
        axes = (self.tiling.rows, self.tiling.columns)
        return min(axis.stride if axis.count > 1 else axis.size for axis in axes) * self.scale

    def placed(self, box: Box) -> Box:
        """Return a box of calibrated pixels in the picture, at least 1 px each way; neighbours stay neighbours."""
        (y, y_stop), (x, x_stop) = self._placed(box.y, box.y_stop), self._placed(box.x, box.x_stop)
        return Box.between(y, x, y_stop, x_stop)

    def coverage(self) -> NDArray[np.int64]:
        """Return how many chosen tiles hold each pixel of the picture, array (y, x), padding included."""
        if self._is_whole_grid:
            assert isinstance(self.tiling, TileGrid)
            return np.outer(self._axis_coverage(self.tiling.rows, 0), self._axis_coverage(self.tiling.columns, 1))
        # Each box counts from its first corner on and no more from its last: two running sums fill it.
        steps = np.zeros((self.shape[0] + 1, self.shape[1] + 1), np.int64)
        y, x, y_stop, x_stop = self._placed_boxes().T
        for at, change in (((y, x), 1), ((y_stop, x_stop), 1), ((y, x_stop), -1), ((y_stop, x), -1)):
            np.add.at(steps, at, change)
        return steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]

    def outlines(self) -> NDArray[np.bool_]:
        """Return the pixels of the picture on the outline of a chosen tile, array (y, x)."""
        lines = np.zeros(self.shape, bool)
        if not self._is_whole_grid:
            for y, x, y_stop, x_stop in self._placed_boxes().tolist():
                lines[[y, y_stop - 1], x:x_stop] = True
                lines[y:y_stop, [x, x_stop - 1]] = True
            return lines
        assert isinstance(self.tiling, TileGrid)
        # The outlines of a whole grid are lines from end to end.
        height, width = (self._edge(_span(axis, axis.count - 1)[1]) for axis in (self.tiling.rows, self.tiling.columns))
        lines[self._axis_lines(self.tiling.rows), :width] = True
        lines[:height, self._axis_lines(self.tiling.columns)] = True
        return lines

    @property
    def _is_whole_grid(self) -> bool:
        return isinstance(self.tiling, TileGrid) and (self.chosen is None or bool(self.chosen.all()))

    def _placed_boxes(self) -> NDArray[np.int64]:
        """Return the chosen tiles in the picture, padding included, array (n, 4): ``y, x, y_stop, x_stop``."""
        boxes = padded_boxes(self.tiling)
        if self.chosen is not None:
            boxes = boxes[self.chosen]
        last = np.maximum(1, np.rint(boxes[:, 2:] * self.scale)).astype(np.int64)
        first = np.minimum(np.rint(boxes[:, :2] * self.scale).astype(np.int64), last - 1)
        return np.concatenate([first, last], axis=1)

    def _edge(self, position: int) -> int:
        return max(1, round(position * self.scale))

    def _placed(self, start: int, stop: int) -> tuple[int, int]:
        last = self._edge(stop)
        return min(round(start * self.scale), last - 1), last

    def _axis_coverage(self, axis: TiledAxis, number: int) -> NDArray[np.int64]:
        steps = np.zeros(self.shape[number] + 1, np.int64)
        # Of more tiles than this thousands share a pixel of the picture: some of them stand for all.
        taken = np.linspace(0, axis.count - 1, min(axis.count, MOST_TILES)).astype(np.int64)
        starts = axis.starts(taken)
        stops = np.minimum(starts + axis.size, axis.length)
        stops[-1] += axis.padding(axis.count - 1)
        last = np.maximum(1, np.rint(stops * self.scale)).astype(np.int64)
        first = np.minimum(np.rint(starts * self.scale).astype(np.int64), last - 1)
        np.add.at(steps, first, 1)
        np.add.at(steps, last, -1)
        return steps.cumsum()[:-1]

    def _axis_lines(self, axis: TiledAxis) -> list[int]:
        spans = [self._placed(*_span(axis, i)) for i in range(axis.count)]
        return sorted({line for start, stop in spans for line in (start, stop - 1)})


def _span(axis: TiledAxis, i: int) -> tuple[int, int]:
    """Return start and stop of tile `i`, padding included, calibrated pixels."""
    return axis.start(i), axis.stop(i) + axis.padding(i)
