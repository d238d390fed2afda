"""A plane as tiles in all sizes, made from bands in one pass: a level's tiles give the next one's as they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_tiles_creator.engine.image_files.halving import halved
from napari_tiles_creator.engine.steps import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray


class TileTaker(Protocol):
    """Where tiles go."""

    def take(self, tile: NDArray[Any], uniform: bool, level: int, row: int, column: int) -> None:
        """Take a tile; called from several threads.

        Parameters
        ----------
        tile : array (planes, y, x, samples)
            The pixels, cut short at the plane's end.
        uniform : bool
            Whether all pixels of each plane and sample are equal.
        level, row, column : int
            Where it lies.
        """
        ...


class TilePyramid:
    """Buffers for the tiles of all levels.

    Of each level one row of tiles is in memory, two rows of the full one in all.

    Parameters
    ----------
    shapes : tuple of (int, int)
        ``(height, width)`` of the levels, px; see `level_shapes`.
    planes, samples : int
        Planes that go together, and values of a pixel in each.
    dtype : dtype
        Type of the pixels.
    tile : int
        Height and width of a tile, px, even.
    nearest : bool
        How pixels are put together for the next level; see `halved`.
    workers : int
        Threads.
    """

    def __init__(
        self,
        shapes: tuple[tuple[int, int], ...],
        planes: int,
        samples: int,
        dtype: np.dtype[Any],
        *,
        tile: int,
        nearest: bool,
        workers: int,
    ) -> None:
        self._shapes, self._tile, self._nearest, self._workers = shapes, tile, nearest, workers
        # The full level's is made when bands are no rows of tiles.
        self._rows = [
            np.empty((planes, min(tile, height) if level else 0, width, samples), dtype)
            for level, (height, width) in enumerate(shapes)
        ]

    def cut(self, bands: Iterable[NDArray[Any]], taker: TileTaker) -> Iterator[int]:
        """Cut the tiles of all levels; yield the row of tiles of the full level that is through.

        Parameters
        ----------
        bands : iterable of array (planes, y, x, samples)
            The full plane from top to bottom.
        taker : TileTaker
            Where tiles go; those of one row are given in any order, rows of a level in theirs.
        """
        filled = row = 0
        for band in bands:
            start = 0
            while start < band.shape[1]:
                height = self._height(0, row)
                count = min(band.shape[1] - start, height - filled)
                part = band[:, start : start + count]
                start, filled = start + count, filled + count
                if count < height:
                    part = self._collected(part, filled)
                if filled == height:
                    self._give(0, row, part, taker)
                    yield row
                    filled, row = 0, row + 1

    def _collected(self, part: NDArray[Any], filled: int) -> NDArray[Any]:
        """Return the row of tiles that fills up, with the part that ends at so many of its rows."""
        if not self._rows[0].shape[1]:
            planes, _, width, samples = self._rows[0].shape
            height = min(self._tile, self._shapes[0][0])
            self._rows[0] = np.empty((planes, height, width, samples), part.dtype)
        self._rows[0][:, filled - part.shape[1] : filled] = part
        return self._rows[0][:, :filled]

    def _height(self, level: int, row: int) -> int:
        return min(self._tile, self._shapes[level][0] - row * self._tile)

    def _give(self, level: int, row: int, buffer: NDArray[Any], taker: TileTaker) -> None:
        """Give a full row of tiles away, and its half size to the next level."""
        tile = self._tile
        below = self._rows[level + 1] if level + 1 < len(self._rows) else None
        top = row % 2 * (tile // 2)

        def one(column: int) -> None:
            pixels = buffer[:, :, column * tile : (column + 1) * tile]
            uniform = _is_uniform(pixels)
            taker.take(pixels, uniform, level, row, column)
            if below is None:
                return
            small = pixels[:, :1, :1] if uniform else halved(pixels, self._nearest)
            left, height, width = column * (tile // 2), -(-pixels.shape[1] // 2), -(-pixels.shape[2] // 2)
            below[:, top : top + height, left : left + width] = small

        for _ in in_order(one, range(-(-self._shapes[level][1] // tile)), self._workers):
            pass
        is_last = (row + 1) * tile >= self._shapes[level][0]
        if below is not None and (row % 2 or is_last):
            self._give(level + 1, row // 2, below[:, : self._height(level + 1, row // 2)], taker)


def _is_uniform(tile: NDArray[Any]) -> bool:
    """Tell whether all pixels of each plane and sample are equal; array (planes, y, x, samples)."""
    first = tile[:, :1, :1]
    # Most tiles that are not uniform show it in one row.
    return bool((tile[:, -1:] == first).all() and (tile == first).all())
