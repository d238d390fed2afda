"""Chunks of an array: which of them a part touches, and what is known of them without decoding."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.claim import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.array import Index

# Place of a chunk in the grid of chunks, one number an axis.
Place = tuple[int, ...]
# First and last but one position along each axis.
Spans = tuple[tuple[int, int], ...]
# Of all sources together: chunks of which other planes or channels will be wanted.
KEPT_BYTES = 1 << 26
# What compresses to less than this share of it is likely of one value: fast deflate reaches 1/230, others more.
UNIFORM_SHARE = 200
UNIFORM_BYTES = 64
# Different small chunks that are remembered, by array.
REMEMBERED = 256
# A single chunk must fit in memory.
MOST_CHUNK_BYTES = 1 << 31
# More chunks than this are not looked up one by one.
MOST_LOOKED_UP = 1 << 18


def check_chunk(name: str, chunks: Sequence[int], itemsize: int) -> None:
    """Refuse an array of which not even one chunk can be decoded.

    Raises
    ------
    SourceError
        If a chunk takes more than 2 GiB.
    """
    size = math.prod(chunks) * itemsize
    if size > MOST_CHUNK_BYTES:
        raise SourceError(
            f"{name}: one of its chunks {tuple(chunks)} takes {size_text(size)} decoded: save it in smaller chunks"
        )


def spans_of(index: Index, shape: Sequence[int]) -> Spans:
    """Return start and stop along each axis of an index of integers and slices without steps."""
    spans = []
    for at, n in zip(index, shape, strict=True):
        start, stop = at.indices(n)[:2] if isinstance(at, slice) else (at, at + 1)
        spans.append((start, max(start, stop)))
    return tuple(spans)


def places_in(spans: Spans, chunks: Sequence[int]) -> Iterator[Place]:
    """Yield the chunks that a part touches."""
    return product(*(range(a // c, -(-b // c)) for (a, b), c in zip(spans, chunks, strict=True)))


def spans_at(place: Place, chunks: Sequence[int], shape: Sequence[int]) -> Spans:
    """Return the part of the array that a chunk holds; the last ones are cut short."""
    return tuple((k * c, min((k + 1) * c, n)) for k, c, n in zip(place, chunks, shape, strict=True))


def assembled(
    index: Index, array: Any, chunk_at: Callable[[Place, bool], NDArray[Any]], whole_axes: Sequence[int] = ()
) -> NDArray[Any]:
    """Return a part of an array put together from its chunks.

    Parameters
    ----------
    index : tuple of int or slice
        The part.
    array : array-like
        Has `shape`, `dtype` and `chunks`.
    chunk_at : callable
        Returns a chunk, which may go beyond the array's end; told whether more of it will be wanted: the part lies
        inside the chunk along one of the axes that are read one by one (planes, channels).
    whole_axes : sequence of int
        Axes along which a part of a chunk says nothing of what will be wanted.
    """
    spans = spans_of(index, array.shape)
    places = list(places_in(spans, array.chunks))
    kept_axes = tuple(slice(None) if isinstance(at, slice) else 0 for at in index)
    if len(places) == 1 and spans == spans_at(places[0], array.chunks, array.shape):
        chunk = chunk_at(places[0], False)[tuple(slice(b - a) for a, b in spans)][kept_axes]
        return chunk if chunk.flags.writeable else np.array(chunk)  # what can be written to is nobody else's
    out = np.empty([b - a for a, b in spans], array.dtype)
    for place in places:
        held = spans_at(place, array.chunks, array.shape)
        common = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(spans, held, strict=True)]
        again = any(
            one != all_of_it and axis not in whole_axes
            for axis, (one, all_of_it) in enumerate(zip(common, held, strict=True))
        )
        source = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(common, held, strict=True))
        target = tuple(slice(a - c, b - c) for (a, b), (c, _) in zip(common, spans, strict=True))
        out[target] = chunk_at(place, again)[source]
    return out[kept_axes]


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
