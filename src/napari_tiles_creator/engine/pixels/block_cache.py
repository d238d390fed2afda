"""Arrays that are computed once each and kept while memory allows."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    pixels: NDArray[Any] | None = None


class BlockCache:
    """Arrays by key, computed once each while they fit; the least recently used go first.

    Parameters
    ----------
    limit_bytes : int
        What the arrays may hold together; the one in use is kept even if it is larger.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._held_bytes = 0

    def get(self, key: Hashable, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array of this key, computing it if no other thread has."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
        with slot.lock:
            pixels = slot.pixels
            if pixels is None:
                pixels = slot.pixels = compute()
                self._make_room(pixels.nbytes)
        return pixels

    def holds(self, key: Hashable) -> bool:
        """Tell whether this array is there already."""
        with self._lock:
            return key in self._slots and self._slots[key].pixels is not None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._slots.clear()
            self._held_bytes = 0

    def _make_room(self, added_bytes: int) -> None:
        with self._lock:
            self._held_bytes += added_bytes
            for key in list(self._slots)[:-1]:
                if self._held_bytes <= self.limit_bytes:
                    break
                pixels = self._slots[key].pixels
                if pixels is not None:
                    self._held_bytes -= pixels.nbytes
                    del self._slots[key]
