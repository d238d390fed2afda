"""Pixels in no tile: how many there are, and what stands there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
    from napari_tiles_creator.geometry.box import Box

# Of a band that holds nothing but the fill.
_BAND_BYTES = 1 << 24


class Gaps:
    """The pixels of a plane that no tile shows.

    Parameters
    ----------
    tiles : PlaneTiles
        The tiles.
    fill : float or None
        What stands in gaps; with None there may be none, but for the rest that the edge policy ``drop`` leaves out:
        that is 0.

    Raises
    ------
    ValueError
        If there are gaps and may not be, whatever the tiles hold.
    """

    def __init__(self, tiles: PlaneTiles, fill: float | None) -> None:
        self._shape, self._fill = tiles.shape, fill
        left_out = tiles.grid is not None and tiles.grid.edge == "drop"
        self._allowed = tiles.shape[0] * tiles.shape[1] - tiles.grid.covered if tiles.grid and left_out else 0
        self._found = 0
        if fill is None and (tiles.grid is None or len(tiles) != len(tiles.grid)):
            self._refuse(uncovered_px(tiles.shape, tiles.boxes))

    def value(self, dtype: np.dtype[Any]) -> Any:
        """Return what stands in gaps, in the tiles' type; ValueError where that cannot hold it."""
        fill = self._fill or 0.0
        if dtype.kind in "ui":
            limits = np.iinfo(dtype)
            if not (limits.min <= fill <= limits.max and float(fill).is_integer()):
                raise ValueError(f"{dtype} tiles cannot hold {fill:g}, the value for missing tiles")
        return dtype.type(fill)

    def bands(self, rows: int, channels: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
        """Yield so many rows without a tile, in bands of a few megabytes."""
        self.count(rows * self._shape[1])
        row = (self._shape[1], *channels)
        step = max(1, _BAND_BYTES // (int(np.prod(row)) * dtype.itemsize))
        for start in range(0, rows, step):
            yield np.full((min(step, rows - start), *row), self.value(dtype), dtype)

    def count(self, pixels: int) -> None:
        """Take note of pixels in no tile."""
        self._found += pixels

    def check(self) -> None:
        """Raise ValueError if pixels were found in no tile and may not be."""
        if self._fill is None:
            self._refuse(self._found)

    def _refuse(self, gaps: int) -> None:
        if gaps > self._allowed:
            raise ValueError(f"{gaps - self._allowed} pixels lie in no tile")


def uncovered_px(shape: tuple[int, int], boxes: Sequence[Box]) -> int:
    """Return how many pixels of a plane lie in none of the boxes."""
    changes: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for box in boxes:
        changes[box.y].append((box.x, box.x_stop, 1))
        changes[box.y_stop].append((box.x, box.x_stop, -1))
    over = np.zeros(shape[1], np.int64)
    gaps = last = 0
    for y in sorted({*changes, shape[0]}):
        gaps += (y - last) * int(np.count_nonzero(over == 0))
        last = y
        for x, x_stop, change in changes[y]:
            over[x:x_stop] += change
    return gaps
