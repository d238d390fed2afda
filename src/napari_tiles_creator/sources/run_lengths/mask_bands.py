"""A plane of any source as bands of a mask; what the file knows to be uniform is not decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.blocks import boxes_of
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.run_bands import Uniform, inside_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

    def known(box: Box) -> bool | None:
        value = source.uniform_value(box, z, t, channel)
        return None if value is None else value != 0

    for y in range(0, height, rows):
        boxes = boxes_of(Box.between(y, 0, min(y + rows, height), width), (rows, columns))
        pieces: list[Piece] = []
        for box, inside in _joined((box, known(box)) for box in boxes):
            if inside is None:
                pieces.append(inside_of(source.read(box, z, t, channel)))
            else:
                pieces.append(Uniform(box.height, box.width, inside))
        yield pieces


def _joined(parts: Iterable[tuple[Box, bool | None]]) -> Iterator[tuple[Box, bool | None]]:
    """Join boxes side by side that are inside, outside or mixed (None); of these only so many as are read together."""
    held: tuple[Box, bool | None] | None = None
    for box, inside in parts:
        if held is not None and held[1] is inside and (inside is not None or held[0].area + box.area <= TOGETHER_PX):
            held = Box.between(held[0].y, held[0].x, box.y_stop, box.x_stop), inside
            continue
        if held is not None:
            yield held
        held = box, inside
    if held is not None:
        yield held
