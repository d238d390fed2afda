"""Calibrated pixels of one image, read by rectangle, in blocks that are kept as long as memory allows.

An image that fits into its share of memory is decoded and rescaled once, whatever reads it how often. Of a larger
one the blocks used last are kept, so that tiles cut in the order of `reading_order` decode each chunk once a pass:
row by row where two rows of chunks fit, else in stripes, whose borders alone are decoded twice.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.block_cache import BlockCache
from napari_tiles_creator.engine.pixels.resample import Resampler
from napari_tiles_creator.engine.pixels.source_blocks import SourceBlocks, assembled, rows_axis
from napari_tiles_creator.geometry.blocks import boxes_of, boxes_touching, spanned
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import EllipsisType

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
    from napari_tiles_creator.recipe.document import Recipe

# Ranges of planes: two numbers a channel.
LIMITS_BYTES = 1 << 20


def calibrated_dtype(image: ImagePlan, recipe: Recipe) -> np.dtype[Any]:
    """Return the type of calibrated pixels: the source's, or float64 where values are interpolated."""
    if image.is_calibrated and recipe.calibration.interpolation != "nearest":
        return np.dtype(np.float64)
    return image.info.dtype


class CalibratedImage:
    """The pixels that tiles are cut from.

    Readable from several threads at once; the file is opened at the first read.

    Parameters
    ----------
    image : ImagePlan
        Which image, and its calibrated shape.
    recipe : Recipe
        How it is opened and rescaled.
    hold_bytes : int
        Memory for pixels that are kept.
    by_box : bool, default False
        For a tile here and there instead of all of them: where nothing is rescaled, read what is asked for and keep
        nothing, rather than whole blocks.
    """

    def __init__(self, image: ImagePlan, recipe: Recipe, hold_bytes: int, *, by_box: bool = False) -> None:
        self.image, self.hold_bytes = image, hold_bytes
        self._recipe = recipe
        self._by_box = by_box and not image.is_calibrated and 0 < image.info.chunk_columns < image.shape[1]
        calibration = recipe.calibration
        level = image.level if image.is_calibrated else 0
        self._resampler = (
            Resampler(image.info.levels[level], image.shape, calibration.interpolation, calibration.antialias)
            if image.is_calibrated
            else None
        )
        self._source = SourceBlocks(image, level, hold_bytes, finds_limits=self.clips)
        self._rescaled_blocks = BlockCache(0)
        self._limits = BlockCache(LIMITS_BYTES)
        self._share_memory()

    @property
    def rows_axis(self) -> int:
        """Which axis of the arrays is y."""
        return rows_axis(self.image)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the calibrated pixels."""
        return calibrated_dtype(self.image, self._recipe)

    @property
    def clips(self) -> bool:
        """Whether interpolated values are clipped to the range of the source's plane, which must be known first."""
        return self._resampler is not None and self._resampler.clips

    @property
    def block_shape(self) -> tuple[int, int]:
        """Height and width of a block, calibrated px."""
        return self._resampler.block_shape if self._resampler else self._source.block_shape

    def blocks(self) -> list[Box]:
        """Return boxes that partition a calibrated plane, in an order that decodes each chunk about once."""
        every = boxes_of(Box(0, 0, *self.image.shape), self.block_shape)
        stripe = self.stripe_columns(self.block_shape[0])
        return sorted(every, key=lambda box: (box.x // stripe, box.y, box.x))

    def read(self, plane: Plane, box: Box, *, clipped: bool = True) -> NDArray[Any]:
        """Read a rectangle of a calibrated plane.

        Parameters
        ----------
        plane : Plane
            Which plane.
        box : Box
            Calibrated pixels, inside the plane.
        clipped : bool, default True
            Clip interpolated values to the range of the source's plane; without it that need not be known.

        Returns
        -------
        pixels : array (y, x), (c, y, x) or (y, x, s), `dtype`; not to be written to

        Raises
        ------
        SourceError
            If the file cannot be read or decoded.
        """
        if self._resampler is None:
            return self._source.read_direct(plane, box) if self._by_box else self._source.read(plane, box)
        touched = boxes_touching(box, self.block_shape, self.image.shape)
        pixels = assembled(box, touched, self.rows_axis, partial(self._rescaled_block, plane))
        if not (clipped and self.clips):
            return pixels
        limits = self.limits(plane)
        if self.image.axes != "CYX":
            clipped_pixels: NDArray[Any] = np.clip(pixels, *limits[0])
            return clipped_pixels
        return np.stack([np.clip(channel, *found) for channel, found in zip(pixels, limits, strict=True)])

    def limit_tasks(self, plane: Plane) -> list[Callable[[], None]]:
        """Return tasks that find what interpolated values of a plane are clipped to, a block of the file each.

        Without them the first rectangle that is read of the plane finds it, at one go.
        """
        return [] if not self.clips or self._limits.holds(plane) else self._source.limit_tasks(plane)

    def know_limits(self, limits: Mapping[Plane, NDArray[np.float64]]) -> None:
        """Take what `limits` returned elsewhere for the same image."""
        for plane, found in limits.items():
            self._limits.get(plane, partial(np.asarray, found))

    def limits(self, plane: Plane) -> NDArray[np.float64]:
        """Return the range of a source plane, array (ranges, 2): one range, or one a channel; RGB has one."""
        return self._limits.get(plane, partial(self._source.limits, plane))

    def stripe_columns(self, rows: int) -> int:
        """Return how wide the stripes are in which rectangles of so many rows are best read, from top to bottom."""
        width = self.image.shape[1]
        if self._working_bytes(rows, width) <= self.hold_bytes:
            return width
        columns, block = width, self.block_shape[1]
        while columns > block and self._working_bytes(rows, columns) > self.hold_bytes:
            columns = columns // 2 // block * block or block
        return columns

    def reads_ahead(self, rows: int, reads_in_row: int) -> int:
        """Return how many reads in a row of them may be under way or done before the first of them is done.

        More of them would push out blocks that the first still needs, and each would be decoded again and again.

        Parameters
        ----------
        rows : int
            Height of what is read at once, calibrated px.
        reads_in_row : int
            Reads beside each other, before the next row of them begins.
        """
        needed = max(1, self._working_bytes(rows, self.stripe_columns(rows)))
        return max(1, self.hold_bytes // needed * reads_in_row)

    @property
    def holds_plane(self) -> bool:
        """Whether a plane of the file fits into the memory for pixels that are kept."""
        return self._source.working_bytes(*self._source.shape) <= self.hold_bytes

    def blocks_ahead(self) -> int:
        """Return how many of `blocks`, in their order, may be under way at once; see `reads_ahead`."""
        rows, columns = self.block_shape
        return self.reads_ahead(rows, -(-self.stripe_columns(rows) // columns))

    def close(self) -> None:
        """Release the file and the memory."""
        self._source.close()
        self._rescaled_blocks.clear()

    def _working_bytes(self, rows: int, columns: int) -> int:
        """Return what must be held to read rectangles of so many rows in stripes of so many columns."""
        if self._resampler is None:
            return self._source.working_bytes(rows, columns)
        height, width = spanned((rows, columns), self.block_shape, self.image.shape)
        read = self._resampler.span_of(height, width)
        # Rescaled blocks can be computed anew from pixels that are decoded: a few are enough.
        return self._source.working_bytes(*read) + self._rescaled_bytes(height, 2 * self.block_shape[1])

    def _rescaled_bytes(self, rows: int, columns: int) -> int:
        columns = min(columns, self.image.shape[1])
        return int(rows * columns * self.image.channels * self.dtype.itemsize)

    def _share_memory(self) -> None:
        """Divide the memory: all rescaled blocks where they fit, else what decoding once needs, and the rest."""
        if self._resampler is None:
            self._source.cache.limit_bytes = self.hold_bytes
            return
        every = self._rescaled_bytes(*self.image.shape) * len(self.image.planes)
        height, width = self._resampler.span_of(2 * self.block_shape[0], self.image.shape[1])
        needed = self._source.working_bytes(height, width)
        if every <= self.hold_bytes:
            self._source.cache.limit_bytes = max(self.hold_bytes - every, min(needed, self.hold_bytes // 2))
            self._rescaled_blocks.limit_bytes = every
            return
        self._source.cache.limit_bytes = self.hold_bytes * 3 // 4
        self._rescaled_blocks.limit_bytes = self.hold_bytes // 4

    def _rescaled_block(self, plane: Plane, block: Box) -> NDArray[Any]:
        return self._rescaled_blocks.get((plane, block), partial(self._rescaled, plane, block))

    def _rescaled(self, plane: Plane, block: Box) -> NDArray[Any]:
        """Return a block of the calibrated plane, all channels or samples, not clipped."""
        resampler = self._resampler
        assert resampler is not None
        span = resampler.source_box(block)
        pixels = self._source.read(plane, span)

        def part(where: int | EllipsisType | tuple[EllipsisType, int]) -> NDArray[Any]:
            return resampler.block(pixels[where], span, block)

        channels = range(self.image.channels)
        if self.image.axes == "CYX":
            return np.stack([part(c) for c in channels])
        if self.image.axes == "YXS":
            return np.stack([part((..., s)) for s in channels], axis=-1)
        return part(...)
