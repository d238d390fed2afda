"""A sample mosaic: some sources of a folder, drawn at random, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.pictures.lettering import elided, font, png
from napari_tiles_creator.engine.pictures.thumbnail import thumbnail
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.media import Media

BACKGROUND = (38, 38, 38)
LETTERS = (225, 225, 225)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Where a source lies in a mosaic.

    Parameters
    ----------
    source : str
        Path relative to the media folder.
    path : Path
        The file.
    box : Box
        Its picture, mosaic pixels.
    """

    source: str
    path: Path
    box: Box


@dataclass(frozen=True)
class Mosaic:
    """Pictures of some sources in square cells.

    Parameters
    ----------
    pixels : array (y, x, 3), uint8
        The picture; whole cells high and wide, at least one.
    thumbnails : tuple of Thumbnail
        The sources in it, row by row, in the order of the folder; empty where none could be shown.
    failed : tuple of Failure
        The sources that cannot be shown: those with an unreadable header, and of those drawn the damaged ones.
    cell_px : int
        Side of a cell.
    """

    pixels: NDArray[np.uint8]
    thumbnails: tuple[Thumbnail, ...]
    failed: tuple[Failure, ...]
    cell_px: int


def make_mosaic(
    scanned: Sequence[Scanned], media: Media, *, count: int = 25, seed: int = 0, cell_px: int = 256
) -> Mosaic:
    """Show up to `count` sources, close to a square of cells.

    Only the files that are drawn are opened, one after the other. Each keeps its proportions and has a contrast of
    its own; small images are enlarged.

    Parameters
    ----------
    scanned : sequence of Scanned
        What `scan` found.
    media : Media
        The recipe's section that `scan` was given.
    count : int, default 25
        How many sources are drawn at random, at least 1; all where there are fewer.
    seed : int, default 0
        Seed of the draw.
    cell_px : int, default 256
        Side of a cell, px, at least 8.

    Raises
    ------
    ValueError
        If a number is out of its range.
    """
    if count < 1 or cell_px < 8:
        raise ValueError(f"count must be 1 or more and cell_px 8 or more, not {count} and {cell_px}")
    failed = [Failure(item.found.name, item.problem) for item in scanned if item.info is None]
    shown: list[tuple[Scanned, NDArray[np.uint8]]] = []
    gap = max(1, cell_px // 64)
    for item in _drawn([item for item in scanned if item.info is not None], count, seed):
        try:
            shown.append((item, thumbnail(item, media, cell_px - 2 * gap)))
        except SourceError as error:
            failed.append(Failure(item.found.name, str(error)))
    columns = max(1, math.isqrt(len(shown) - 1) + 1 if shown else 1)
    rows = max(1, -(-len(shown) // columns))
    pixels = np.full((rows * cell_px, columns * cell_px, 3), BACKGROUND, np.uint8)
    thumbnails = []
    for number, (item, picture) in enumerate(shown):
        row, column = divmod(number, columns)
        height, width = picture.shape[:2]
        box = Box(row * cell_px + (cell_px - height) // 2, column * cell_px + (cell_px - width) // 2, height, width)
        pixels[box.slices] = picture
        thumbnails.append(Thumbnail(item.found.name, item.found.path, box))
    return Mosaic(pixels, tuple(thumbnails), tuple(failed), cell_px)


def picture(mosaic: Mosaic) -> bytes:
    """Return the mosaic as a PNG file, the name of each source under its picture."""
    from PIL import Image, ImageDraw

    cell = mosaic.cell_px
    letters_px = max(9, cell // 18)
    line_px = letters_px + letters_px // 2
    rows, columns = (length // cell for length in mosaic.pixels.shape[:2])
    sheet = Image.new("RGB", (columns * cell, rows * (cell + line_px)), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for row in range(rows):
        strip = np.ascontiguousarray(mosaic.pixels[row * cell : (row + 1) * cell])
        sheet.paste(Image.fromarray(strip), (0, row * (cell + line_px)))
    for thumb in mosaic.thumbnails:
        row, column = thumb.box.y // cell, thumb.box.x // cell
        at = (column * cell + cell / 2, row * (cell + line_px) + cell + line_px * 0.35)
        text = elided(thumb.source, letters_px, cell * 0.94)
        draw.text(at, text, fill=LETTERS, font=font(letters_px), anchor="mm")
    return png(sheet)


def _drawn(readable: list[Scanned], count: int, seed: int) -> list[Scanned]:
    """Return the sources that are drawn, in their order."""
    if count >= len(readable):
        return readable
    rng = np.random.default_rng(seed)
    return [readable[i] for i in sorted(rng.choice(len(readable), count, replace=False))]
