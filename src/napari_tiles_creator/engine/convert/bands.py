"""A source read from top to bottom in bands of whole chunks, so that nothing is decoded twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.planning.chunks import chunk_of
from napari_tiles_creator.engine.steps import in_order
from napari_tiles_creator.geometry.blocks import block_shape, boxes_of
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import Source, SourceInfo

# So many pixels are read at once, or one chunk.
PIECE_PX = 1 << 18


@dataclass(frozen=True)
class Bands:
    """How a source is read.

    Parameters
    ----------
    source : Source
        The opened file.
    rows : int
        Rows of a band, px.
    workers : int
        Threads that read.
    """

    source: Source
    rows: int
    workers: int

    @property
    def planes(self) -> int:
        """Planes that are read together: the channels, which may share chunks."""
        return self.source.info.length("C")

    @property
    def samples(self) -> int:
        """Values a pixel has in one plane: 3 in colour."""
        return self.source.info.length("S")

    def read(self, at: dict[str, int]) -> Iterator[NDArray[Any]]:
        """Yield the bands at one position on Z and T: arrays (planes, y, x, samples), each good until the next."""
        info = self.source.info
        height, width = info.plane_shape
        piece = block_shape((self.rows, width), [chunk_of(info)], PIECE_PX, PIECE_PX)
        # One for all bands: fresh memory costs as much as filling it.
        buffer = np.empty((self.planes, min(self.rows, height), width, self.samples), info.dtype)
        for y in range(0, height, self.rows):
            band = Box.between(y, 0, min(y + self.rows, height), width)
            out = buffer[:, : band.height]

            def fill(box: Box, top: int = y, out: NDArray[Any] = out) -> None:
                value = self.source.uniform_value(box, **at)
                out[(slice(None), *box.moved(-top, 0).slices)] = self._pixels(box, at) if value is None else value

            for _ in in_order(fill, boxes_of(band, piece), self.workers):
                pass
            yield out

    def _pixels(self, box: Box, at: dict[str, int]) -> NDArray[Any]:
        """Return a rectangle as an array (planes, y, x, samples)."""
        pixels = self.source.read(box, **at)
        return pixels.reshape(self.planes, *box.shape, self.samples)


def band_rows(info: SourceInfo, wanted: int, most_bytes: int) -> tuple[int, bool]:
    """Return the rows of a band, and whether every chunk is then decoded once.

    Parameters
    ----------
    info : SourceInfo
        The header.
    wanted : int
        Rows that a band has if chunks allow it, px.
    most_bytes : int
        Memory for a band; where one row of chunks takes more, chunks are decoded again for each band.
    """
    height, width = info.plane_shape
    row_bytes = width * info.length("C") * info.length("S") * info.dtype.itemsize
    chunk = chunk_of(info)[0]
    rows = min(max(1, wanted // chunk) * chunk, height)
    if rows * row_bytes <= max(most_bytes, wanted * row_bytes):
        return rows, True
    return min(wanted, height), False
