"""Which detections of different tiles may be one object: those of a class whose bounds meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.back.detections.frame import NEAR_PX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.detections.detections import Detections
    from napari_tiles_creator.engine.back.detections.frame import Frame

# Detections whose partners are looked for at once: what a search needs grows with them, not with the image.
AT_ONCE = 1 << 14

Found = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


def meeting_pairs(frame: Frame, detections: Detections, tiles: NDArray[np.int64]) -> Iterator[Found]:
    """Yield pairs from top to bottom, arrays (m,) of the first and the second, which lies in a later tile.

    Parameters
    ----------
    frame : Frame
        The tiles.
    detections : Detections
        Of all tiles, in their order, px of the plane.
    tiles : array (n,)
        The tile of each, ascending.
    """
    starts = np.searchsorted(tiles, np.arange(len(frame) + 1))
    tops = frame.boxes[:, 1]
    tile = 0
    while tile < len(frame):
        # At least one tile, and as many more as are few detections together.
        stop = int(np.searchsorted(starts, starts[tile] + AT_ONCE, side="right")) - 1
        stop = min(max(stop, tile + 1), len(frame))
        # Tiles are in the order of their upper edges: none after the first that begins below meets these.
        below = int(np.searchsorted(tops, frame.boxes[tile:stop, 3].max(), side="right"))
        yield from _pairs(detections, tiles, slice(starts[tile], starts[stop]), int(starts[max(below, stop)]))
        tile = stop


def _pairs(detections: Detections, tiles: NDArray[np.int64], asking: slice, stop: int) -> Iterator[Found]:
    """Yield the pairs of some detections with those of the same tiles and later ones, up to `stop`."""
    import shapely

    first, last = int(asking.start), int(asking.stop)
    if first == last:
        return
    bounds, classes = detections.bounds[first:stop], detections.class_numbers[first:stop]
    # Bounds that end on both sides of a border need not touch: coordinates are rounded.
    near = bounds[: last - first] + np.array([-NEAR_PX, -NEAR_PX, NEAR_PX, NEAR_PX])
    for number in np.unique(classes[: last - first]):
        asked, of_class = np.flatnonzero(classes[: last - first] == number), np.flatnonzero(classes == number)
        tree = shapely.STRtree(shapely.box(*bounds[of_class].T))
        one, two = tree.query(shapely.box(*near[asked].T))
        one, two = asked[one] + first, of_class[two] + first
        apart = tiles[one] < tiles[two]
        one, two = one[apart], two[apart]
        order = np.lexsort((two, one))
        yield one[order].astype(np.int64), two[order].astype(np.int64)
