"""All objects of all tiles, and what they share where tiles meet: the first look at every tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.copies import Pairs
from napari_tiles_creator.engine.back.labels.neighbours import HeldTile, HeldTiles
from napari_tiles_creator.engine.steps import in_order

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.neighbours import Meeting
    from napari_tiles_creator.engine.back.labels.ordered_tiles import OrderedTiles
    from napari_tiles_creator.engine.back.labels.passes import Passes
    from napari_tiles_creator.engine.back.labels.tile_objects import TileObjects
    from napari_tiles_creator.engine.steps import Progress
    from napari_tiles_creator.geometry.box import Box


@dataclass(frozen=True, eq=False)
class Survey:
    """What is known of the copies, in canonical order: by row and column of their tile, then by label.

    Parameters
    ----------
    offsets : array (tiles + 1,), int64
        Index of each tile's first copy, and the number of copies.
    areas : array (n,), int32
        Pixels in the tile.
    bounds : array (n, 4), int32
        Corners in the plane, ``y, x, y_stop, x_stop``, px.
    is_cut : array (n,), bool
        Whether it touches an inner edge of its tile.
    is_missing : array (tiles,), bool
        Which tiles are not there.
    pairs : Pairs
        Copies of different tiles that share pixels or touch.
    """

    offsets: NDArray[np.int64]
    areas: NDArray[np.int32]
    bounds: NDArray[np.int32]
    is_cut: NDArray[np.bool_]
    is_missing: NDArray[np.bool_]
    pairs: Pairs

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def tiles(self) -> NDArray[np.int32]:
        """Which tile shows each copy, array (n,)."""
        return np.repeat(np.arange(len(self.offsets) - 1, dtype=np.int32), np.diff(self.offsets))


@dataclass(frozen=True, eq=False)
class _Seen:
    """A tile's objects as a worker returns them."""

    objects: TileObjects
    areas: NDArray[Any]
    bounds: NDArray[Any]
    is_cut: NDArray[np.bool_]


def survey_steps(tiles: OrderedTiles, passes: Passes, workers: int) -> Generator[Progress, None, Survey]:
    """Read every tile once, yield how far it is, and return what was seen.

    Parameters
    ----------
    tiles : OrderedTiles
        The tiles.
    passes : Passes
        For the progress.
    workers : int
        Threads that read.

    Raises
    ------
    ValueError
        If a tile holds no labels; see `objects_of`.
    """
    held, collected = HeldTiles(tiles.grid), _Collected()
    is_missing = np.zeros(len(tiles), np.bool_)
    offsets = np.zeros(len(tiles) + 1, np.int64)
    done_px = 0
    for tile, seen in enumerate(in_order(lambda tile: _seen(tiles, tile), range(len(tiles)), workers)):
        offset = int(offsets[tile])
        offsets[tile + 1] = offset
        row, column = tiles.places[tile]
        if seen is None:
            is_missing[tile] = True
        else:
            offsets[tile + 1] += seen.objects.count
            collected.add_copies(seen, tiles.boxes[tile])
            for meeting in held.add(row, column, HeldTile(tiles.boxes[tile], seen.objects.numbers, offset)):
                collected.add_pairs(meeting)
        if column == tiles.grid.columns.count - 1:
            collected.pack()
        done_px += tiles.boxes[tile].area
        yield passes.at(done_px / passes.pass_px)
    return collected.survey(offsets, is_missing)


def _seen(tiles: OrderedTiles, tile: int) -> _Seen | None:
    objects = tiles.objects(tile)
    if objects is None:
        return None
    is_cut = objects.on_edges(*tiles.inner_edges(tile))
    return _Seen(objects, objects.areas, objects.bounds, is_cut)


class _Table:
    """Columns that grow by small arrays and are kept as few large ones.

    Parameters
    ----------
    empty : array (0, …)
        One for each column: its type, and what it is when nothing comes.
    """

    def __init__(self, *empty: NDArray[Any]) -> None:
        self._packed = [[column] for column in empty]
        self._new: list[list[NDArray[Any]]] = [[] for _ in empty]

    def add(self, *values: NDArray[Any]) -> None:
        """Add rows, an array for each column."""
        for column, kept, value in zip(self._new, self._packed, values, strict=True):
            column.append(value.astype(kept[0].dtype))

    def pack(self) -> None:
        """Join what has come since the last time."""
        for packed, new in zip(self._packed, self._new, strict=True):
            if new:
                packed.append(np.concatenate(new))
                new.clear()

    def column(self, number: int) -> NDArray[Any]:
        """Return a column and forget its parts."""
        self.pack()
        self._packed[number] = [np.concatenate(self._packed[number])]
        return self._packed[number][0]


class _Collected:
    """What was seen of all tiles so far."""

    def __init__(self) -> None:
        self._copies = _Table(np.empty(0, np.int32), np.empty((0, 4), np.int32), np.empty(0, np.bool_))
        self._pairs = _Table(*[np.empty(0, np.int32)] * 5, np.empty(0, np.bool_))

    def add_copies(self, seen: _Seen, box: Box) -> None:
        """Add the copies of a tile."""
        self._copies.add(seen.areas, seen.bounds + np.array([box.y, box.x, box.y, box.x], np.int32), seen.is_cut)

    def add_pairs(self, meeting: Meeting) -> None:
        """Add what two tiles share."""
        earlier, later = meeting.earlier, meeting.later
        first, second, *counts = shared_counts(earlier.inside(meeting.earlier_zone), later.inside(meeting.later_zone))
        ends = first + (earlier.offset - 1), second + (later.offset - 1)
        self._pairs.add(*ends, *counts, np.full(len(first), meeting.is_contact))

    def pack(self) -> None:
        """Join what has come since the last time."""
        self._copies.pack()
        self._pairs.pack()

    def survey(self, offsets: NDArray[np.int64], is_missing: NDArray[np.bool_]) -> Survey:
        """Return all there is."""
        areas, bounds, is_cut = map(self._copies.column, range(3))
        return Survey(offsets, areas, bounds, is_cut, is_missing, Pairs(*map(self._pairs.column, range(6))))


def shared_counts(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[np.int64], ...]:
    """Return which objects of two arrays meet, and in how many pixels.

    Parameters
    ----------
    first, second : array (y, x), unsigned integers
        Objects of one zone as two tiles show them; 0 is none.

    Returns
    -------
    first_numbers, second_numbers : array (m,), int64
        The objects, sorted.
    shared, first_inside, second_inside : array (m,), int64
        Pixels that both hold, and each in all of the zone.
    """
    both = (first > 0) & (second > 0)
    if not both.any():
        return (np.empty(0, np.int64),) * 5
    base = int(second.max()) + 1
    codes = first[both].astype(np.int64) * base + second[both]
    if (int(first.max()) + 1) * base <= 4 * first.size:
        counts = np.bincount(codes)
        found = np.flatnonzero(counts)
        shared = counts[found]
    else:
        found, shared = np.unique(codes, return_counts=True)
    first_numbers, second_numbers = np.divmod(found, base)
    inside = np.bincount(first.reshape(-1))[first_numbers], np.bincount(second.reshape(-1))[second_numbers]
    return first_numbers, second_numbers, shared, *inside
