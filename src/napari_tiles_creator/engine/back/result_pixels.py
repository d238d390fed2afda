"""The pixels of one tile's result, whatever file they are in, in the same form for all tiles of a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import DatasetError, SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source
from napari_tiles_creator.sources.wording import ALPHA_LEFT_OUT

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.sources.base import Source

# How a file is understood, in the order in which it is tried: as it says itself; then as a stack of channels, last or
# first, as programs save probabilities.
OPENINGS = (Opening(), Opening(axes="YXC"), Opening(axes="CYX"))


@dataclass(frozen=True, slots=True)
class PixelForm:
    """Type of a tile's pixels, how many channels they have (0 without such an axis), whether these are colours."""

    dtype: np.dtype[Any]
    channels: int = 0
    is_rgb: bool = False

    def __str__(self) -> str:
        if self.is_rgb:
            return f"{self.dtype} RGB"
        return f"{self.dtype}, {self.channels} channels" if self.channels else f"{self.dtype}, one channel"


class ResultPixels:
    """Reads the results of tiles.

    Parameters
    ----------
    in_colour : bool
        Whether the tiles are coloured, so that three channels of floats are colours, too.
    keeps_colour : bool
        Whether grey pictures stand for coloured ones: some formats keep grey pictures grey.
    """

    def __init__(self, in_colour: bool = False, keeps_colour: bool = False) -> None:
        self._in_colour, self._keeps_colour = in_colour, keeps_colour
        self._first: tuple[Path, PixelForm] | None = None
        self._opening = OPENINGS[0]

    def form(self, row: TileRow, path: Path) -> PixelForm:
        """Return the form of a tile's result, which those of all others must have, too; reads the header alone.

        Raises
        ------
        DatasetError, SourceError
            If it cannot be read, or has not the size of its tile.
        """
        source, opening = self._opened(row, path)
        source.close()
        self._opening = opening
        found = self._form_of(source)
        self._first = path, found
        return found

    def read(self, row: TileRow, path: Path) -> NDArray[Any]:
        """Return a tile's pixels without its padding, array (y, x[, c]); from several threads.

        Raises
        ------
        DatasetError, SourceError
            If it cannot be read, or has not the size of its tile, or another form than the first one.
        """
        source, _ = self._opened(row, path)
        try:
            found = self._form_of(source)
            if self._first is not None and found != self._first[1]:
                raise DatasetError(
                    f"{path} (tile {row.tile}) is {found}, {self._first[0].name} is {self._first[1]}: all results of "
                    f"an image must be of one form"
                )
            pixels = source.read(Box(0, 0, int(row.height), int(row.width)))
        finally:
            source.close()
        if source.info.has_channels:
            return np.moveaxis(pixels, 0, -1) if len(pixels) > 1 else pixels[0]
        if found.is_rgb and pixels.ndim == 2:
            return np.repeat(pixels[..., None], 3, axis=2)
        return pixels

    def _opened(self, row: TileRow, path: Path) -> tuple[Source, Opening]:
        """Return the opened file, and how it is understood so that it has the size of the tile."""
        wanted = int(row.height) + int(row.pad_bottom), int(row.width) + int(row.pad_right)
        problem: Exception | None = None
        for opening in dict.fromkeys((self._opening, *OPENINGS)):
            try:
                source = open_source(path, opening)
            except SourceError as error:
                problem = problem or DatasetError(f"tile {row.tile}: {path}: {error}")
                continue
            if source.info.plane_shape == wanted and self._is_one_plane(source):
                return source, opening
            source.close()
            problem = problem or DatasetError(_size_sentence(row, path, source, wanted))
        assert problem is not None
        raise problem

    def _form_of(self, source: Source) -> PixelForm:
        info = source.info
        channels = info.length("C") if info.length("C") > 1 else 0
        return PixelForm(info.dtype, channels, info.is_rgb or (self._keeps_colour and not info.has_channels))

    def _is_one_plane(self, source: Source) -> bool:
        """Tell whether a file is a plane as it is: no stack, and no channels of numbers that were taken for colours."""
        info = source.info
        if info.length("Z") * info.length("T") > 1:
            return False
        is_whole = not any(ALPHA_LEFT_OUT in note for note in info.notes)
        return not info.is_rgb or info.dtype.kind != "f" or (self._in_colour and is_whole)


def _size_sentence(row: TileRow, path: Path, source: Source, wanted: tuple[int, int]) -> str:
    height, width = source.info.plane_shape
    planes = source.info.length("Z") * source.info.length("T")
    if (height, width) == wanted and planes > 1:
        return f"{path} holds {planes} planes: the result of tile {row.tile} is one"
    return f"{path} is {height} × {width} px, its tile {row.tile} is {wanted[0]} × {wanted[1]} px"
