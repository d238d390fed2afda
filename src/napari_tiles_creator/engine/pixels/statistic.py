"""Extremes and counts of pixels, put together from blocks that several threads see."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.pixels import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


class Statistic:
    """What is known of each part of an image (everything, or a channel each) after one or two passes over it.

    Parameters
    ----------
    wants_counts : bool
        Whether pixels are counted by value, too.
    exact : bool
        Whether every value is counted, in the first pass (integers up to 16 bits of one type); else bins between the
        extremes are, in a second one.
    """

    def __init__(self, wants_counts: bool, exact: bool) -> None:
        self.wants_counts, self.exact = wants_counts, exact
        self.counts: list[NDArray[np.int64]] = []  # one sum a part: an array a block would be too much to keep
        self._extremes: list[measure.Range] = []
        self._lock = threading.Lock()

    @property
    def needs_second_pass(self) -> bool:
        """Whether the extremes must be known before pixels can be counted."""
        return self.wants_counts and not self.exact

    @property
    def extremes(self) -> tuple[measure.Range, ...]:
        """Minimum and maximum of the finite pixels of each part; NaN where there is none."""
        return tuple(self._extremes)

    def see(self, parts: Sequence[NDArray[Any]]) -> None:
        """Take the parts of a block in, in the first pass."""
        found = [measure.extremes(part) for part in parts]
        counted = [measure.counted(part) for part in parts] if self.wants_counts and self.exact else []
        with self._lock:
            self._join(found)
            self._add(counted)

    def take(self, found: Sequence[measure.Range]) -> None:
        """Take in the extremes of the parts of a plane, found elsewhere."""
        with self._lock:
            self._join(found)

    def count(self, parts: Sequence[NDArray[Any]], within: Sequence[measure.Range]) -> None:
        """Take the parts of a block in, in the second pass, by bins between these extremes."""
        counted = [measure.binned(part, found) for part, found in zip(parts, within, strict=True)]
        with self._lock:
            self._add(counted)

    def add(self, other: Statistic) -> None:
        """Take in what another image gave."""
        with self._lock:
            self._add(other.counts)

    def _join(self, found: Sequence[measure.Range]) -> None:
        pairs = zip(self._extremes, found, strict=True)
        self._extremes = [measure.joined(pair) for pair in pairs] if self._extremes else list(found)

    def _add(self, counted: Sequence[NDArray[np.int64]]) -> None:
        if counted:
            self.counts = [a + b for a, b in zip(self.counts, counted, strict=True)] if self.counts else list(counted)
