"""Strips and tiles of a page: where they lie in the image and in the file, which of them are one and the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tifffile
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box

# Segments that decode to more than this are kept, as a band of the image is but a part of them; tiles beside one
# another may be larger, as they are read one by one.
HUGE_BYTES = 16 * 2**20
HUGE_TILE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class SegmentGrid:
    """How a page is divided.

    Parameters
    ----------
    height, width, depth : int
        Size of the page, px and planes (1 but for volumes in one page).
    length, across, thickness : int
        Rows, columns and planes of a segment.
    planes : int
        Planes of samples that are stored one after the other, 1 where samples lie pixel by pixel.
    samples : int
        Samples of a pixel in a segment.
    is_tiled : bool
        Whether the segments are tiles, each of which is whole, rather than strips.
    """

    height: int
    width: int
    depth: int
    length: int
    across: int
    thickness: int
    planes: int
    samples: int
    is_tiled: bool

    @classmethod
    def of(cls, page: tifffile.TiffPage) -> SegmentGrid:
        """Return how a page is divided."""
        separate, depth, height, width, samples = page.shaped
        if page.is_tiled:
            size = page.tilelength, page.tilewidth, page.tiledepth
            return cls(height, width, depth, *size, separate, samples, is_tiled=True)
        return cls(height, width, depth, page.rowsperstrip, width, 1, separate, samples, is_tiled=False)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Number of segments: planes of samples, in depth, down, across."""
        return (
            self.planes,
            -(-self.depth // self.thickness),
            -(-self.height // self.length),
            -(-self.width // self.across),
        )

    @property
    def total(self) -> int:
        """Number of all segments."""
        return math.prod(self.shape)

    @property
    def pixels(self) -> int:
        """Samples that a whole segment decodes to."""
        return self.thickness * self.length * self.across * self.samples

    def is_huge(self, itemsize: int) -> bool:
        """Tell whether a segment is so large that it is decoded once for many reads and kept; bytes of a sample."""
        most = HUGE_TILE_BYTES if self.across < self.width else HUGE_BYTES
        return self.pixels * itemsize > most

    def rows_of(self, number: int) -> int:
        """Return how many rows a segment holds: the last strip has the rest."""
        if self.is_tiled:
            return self.length
        return min(self.length, self.height - number % self.shape[2] * self.length)

    def touched(self, box: Box, z: int) -> tuple[slice, int, slice, slice]:
        """Return which segments hold a part of a box of the plane `z` inside the page; an index of the table."""
        return (
            slice(None),
            z // self.thickness,
            slice(box.y // self.length, -(-box.y_stop // self.length)),
            slice(box.x // self.across, -(-box.x_stop // self.across)),
        )


class SegmentTable:
    """Where the segments of one page are in the file.

    Parameters
    ----------
    page : TiffPage or TiffFrame
        The page.
    frame : TiffPage
        The page that tells how this one is stored: itself, or the first of its kind.
    grid : SegmentGrid
        How it is divided.

    Attributes
    ----------
    offsets, counts : array (n,), int64
        Where the segments begin and how long they are, bytes; 0 for those that were never written.
    """

    def __init__(
        self, page: tifffile.TiffPage | tifffile.TiffFrame, frame: tifffile.TiffPage, grid: SegmentGrid
    ) -> None:
        self.page = page
        self.frame = frame
        self.grid = grid
        self.offsets = _numbers(page.dataoffsets, grid.total)
        self.counts = _numbers(page.databytecounts, grid.total)

    @property
    def itemsize(self) -> int:
        """Bytes of a decoded sample."""
        return self.frame.dtype.itemsize if self.frame.dtype is not None else 1

    @property
    def decoded_bytes(self) -> int:
        """Bytes that a whole segment decodes to."""
        return self.grid.pixels * self.itemsize

    def lies_within(self, size_bytes: int) -> bool:
        """Tell whether the file says where each segment is, and holds them all."""
        if not len(self.offsets) == len(self.counts) == self.grid.total:
            return False
        ends = self.offsets[self.written] + self.counts[self.written]
        return bool((self.offsets >= 0).all() and (self.counts >= 0).all() and (ends <= size_bytes).all())

    @cached_property
    def numbers(self) -> NDArray[np.int64]:
        """The number of each segment in the file's own order, array (plane, depth, down, across)."""
        return np.arange(self.grid.total).reshape(self.grid.shape)

    @cached_property
    def written(self) -> NDArray[np.bool_]:
        """Which segments were written, array (n,)."""
        return (self.offsets > 0) & (self.counts > 0)

    @cached_property
    def repeated(self) -> NDArray[np.bool_]:
        """Which segments are stored once for several places, array (n,)."""
        _, inverse, times = np.unique(self.offsets, return_inverse=True, return_counts=True)
        return (times[inverse] > 1) & self.written

    @cached_property
    def has_known(self) -> bool:
        """Whether any segment's value may be known without decoding it for its place alone."""
        return not self.written.all() or bool(self.repeated.any())

    def key(self, number: int) -> tuple[int, int]:
        """Return what two segments share that are one in the file: where it begins and how long it is."""
        return int(self.offsets[number]), int(self.counts[number])


def _numbers(values: Any, total: int) -> NDArray[np.int64]:
    """Return so many values of a table; what no file can hold becomes negative."""
    return np.array(values[:total], np.uint64).astype(np.int64)
