"""Chunks of an array: where they are, and how a part is put together from them."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.wording import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

# An integer or slice an axis.
Index = tuple[int | slice, ...]
# Place of a chunk in the grid of chunks, one number an axis.
Place = tuple[int, ...]
# First and last but one position along each axis.
Spans = tuple[tuple[int, int], ...]
# A single chunk must fit in memory.
MOST_CHUNK_BYTES = 1 << 31


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
