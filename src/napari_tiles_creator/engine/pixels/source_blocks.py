"""Pixels of a source by rectangle, decoded in blocks that follow its chunks and are kept while memory allows."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.block_cache import BlockCache
from napari_tiles_creator.engine.planning.chunks import chunk_of
from napari_tiles_creator.geometry.blocks import block_shape, boxes_of, boxes_touching, spanned
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import reopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
    from napari_tiles_creator.sources.base import Source

# Pixels of a block: enough that reading one costs little beside decoding it, few enough to hold many.
BLOCK_PIXELS = 1 << 21
# A block of several chunks is no larger than this; one chunk may be.
MOST_BLOCK_PIXELS = 1 << 24
# Where memory is scarce blocks are smaller, so that so many of them can be held, down to a size.
BLOCKS_HELD, LEAST_BLOCK_PIXELS = 32, 1 << 16


class SourceBlocks:
    """The planes of one source at one level of its pyramid.

    Readable from several threads at once; the file is opened at the first read.

    Parameters
    ----------
    image : ImagePlan
        Which image, and which of its channels.
    level : int
        Level of the source's pyramid.
    hold_bytes : int
        Memory for blocks; `cache` says how much of it they take.
    finds_limits : bool
        Whether the range of each block is noted as it is decoded, so that `limits` need not decode it again.
    """

    def __init__(self, image: ImagePlan, level: int, hold_bytes: int, *, finds_limits: bool) -> None:
        self.image, self.level = image, level
        info = image.info
        self.shape = info.levels[level]
        fitting_px = hold_bytes // (BLOCKS_HELD * self.pixel_bytes)
        wanted_px = min(BLOCK_PIXELS, max(fitting_px, LEAST_BLOCK_PIXELS))
        self.block_shape = block_shape(self.shape, [chunk_of(info)], wanted_px, MOST_BLOCK_PIXELS)
        self.cache = BlockCache(0)
        self._finds_limits = finds_limits
        # What must be decoded whole is kept by the source itself.
        self._is_direct = info.whole_bytes > 0
        self._extremes: dict[tuple[Plane, Box], list[tuple[Any, Any]]] = {}
        self._lock = threading.Lock()
        self._source: Source | None = None

    @property
    def rows_axis(self) -> int:
        """Which axis of the arrays is y."""
        return rows_axis(self.image)

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel, all channels or samples."""
        return self.image.channels * self.image.info.dtype.itemsize

    def working_bytes(self, rows: int, columns: int) -> int:
        """Return what must be held to read so many rows and columns, anywhere, again and again."""
        height, width = spanned((rows, columns), self.block_shape, self.shape)
        return 0 if self._is_direct else height * width * self.pixel_bytes

    def blocks(self) -> Iterable[Box]:
        """Return the boxes that partition a plane, row by row."""
        return boxes_of(Box(0, 0, *self.shape), self.block_shape)

    def read(self, plane: Plane, box: Box) -> NDArray[Any]:
        """Return a rectangle, array (y, x), (c, y, x) or (y, x, s), source dtype; not to be written to.

        Raises
        ------
        SourceError
            If the file cannot be read or decoded.
        """
        if self._is_direct:
            return self.read_direct(plane, box)
        touched = boxes_touching(box, self.block_shape, self.shape)
        return assembled(box, touched, self.rows_axis, lambda block: self._block(plane, block))

    def read_direct(self, plane: Plane, box: Box) -> NDArray[Any]:
        """Return a rectangle as the source gives it, and keep nothing; see `read`."""
        with self._lock:
            if self._source is None:
                self._source = reopen(self.image.info)
            source = self._source
        return source.read(box, z=plane.z or 0, t=plane.t or 0, channel=self.image.channel, level=self.level)

    def limit_tasks(self, plane: Plane) -> list[Callable[[], None]]:
        """Return tasks that find the range of a block each: of those of a plane that were not decoded yet."""
        return [partial(self._see, plane, block) for block in self.blocks() if (plane, block) not in self._extremes]

    def limits(self, plane: Plane) -> NDArray[np.float64]:
        """Return minimum and maximum of a plane, array (ranges, 2): one range, or one a channel; RGB has one.

        Raises
        ------
        SourceError
            If the file cannot be read or decoded.
        """
        for task in self.limit_tasks(plane):
            task()
        every = np.array([self._extremes[plane, block] for block in self.blocks()], np.float64)
        return np.stack([np.fmin.reduce(every[..., 0]), np.fmax.reduce(every[..., 1])], axis=-1)

    def close(self) -> None:
        """Release the file and the memory."""
        with self._lock:
            if self._source:
                self._source.close()
                self._source = None
        self.cache.clear()

    def _see(self, plane: Plane, block: Box) -> None:
        if (plane, block) in self._extremes:  # decoded since the task was made
            return
        pixels = self.read(plane, block)
        if (plane, block) not in self._extremes:  # what is decoded as a whole is not noted by blocks
            self._note(plane, block, pixels)

    def _block(self, plane: Plane, block: Box) -> NDArray[Any]:
        return self.cache.get((plane, block), partial(self._decoded, plane, block))

    def _decoded(self, plane: Plane, block: Box) -> NDArray[Any]:
        pixels = self.read_direct(plane, block)
        if self._finds_limits and (plane, block) not in self._extremes:
            self._note(plane, block, pixels)
        return pixels

    def _note(self, plane: Plane, block: Box, pixels: NDArray[Any]) -> None:
        parts = list(pixels) if self.image.axes == "CYX" else [pixels]
        self._extremes[plane, block] = [
            (np.fmin.reduce(part, axis=None), np.fmax.reduce(part, axis=None)) for part in parts
        ]


def rows_axis(image: ImagePlan) -> int:
    """Return which axis of an image's pixels is y."""
    return 1 if image.axes == "CYX" else 0


def assembled(box: Box, blocks: Iterable[Box], rows_axis: int, get: Callable[[Box], NDArray[Any]]) -> NDArray[Any]:
    """Return a rectangle put together from the blocks that it touches; of one block alone, a part of it."""
    out: NDArray[Any] | None = None
    for block in blocks:
        pixels, part = get(block), block.intersection(box)
        pixels = pixels[_where(part.moved(-block.y, -block.x), rows_axis)]
        if part == box:
            return pixels
        if out is None:
            shape = list(pixels.shape)
            shape[rows_axis : rows_axis + 2] = box.shape
            out = np.empty(shape, pixels.dtype)
        out[_where(part.moved(-box.y, -box.x), rows_axis)] = pixels
    assert out is not None
    return out


def _where(box: Box, rows_axis: int) -> tuple[slice, ...]:
    return (slice(None), *box.slices) if rows_axis else box.slices
