"""A sample mosaic: some sources of a folder, drawn at random, side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from napari_tiles_creator.engine.pictures.lettering import elided, font, png
from napari_tiles_creator.engine.pictures.thumbnail import thumbnail
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.media import Media

T = TypeVar("T")

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
    cell : Box
        Its cell, mosaic pixels: room around the picture, and above it for a name.
    """

    source: str
    path: Path
    box: Box
    cell: Box


@dataclass(frozen=True)
class Mosaic:
    """Pictures of some sources in cells, which are square but for the room for names.

    Parameters
    ----------
    pixels : array (y, x, 3), uint8
        The picture; whole cells high and wide, at least one.
    thumbnails : tuple of Thumbnail
        The sources in it, row by row, in the order of the folder; empty where none could be shown.
    failed : tuple of Failure
        The sources that cannot be shown: those with an unreadable header, and of those drawn the damaged ones.
    cell_px : int
        Width of a cell.
    """

    pixels: NDArray[np.uint8]
    thumbnails: tuple[Thumbnail, ...]
    failed: tuple[Failure, ...]
    cell_px: int


def make_mosaic(
    scanned: Sequence[Scanned], media: Media, *, count: int = 25, seed: int = 0, cell_px: int = 256
) -> Mosaic:
    """Show up to `count` sources; see `mosaic_steps`."""
    return result_of(mosaic_steps(scanned, media, count=count, seed=seed, cell_px=cell_px))


def mosaic_steps(
    scanned: Sequence[Scanned],
    media: Media,
    *,
    count: int = 25,
    seed: int = 0,
    cell_px: int = 256,
    line_share: float = 0.0,
) -> Generator[tuple[int, int], None, Mosaic]:
    """Show up to `count` sources, close to a square of cells; returns the mosaic.

    Only the sources that are drawn are opened, one after the other. Each keeps its proportions and has a contrast of
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
        Width of a cell, px, at least 8.
    line_share : float, default 0
        Room for a line of text above each picture, as a share of the mosaic's height.

    Yields
    ------
    done, total : int
        How many of the sources that are drawn are through.

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
    chosen = drawn([item for item in scanned if item.info is not None], count, seed)
    for done, item in enumerate(chosen, start=1):
        try:
            shown.append((item, thumbnail(item, media, cell_px - 2 * gap)))
        except SourceError as error:
            failed.append(Failure(item.found.name, str(error)))
        yield done, len(chosen)
    return _arranged(shown, tuple(failed), cell_px, line_share)


def _arranged(
    shown: Sequence[tuple[Scanned, NDArray[np.uint8]]],
    failed: tuple[Failure, ...],
    cell_px: int,
    line_share: float,
) -> Mosaic:
    """Put pictures into their cells."""
    columns = max(1, math.isqrt(len(shown) - 1) + 1 if shown else 1)
    rows = max(1, -(-len(shown) // columns))
    line_px = round(line_share * rows * cell_px / (1 - line_share * rows))
    pixels = np.full((rows * (cell_px + line_px), columns * cell_px, 3), BACKGROUND, np.uint8)
    thumbnails = []
    for number, (item, art) in enumerate(shown):
        row, column = divmod(number, columns)
        cell = Box(row * (cell_px + line_px), column * cell_px, cell_px + line_px, cell_px)
        height, width = art.shape[:2]
        box = Box(cell.y + line_px + (cell_px - height) // 2, cell.x + (cell_px - width) // 2, height, width)
        pixels[box.slices] = art
        thumbnails.append(Thumbnail(item.found.name, item.found.path, box, cell))
    return Mosaic(pixels, tuple(thumbnails), failed, cell_px)


def drawn(items: Sequence[T], count: int, seed: int) -> list[T]:
    """Return so many of the items, drawn at random, in their order; all where there are no more."""
    if count >= len(items):
        return list(items)
    rng = np.random.default_rng(seed)
    return [items[i] for i in sorted(rng.choice(len(items), count, replace=False))]


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
