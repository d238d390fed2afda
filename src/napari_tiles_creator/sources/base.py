"""What every source can do, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.pixel_size import PixelSize

# Axes that a source may have: time, channel, depth, rows, columns, samples (red, green, blue).
KNOWN_AXES = "TCZYXS"
# What is said instead of where a pixel size comes from.
NO_PIXEL_SIZE = "none in the file"


@dataclass(frozen=True, slots=True)
class Opening:
    """How a file is to be understood where it can be understood in several ways.

    Parameters
    ----------
    series : int, default 0
        Which image of a file that holds several.
    rgb : bool or None, default None
        Whether a last axis of 3 or 4 samples is colour; None takes the file's word.
    axes : str or None, default None
        Letters of ``TCZYXS`` for the axes in array order, for a file that does not tell them, or tells them wrongly;
        images with another number of axes are taken at their word. Axes of length 1 need not be named.
    dataset : str or None, default None
        Path of the array inside a file that holds several (HDF5, Zarr, npz).
    """

    series: int = 0
    rgb: bool | None = None
    axes: str | None = None
    dataset: str | None = None


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a file's header says.

    Parameters
    ----------
    path : Path
        The file; of a source that is no file, a name that no other source has.
    axes : str
        One letter of ``TCZYXS`` an array axis, in array order.
    shape : tuple of int
        Length of each axis, px or planes.
    dtype : numpy dtype
        Type of the pixels, in native byte order.
    pixel_size : PixelSize or None
        Micrometres per pixel, None where the file does not say.
    pixel_size_from : str
        Where the pixel size comes from, or why there is none.
    channel_names : tuple of str
        Names of the channels, empty where the file has none.
    notes : tuple of str
        What a reader of the file should know, such as an alpha channel that is left out.
    chunk_rows : int
        Rows that are decoded together: reading a multiple of them wastes no work.
    chunk_columns : int
        Columns that are decoded together, 0 where only whole rows are.
    levels : tuple of (int, int)
        ``(height, width)`` of a plane at each level of the pyramid, px: the full one first, then smaller and smaller
        ones, each of which need not be an exact fraction. Empty stands for the full one alone.
    files : tuple of Path or None
        Files whose bytes tell this source from another one; None stands for its path alone, empty for what is no file.
    whole_bytes : int
        Memory that the first read takes whatever its size, bytes: of a format without random access the decoded
        image, 0 where a rectangle is read by itself.
    opener : callable or None
        Opens the source again, as it was opened; see `registry.reopen`.
    """

    path: Path
    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pixel_size: PixelSize | None = None
    pixel_size_from: str = NO_PIXEL_SIZE
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chunk_rows: int = 1
    chunk_columns: int = 0
    levels: tuple[tuple[int, int], ...] = ()
    files: tuple[Path, ...] | None = None
    whole_bytes: int = 0
    opener: Callable[[], Source] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.levels:
            object.__setattr__(self, "levels", (self.plane_shape,))
        if self.files is None:
            object.__setattr__(self, "files", (self.path,))

    def length(self, axis: str) -> int:
        """Return the length of an axis, 1 where the source has none of that name."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    @property
    def plane_shape(self) -> tuple[int, int]:
        """``(height, width)`` of a plane, px."""
        return self.length("Y"), self.length("X")

    @property
    def is_rgb(self) -> bool:
        """Whether the pixels are red, green and blue samples."""
        return "S" in self.axes

    @property
    def has_channels(self) -> bool:
        """Whether there is a channel axis (one of length 1 counts)."""
        return "C" in self.axes


class Source(Protocol):
    """An opened file: its header is known, its pixels are read by rectangle.

    Readable from several threads at once.
    """

    info: SourceInfo

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle of one plane.

        Parameters
        ----------
        box : Box
            The rectangle, pixels of the level; it lies inside the plane.
        z, t : int, default 0
            Position on the axes Z and T where the source has them.
        channel : int or None, default None
            One channel, or all.
        level : int, default 0
            Level of the pyramid, one of ``info.levels``.

        Returns
        -------
        pixels : array (y, x), (c, y, x) with channels, or (y, x, s) with RGB; the source's dtype, native byte order
            It may share memory with what the source keeps: it is not to be written to.

        Raises
        ------
        SourceError
            If the pixels cannot be read or decoded.
        """
        ...

    def uniform_value(
        self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0
    ) -> int | float | None:
        """Return the one value that all pixels of a rectangle have, where that is known without decoding them.

        Such as chunks that were never written, or a chunk that is stored once for many places. None says nothing: the
        pixels may be equal all the same. NaN is never returned.

        Raises
        ------
        SourceError
            If the file cannot be read.
        """
        ...

    def close(self) -> None:
        """Release the file."""
        ...
