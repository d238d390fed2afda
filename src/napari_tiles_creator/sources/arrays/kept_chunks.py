"""Decoded chunks that are wanted again soon: those of all sources within one limit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

# Of all sources together: chunks of which other planes or channels will be wanted.
KEPT_BYTES = 1 << 26


class KeptChunks:
    """Decoded chunks that are wanted again soon, those of all sources within one limit.

    Parameters
    ----------
    limit_bytes : int
        What they hold together.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._held: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._held_bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, decode: Callable[[], NDArray[Any]], keep: bool) -> NDArray[Any]:
        """Return a chunk, decoding it if it is not held; it is held from now on, or let go, as is wanted."""
        with self._lock:
            held = self._held.pop(key, None)
            if held is not None:
                self._held_bytes -= held.nbytes
        chunk = decode() if held is None else held
        if not keep:
            return chunk
        with self._lock:
            if key not in self._held:
                self._held[key] = chunk
                self._held_bytes += chunk.nbytes
            while self._held_bytes > self.limit_bytes:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes
        return chunk

    def forget(self, owner: object) -> None:
        """Let go of the chunks whose key begins with this owner."""
        with self._lock:
            for key in [key for key in self._held if isinstance(key, tuple) and key[0] is owner]:
                self._held_bytes -= self._held.pop(key).nbytes


KEPT = KeptChunks(KEPT_BYTES)
