"""The copies that stand, drawn into the plane: finished rows from top to bottom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.steps import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.ordered_tiles import OrderedTiles


@dataclass(frozen=True, eq=False)
class Drawing:
    """What is drawn.

    Parameters
    ----------
    tiles : OrderedTiles
        The tiles.
    offsets : array (tiles + 1,), int64
        Index of each tile's first copy.
    ids : array (n,), uint32
        What each copy is called in the plane, 0 where it is not drawn.
    workers : int
        Threads that read.
    """

    tiles: OrderedTiles
    offsets: NDArray[np.int64]
    ids: NDArray[np.uint32]
    workers: int

    @property
    def dtype(self) -> np.dtype[Any]:
        """The smallest type that holds the ids."""
        return label_type(int(self.ids.max(initial=0)))

    def bands(self) -> Iterator[NDArray[Any]]:
        """Yield the rows of the plane, arrays (rows, width).

        In a pixel that several objects claim, the one shown by the tile that owns it wins; if that shows none, the
        one whose tile comes first.

        Raises
        ------
        ValueError
            If a tile has changed since it was looked at.
        """
        tiles = self.tiles
        height, width = tiles.source.shape
        shown = [tile for tile in range(len(tiles)) if self.ids[self.offsets[tile] : self.offsets[tile + 1]].any()]
        tallest = max((tiles.boxes[tile].height for tile in shown), default=0)
        done, canvas = 0, np.zeros((tallest, width), self.dtype)
        for tile, pixels in zip(shown, in_order(self._drawn, shown, self.workers), strict=True):
            box = tiles.boxes[tile]
            if box.y > done:
                yield from _rows(canvas, box.y - done)
                _roll(canvas, box.y - done)
                done = box.y
            part = canvas[: box.height, box.x : box.x_stop]
            np.copyto(part, pixels, where=(part == 0))
            core = tiles.grid.at(*tiles.places[tile]).core.moved(-box.y, -box.x)
            inside = pixels[core.slices]
            np.copyto(part[core.slices], inside, where=inside > 0)
        yield from _rows(canvas, height - done)

    def _drawn(self, tile: int) -> NDArray[Any]:
        """Return a tile as it is drawn, array (y, x)."""
        first, stop = int(self.offsets[tile]), int(self.offsets[tile + 1])
        objects = self.tiles.objects(tile)
        if objects is None or objects.count != stop - first:
            raise ValueError(f"tile {self.tiles.numbers[tile]} has changed while it was stitched")
        names = np.zeros(objects.count + 1, self.dtype)
        names[1:] = self.ids[first:stop]
        pixels: NDArray[Any] = names[objects.numbers]
        return pixels


def label_type(count: int) -> np.dtype[Any]:
    """Return the type of so many labels: 16 bits as long as they hold them."""
    return np.dtype(np.uint16 if count <= np.iinfo(np.uint16).max else np.uint32)


# So many rows at a time where nothing is.
EMPTY_ROWS = 256


def _rows(canvas: NDArray[Any], count: int) -> Iterator[NDArray[Any]]:
    """Yield the first rows of a canvas, which they may exceed: nothing is there."""
    if len(canvas) and count:
        yield canvas[:count].copy()
    for y in range(len(canvas), count, EMPTY_ROWS):
        yield np.zeros((min(EMPTY_ROWS, count - y), canvas.shape[1]), canvas.dtype)


def _roll(canvas: NDArray[Any], count: int) -> None:
    """Move a canvas up by so many rows, in place; what comes below is empty."""
    for y in range(0, len(canvas) - count, count):
        rows = canvas[y + count : y + 2 * count]
        canvas[y : y + len(rows)] = rows
    canvas[max(0, len(canvas) - count) :] = 0
