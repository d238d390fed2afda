"""A plane of any source as bands of a mask; what the file knows to be uniform is not decoded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.run_bands import Uniform, inside_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from napari_tiles_creator.geometry.run_bands import Piece
    from napari_tiles_creator.sources.base import Source

# A band has so many rows where the file does not tell which are decoded together, and at most so many pixels.
ROWS, MOST_PX = 256, 1 << 26
# Chunks side by side are read together, as far as that saves calls rather than takes memory.
TOGETHER_PX = 1 << 22


def mask_bands(source: Source, z: int = 0, t: int = 0, channel: int | None = None) -> Iterator[list[Piece]]:
    """Yield a plane from top to bottom; pixels other than 0 are inside, what is no number is outside.

    Parameters
    ----------
    source : Source
        Its pixels may be of any type.
    z, t, channel
        The plane; see `Source.read`. A channel where the source has some.

    Raises
    ------
    SourceError
        If pixels cannot be read, or there are several values a pixel.
    """
    if source.info.is_rgb or (source.info.has_channels and channel is None):
        kind = "an RGB image" if source.info.is_rgb else "an image of several channels"
        raise SourceError(f"{source.info.path.name} is {kind}: a mask has one value a pixel")
    height, width = source.info.plane_shape
    rows = source.info.chunk_rows if source.info.chunk_rows > 1 else ROWS
    rows = min(rows, max(1, MOST_PX // max(1, width)))
    columns = source.info.chunk_columns if source.info.chunk_columns > 1 else width
    for y in range(0, height, rows):
        pieces: list[Piece] = []
        mixed: Box | None = None
        for x in range(0, width, columns):
            box = Box.between(y, x, min(y + rows, height), min(x + columns, width))
            value = source.uniform_value(box, z, t, channel)
            if value is None and (mixed is None or mixed.area + box.area <= TOGETHER_PX):
                mixed = box if mixed is None else Box.between(y, mixed.x, box.y_stop, box.x_stop)
                continue
            if mixed is not None:
                pieces.append(inside_of(source.read(mixed, z, t, channel)))
                mixed = None
            if value is None:
                mixed = box
            else:
                _append_uniform(pieces, box, inside=value != 0 and not math.isnan(value))
        if mixed is not None:
            pieces.append(inside_of(source.read(mixed, z, t, channel)))
        yield pieces


def _append_uniform(pieces: list[Piece], box: Box, *, inside: bool) -> None:
    """Add a uniform box to the pieces on its left, as one with the last of them where that is the same."""
    last = pieces[-1] if pieces else None
    if isinstance(last, Uniform) and last.inside == inside:
        pieces[-1] = Uniform(box.height, last.width + box.width, inside)
    else:
        pieces.append(Uniform(box.height, box.width, inside))
