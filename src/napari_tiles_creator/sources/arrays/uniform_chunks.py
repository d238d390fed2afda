"""Chunks of one value all over, known by their stored bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.sources.arrays.chunks import places_in, spans_at, spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.arrays.chunks import Index, Place

# What compresses to less than this share of it is likely of one value: fast deflate reaches 1/230, others more.
UNIFORM_SHARE = 200
UNIFORM_BYTES = 64
# Different small chunks that are remembered, by array.
REMEMBERED = 256
# More chunks than this are not looked up one by one.
MOST_LOOKED_UP = 1 << 18


class Stored(Enum):
    """What is known of a chunk whose bytes are not looked at."""

    NEVER = "never written"
    LARGE = "too large to be of one value"


def is_small(stored_bytes: int, chunk_bytes: int) -> bool:
    """Tell whether so few bytes stand for so many that they are likely of one value."""
    return stored_bytes <= chunk_bytes // UNIFORM_SHARE + UNIFORM_BYTES and stored_bytes < chunk_bytes


@dataclass(eq=False)
class UniformChunks:
    """Tells the value of chunks that are of one value all over.

    Those that were never written have the fill value; equal bytes on disk are equal pixels, so of the small ones each
    kind is decoded once.

    Parameters
    ----------
    fill : int or float or None
        Value of chunks that were never written, None where it is not known.
    stored : callable
        Returns the bytes of a chunk as they are on disk where these are few; see `is_small`.
    decode : callable
        Returns the pixels of a chunk, without those beyond the array's end.
    """

    fill: int | float | None
    stored: Callable[[Place], Any]
    decode: Callable[[Place], NDArray[Any]]
    _known: dict[Hashable, int | float | None] = field(default_factory=dict)

    def __call__(self, array: Any, index: Index) -> int | float | None:
        """Return the one value of all chunks that a part of the array touches, None where it is not known."""
        spans = spans_of(index, array.shape)
        count = math.prod(-(-b // c) - a // c for (a, b), c in zip(spans, array.chunks, strict=True))
        if not 0 < count <= MOST_LOOKED_UP:
            return None
        found: int | float | None = None
        for number, place in enumerate(places_in(spans, array.chunks)):
            value = self._value(place, array)
            # NaN, which equals nothing, is what chunks are never written with.
            if value is None or value != value or (number and value != found):
                return None
            found = value
        return found

    def _value(self, place: Place, array: Any) -> int | float | None:
        stored = self.stored(place)
        if stored is Stored.NEVER:
            return self.fill
        if stored is Stored.LARGE:
            return None
        # Of a chunk at the end only what lies inside is looked at: its bytes say nothing of a chunk that lies inside
        # altogether.
        inside = tuple(b - a for a, b in spans_at(place, array.chunks, array.shape))
        whole = self._known.get((stored, tuple(array.chunks)))
        if whole is not None:
            return whole
        if (stored, inside) in self._known:
            return self._known[stored, inside]
        value = one_value(self.decode(place))
        if len(self._known) < REMEMBERED:
            self._known[stored, inside] = value
        return value


def one_value(pixels: NDArray[Any]) -> int | float | None:
    """Return the value that all pixels have, None where they differ."""
    first = pixels.flat[0]
    value: int | float = first.item()
    return value if bool((pixels == first).all()) else None
