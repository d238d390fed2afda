"""What every sink can do, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.pixel_size import PixelSize

# What can be written one after the other: header, pixels, trailer, without joining them first.
Buffers = Sequence[bytes | memoryview]


@dataclass(frozen=True, slots=True)
class TileFacts:
    """What a tile's file may say besides its pixels.

    Parameters
    ----------
    axes : str
        ``YX``, ``CYX`` or ``YXS``.
    pixel_size : PixelSize or None
        Micrometres per pixel of the tile.
    y, x : int
        The tile's first row and column in its calibrated image, px.
    """

    axes: str
    pixel_size: PixelSize | None = None
    y: int = 0
    x: int = 0


class Sink(Protocol):
    """Encoder for one format."""

    extension: str

    def refusal(self, axes: str, channels: int, dtype: str) -> str | None:
        """Return why this format cannot hold such tiles, in words that name what to change; None if it can."""
        ...

    def encode(self, tile: NDArray[Any], facts: TileFacts) -> Buffers:
        """Return the bytes of the file; the same tile and facts give the same bytes."""
        ...
