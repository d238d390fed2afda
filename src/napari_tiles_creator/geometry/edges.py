"""What happens along one axis when tiles do not fit: the edge policies.

The formulas are those of ``docs/concepts/tiling-geometry.md``; everything is computed on demand, in O(1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EdgePolicy = Literal["shift", "spread", "pad", "drop", "ragged"]
EDGE_POLICIES: tuple[EdgePolicy, ...] = get_args(EdgePolicy)


@dataclass(frozen=True, slots=True)
class TiledAxis:
    """Tiles of one size along one axis.

    Parameters
    ----------
    length : int
        Pixels of the plane along this axis, at least 1.
    size : int
        Pixels of a tile, at least 1.
    overlap : int
        Pixels shared by neighbours, ``0 <= overlap < size``.
    edge : EdgePolicy
        ``shift`` moves the last tile inwards, ``spread`` distributes all tiles evenly, ``pad`` and
        ``ragged`` let the last one stick out (filled up, or cut short), ``drop`` leaves the rest out.

    Raises
    ------
    ValueError
        If a number is out of its range or the policy is unknown.
    """

    length: int
    size: int
    overlap: int
    edge: EdgePolicy

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError(f"length must be at least 1 px, not {self.length}")
        if self.size < 1:
            raise ValueError(f"size must be at least 1 px, not {self.size}")
        if not 0 <= self.overlap < self.size:
            raise ValueError(f"overlap must be 0 to {self.size - 1} px (size - 1), not {self.overlap}")
        if self.edge not in EDGE_POLICIES:
            raise ValueError(f"edge must be one of {', '.join(EDGE_POLICIES)}, not {self.edge!r}")

    @property
    def stride(self) -> int:
        """Pixels between the starts of neighbours; derived, never set."""
        return self.size - self.overlap

    @property
    def count(self) -> int:
        """Number of tiles."""
        if self.length <= self.size:
            return 1
        if self.edge == "drop":
            return (self.length - self.size) // self.stride + 1
        return -(-(self.length - self.overlap) // self.stride)

    def start(self, i: int) -> int:
        """Return the first pixel of tile `i`."""
        if self.length <= self.size:
            return 0
        if self.edge == "shift":
            return min(i * self.stride, self.length - self.size)
        if self.edge == "spread":
            return i * (self.length - self.size) // (self.count - 1)
        return i * self.stride

    def starts(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first pixel of many tiles, array (n,)."""
        if self.length <= self.size:
            return np.zeros_like(indices)
        if self.edge == "shift":
            return np.minimum(indices * self.stride, self.length - self.size)
        if self.edge == "spread":
            return indices * (self.length - self.size) // (self.count - 1)
        return indices * self.stride

    def stop(self, i: int) -> int:
        """Return one past the last pixel of tile `i` that lies in the plane."""
        return min(self.start(i) + self.size, self.length)

    def core(self, i: int) -> tuple[int, int]:
        """Return start and stop of the pixels that tile `i` owns: borders lie midway in the overlaps."""
        first = 0 if i == 0 else self._boundary(i)
        last = self.stop(i) if i == self.count - 1 else self._boundary(i + 1)
        return first, last

    def padding(self, i: int) -> int:
        """Return the pixels to add after tile `i` so that it has its full size."""
        if self.edge == "ragged" and self.length > self.size:
            return 0
        return self.size - (self.stop(i) - self.start(i))

    @property
    def box_total(self) -> int:
        """Pixels of all tiles that lie in the plane, shared ones counted each time; only the last may stick out."""
        last = self.count - 1
        return last * self.size + self.stop(last) - self.start(last)

    @property
    def total(self) -> int:
        """Pixels of all tiles, shared ones counted each time, padding included."""
        return self.box_total + self.padding(self.count - 1)

    @property
    def last_is_edge(self) -> bool:
        """Whether the last tile breaks the regular stride or sticks out of the plane."""
        return self.edge != "drop" and (self.count - 1) * self.stride + self.size != self.length

    def nearest(self, position: float) -> int:
        """Return the tile whose core holds `position`, clipped to the plane."""
        guess = int(position // self.stride)
        first, last = max(0, guess - 2), min(self.count - 1, guess + 2)
        first = min(first, last)
        while first < last and position >= self.core(first)[1]:
            first += 1
        while first > 0 and position < self.core(first)[0]:
            first -= 1
        return first

    def _boundary(self, i: int) -> int:
        return (self.start(i) + self.start(i - 1) + self.size) // 2
