"""One plane of a source as a mask that is read block by block, of which nothing is decoded twice."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.planning.chunks import chunk_of
from napari_tiles_creator.geometry.blocks import block_shape, boxes_of, boxes_touching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.base import Source

# So many pixels are decoded at once, or one chunk: strips of one row each would cost a call a row.
CELL_PX = 1 << 16


@dataclass
class _Held:
    """A chunk that several blocks share."""

    left_px: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    # A bit a pixel: (rows, bytes); one value where all are equal.
    bits: NDArray[np.uint8] | bool | None = None


class Mask:
    """What lies inside, in one plane of a source: the pixels that are not zero, or those that are.

    A pixel that is no number (NaN) lies neither inside nor, inverted, inside.

    Parameters
    ----------
    source : Source
        The opened file.
    at : dict of int
        Position on those of the axes ``z``, ``t`` and ``channel`` that the source has.
    inverted : bool
        Whether zero is inside.
    block : tuple of int
        ``(height, width)`` of the blocks that will be read, from the plane's corner, px.

    Notes
    -----
    Readable from several threads at once, each block once. Chunks that straddle a border of blocks are decoded once
    and kept, as bits, until their last pixel was given.
    """

    def __init__(self, source: Source, at: dict[str, int], inverted: bool, block: tuple[int, int]) -> None:
        self.source, self.inverted = source, inverted
        self._at = at
        self._plane = source.info.plane_shape
        self._chunk = chunk_of(source.info)
        self._cell = block_shape(self._plane, [self._chunk], CELL_PX, CELL_PX)
        self._aligned = all(
            length % chunk == 0 or length >= whole
            for length, chunk, whole in zip(block, self._chunk, self._plane, strict=True)
        )
        self._lock = threading.Lock()
        self._held: dict[Box, _Held] = {}

    def read(self, block: Box) -> NDArray[np.bool_] | bool:
        """Return what lies inside of a block: an array (y, x), or one value for all of it.

        Raises
        ------
        SourceError
            If the source cannot be read.
        """
        if not self._aligned:
            chunks = boxes_touching(block, self._chunk, self._plane)
            return _joined(block, ((part, self._part(chunk, part)) for chunk, part in _parts(chunks, block)))
        known = self._uniform(block)
        if known is not None:
            return known
        return _joined(block, ((cell, self._decoded(cell)) for cell in boxes_of(block, self._cell)))

    def _part(self, chunk: Box, part: Box) -> NDArray[np.bool_] | bool:
        """Return part of a chunk, which is decoded at the first call and forgotten with its last pixel."""
        if part == chunk:
            return self._decoded(chunk)
        with self._lock:
            held = self._held.setdefault(chunk, _Held(chunk.area))
            held.left_px -= part.area
            if not held.left_px:
                del self._held[chunk]
        with held.lock:
            if held.bits is None:
                decoded = self._decoded(chunk)
                held.bits = decoded if isinstance(decoded, bool) else np.packbits(decoded, axis=1)
            bits = held.bits
        if isinstance(bits, bool):
            return bits
        inside = part.moved(-chunk.y, -chunk.x)
        first = inside.x // 8
        unpacked = np.unpackbits(bits[inside.slices[0], first : -(-inside.x_stop // 8)], axis=1)
        return unpacked[:, inside.x - 8 * first : inside.x_stop - 8 * first].view(np.bool_)

    def _uniform(self, box: Box) -> bool | None:
        value = self.source.uniform_value(box, **self._at)
        return None if value is None else bool(self._inside(np.asarray(value)))

    def _decoded(self, box: Box) -> NDArray[np.bool_] | bool:
        known = self._uniform(box)
        if known is not None:
            return known
        inside = self._inside(self.source.read(box, **self._at))
        # Nothing is cheaper to count than one value, and most of a large mask is.
        if inside.all():
            return True
        return inside if inside.any() else False

    def _inside(self, pixels: NDArray[Any]) -> NDArray[np.bool_]:
        if self.inverted:
            zero: NDArray[np.bool_] = pixels == 0
            return zero
        inside: NDArray[np.bool_] = pixels != 0
        if pixels.dtype.kind == "f":
            inside &= pixels == pixels
        return inside


def _parts(chunks: Iterable[Box], block: Box) -> Iterator[tuple[Box, Box]]:
    """Yield each chunk with the part of it that lies in the block."""
    return ((chunk, chunk.intersection(block)) for chunk in chunks)


def _joined(block: Box, parts: Iterable[tuple[Box, NDArray[np.bool_] | bool]]) -> NDArray[np.bool_] | bool:
    """Put the parts of a block together."""
    kept = list(parts)
    first = kept[0][1]
    if len(kept) == 1 or (isinstance(first, bool) and all(inside is first for _, inside in kept)):
        return first
    out = np.empty(block.shape, np.bool_)
    for box, inside in kept:
        out[box.moved(-block.y, -block.x).slices] = inside
    return out
