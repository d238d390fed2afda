"""The objects of one tile: its labels counted from 1 without gaps, and what is measured of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Labels up to this are looked up in a table, larger ones are sorted.
TABLE = 1 << 22
LARGEST = 2**32 - 1


@dataclass(frozen=True, eq=False)
class TileObjects:
    """The objects of a tile, in the order of their labels.

    Parameters
    ----------
    numbers : array (y, x), uint16 or uint32
        Which object each pixel belongs to, counted from 1; 0 is none.
    count : int
        Number of objects.
    """

    numbers: NDArray[Any]
    count: int

    @property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each object, array (count,)."""
        return np.bincount(self.numbers.reshape(-1), minlength=self.count + 1)[1:]

    @property
    def bounds(self) -> NDArray[np.int32]:
        """Corners of each object in the tile, array (count, 4): ``y, x, y_stop, x_stop``, px."""
        from scipy.ndimage import find_objects

        found = find_objects(self.numbers.astype(np.int32, copy=False), self.count)
        corners = [(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in found]
        return np.array(corners, np.int32).reshape(-1, 4)

    def on_edges(self, top: bool, left: bool, bottom: bool, right: bool) -> NDArray[np.bool_]:
        """Return which objects touch one of these edges of the tile, array (count,)."""
        touched = np.zeros(self.count + 1, np.bool_)
        edges = ((top, np.s_[0, :]), (left, np.s_[:, 0]), (bottom, np.s_[-1, :]), (right, np.s_[:, -1]))
        for is_meant, edge in edges:
            if is_meant:
                touched[self.numbers[edge]] = True
        return touched[1:]


def objects_of(labels: NDArray[Any], tile: int) -> TileObjects:
    """Return the objects of a tile.

    Parameters
    ----------
    labels : array (y, x), integers
        0 where there is none; all pixels of one label are one object, whether they hang together or not.
    tile : int
        Its number, for errors.

    Raises
    ------
    ValueError
        If these are no labels: no whole numbers, negative or beyond 32 bits, or channels.
    """
    if labels.ndim != 2:
        raise ValueError(f"tile {tile} has shape {labels.shape}: instance labels have one value a pixel")
    if labels.dtype.kind not in "ui":
        raise ValueError(f"tile {tile} holds {labels.dtype} values: instance labels are whole numbers")
    if not labels.size:
        return TileObjects(np.zeros(labels.shape, np.uint16), 0)
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0:
        raise ValueError(f"tile {tile} holds the label {lowest}: labels are 0 (nothing) and above")
    if highest > LARGEST:
        raise ValueError(f"tile {tile} holds the label {highest}: labels go up to {LARGEST}")
    return _by_table(labels, highest) if highest <= TABLE else _by_sorting(labels)


def _by_table(labels: NDArray[Any], highest: int) -> TileObjects:
    shown = np.zeros(highest + 1, np.bool_)
    shown[labels] = True
    shown[0] = False
    count = int(np.count_nonzero(shown))
    table = np.cumsum(shown, dtype=_type_for(count))
    table[~shown] = 0
    return TileObjects(table[labels], count)


def _by_sorting(labels: NDArray[Any]) -> TileObjects:
    values, numbers = np.unique(labels, return_inverse=True)
    first = int(values[0] != 0)  # without a background the smallest label is an object, too
    count = len(values) - 1 + first
    return TileObjects((numbers.reshape(labels.shape) + first).astype(_type_for(count)), count)


def _type_for(count: int) -> type[np.unsignedinteger[Any]]:
    return np.uint16 if count <= np.iinfo(np.uint16).max else np.uint32
