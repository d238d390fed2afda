"""What a converted image consists of, whatever the format it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np

    from napari_tiles_creator.engine.image_files.pyramid import TileTaker
    from napari_tiles_creator.geometry.pixel_size import PixelSize


@dataclass(frozen=True)
class Layout:
    """The image that is written.

    Parameters
    ----------
    outer : tuple of (str, int)
        Axes before the plane, ``T``, ``C`` and ``Z`` in the source's order, with their lengths.
    shapes : tuple of (int, int)
        ``(height, width)`` of the levels, px, full first.
    samples : int
        Values of a pixel: 3 in colour, else 1.
    dtype : dtype
        Type of the pixels.
    tile : int
        Height and width of a tile, px.
    compression : str
        Name of the compression.
    pixel_size : PixelSize or None
        Micrometres per pixel of the full level.
    channel_names : tuple of str
        Names of the channels, empty where they have none.
    """

    outer: tuple[tuple[str, int], ...]
    shapes: tuple[tuple[int, int], ...]
    samples: int
    dtype: np.dtype[Any]
    tile: int
    compression: str
    pixel_size: PixelSize | None = None
    channel_names: tuple[str, ...] = ()

    def grid(self, level: int) -> tuple[int, int]:
        """Return the rows and columns of tiles of a level."""
        height, width = self.shapes[level]
        return -(-height // self.tile), -(-width // self.tile)


class Target(Protocol):
    """A file or folder that an image is written to, tile by tile, in any order."""

    def at(self, position: dict[str, int]) -> TileTaker:
        """Return what takes the tiles of one position on T and Z, all channels together."""
        ...

    def finish(self) -> None:
        """Make the image complete; nothing is valid before."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...
