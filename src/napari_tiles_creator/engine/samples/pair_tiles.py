"""The tiles of a mask as files store them: those that are all alike encoded once, the others as they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.samples.pair_shapes import EMPTY, FULL, TILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.samples.pair_shapes import Area


@dataclass(frozen=True, slots=True)
class StoredTile:
    """One tile of a mask.

    Parameters
    ----------
    row, column : int
        Place among the tiles.
    state : int
        `EMPTY` or `FULL` where all pixels are alike, `MIXED` where they are not.
    content : bytes
        The pixels, uint8, as a zlib stream, which TIFF and HDF5 both call deflate or gzip.
    """

    row: int
    column: int
    state: int
    content: bytes


def stored_tiles(area: Area) -> Iterator[StoredTile]:
    """Yield the tiles of an area row by row; equal ones share their content."""
    alike = {state: _encoded(np.full((TILE, TILE), state, np.uint8)) for state in (EMPTY, FULL)}
    height, width = area.shape
    for (row, column), state in np.ndenumerate(area.states):
        if state in alike:
            yield StoredTile(row, column, int(state), alike[int(state)])
            continue
        pixels = area.draw(row, column)
        # What lies beyond the plane is nobody's, so it may be as the rest is.
        inside = pixels[: height - row * TILE, : width - column * TILE]
        low, high = int(inside.min()), int(inside.max())
        if low == high:
            yield StoredTile(row, column, low, alike[low])
        else:
            yield StoredTile(row, column, int(state), _encoded(pixels))


def _encoded(pixels: NDArray[np.uint8]) -> bytes:
    """Return the pixels as a zlib stream; on masks zlib-ng is as small as others and five times as fast."""
    import zlib

    import imagecodecs

    if imagecodecs.ZLIBNG.available:
        return bytes(imagecodecs.zlibng_encode(pixels, level=2))
    return zlib.compress(pixels.tobytes(), 6)
