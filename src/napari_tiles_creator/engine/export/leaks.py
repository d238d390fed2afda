"""Whether tiles of different splits show the same pixel of an image, which an export rules out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.geometry.split_bands import shared_between

if TYPE_CHECKING:
    from collections.abc import Iterable

    from napari_tiles_creator.engine.export.rows import TileRow


def leaks(rows: Iterable[TileRow]) -> tuple[str, ...]:
    """Return a sentence for each plane of an image of which two splits show the same pixel.

    Parameters
    ----------
    rows : iterable of TileRow
        The table; its boxes are in calibrated pixels, compared in those of the source.
    """
    of_plane: dict[tuple[str, str, str], list[TileRow]] = defaultdict(list)
    for row in rows:
        if row.split:
            of_plane[row.source, row.t, row.z].append(row)
    found = []
    for (source, _, _), tiles in of_plane.items():
        if len({row.split for row in tiles}) < 2:
            continue
        splits = np.array([row.split for row in tiles])
        pair = shared_between(_source_boxes(tiles), splits)
        if pair is not None:
            a, b = (tiles[i] for i in pair)
            found.append(f"{a.tile} ({a.split}) and {b.tile} ({b.split}) show the same pixels of {source}")
    return tuple(found)


def _source_boxes(rows: Iterable[TileRow]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Return which source pixels tiles show, array (n, 4): ``y, x, y_stop, x_stop``."""
    found = []
    for row in rows:
        scale_y, scale_x = float(row.scale_y), float(row.scale_x)
        y, x, height, width = (int(value) for value in (row.y, row.x, row.height, row.width))
        # A box that ends on a pixel's border shows nothing of the next one, whatever a division adds to it.
        found.append(
            (
                np.floor(y / scale_y + 1e-9),
                np.floor(x / scale_x + 1e-9),
                np.ceil((y + height) / scale_y - 1e-9),
                np.ceil((x + width) / scale_x - 1e-9),
            )
        )
    return np.array(found, np.int64)
