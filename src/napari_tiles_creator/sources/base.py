"""What every source can do, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.pixel_size import PixelSize

# Axes that a source may have: time, channel, depth, rows, columns, samples (red, green, blue).
KNOWN_AXES = "TCZYXS"


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a file's header says.

    Parameters
    ----------
    path : Path
        The file.
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
    """

    path: Path
    axes: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    pixel_size: PixelSize | None = None
    pixel_size_from: str = "none in the file"
    channel_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    chunk_rows: int = 1

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

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None) -> NDArray[Any]:
        """Read a rectangle of one plane.

        Parameters
        ----------
        box : Box
            The rectangle, source pixels; it lies inside the plane.
        z, t : int, default 0
            Position on the axes Z and T where the source has them.
        channel : int or None, default None
            One channel, or all.

        Returns
        -------
        pixels : array (y, x), (c, y, x) with channels, or (y, x, s) with RGB; the source's dtype, native byte order

        Raises
        ------
        SourceError
            If the pixels cannot be read or decoded.
        """
        ...

    def close(self) -> None:
        """Release the file."""
        ...
