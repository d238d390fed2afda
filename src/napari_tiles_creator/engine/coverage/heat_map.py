"""The coverage of every tile as a picture: a colour a tile, on the shape of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.coverage.coverage import shares_of
from napari_tiles_creator.engine.coverage.words import facts, verdict
from napari_tiles_creator.engine.pictures.lettering import FAINT_LETTERS, LETTERS, TEXT_PX, Key, captioned, font

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image, ImageDraw

    from napari_tiles_creator.engine.coverage.coverage import Coverage
    from napari_tiles_creator.engine.pictures.lettering import Colour

# Longest side of the map, px; smaller planes are enlarged to it by whole numbers.
MAP_PX = 1000
SHEET_PX, MARGIN_PX, BAR_PX, SCALE_PX = 1180, 24, 22, 96
BACKGROUND, OUTSIDE = (38, 38, 38), (84, 84, 84)
# Viridis at every sixteenth (S. van der Walt, N. Smith, CC0): as light as it is much, also for the colour-blind.
VIRIDIS = np.array(
    [
        (68, 1, 84), (72, 24, 106), (71, 45, 123), (66, 64, 134), (59, 82, 139), (51, 99, 141), (44, 114, 142),
        (38, 130, 142), (33, 145, 140), (31, 160, 136), (40, 174, 128), (63, 188, 115), (94, 201, 98), (132, 212, 75),
        (173, 220, 48), (216, 226, 25), (253, 231, 37),
    ],
    np.float64,
)  # fmt: skip


def heat_map(coverage: Coverage, title: str) -> bytes:
    """Return a PNG picture: the map, a scale of its colours with the threshold, and the figures.

    Where there are more tiles than pixels of the picture, several tiles share a colour. Needs ``coverage.outline``.

    Parameters
    ----------
    coverage : Coverage
        What was measured, with the outline of the body.
    title : str
        What it is of, such as the names of the files.
    """
    from PIL import Image

    map_ = _map(coverage)
    height = max(len(map_), 260)
    art = Image.new("RGB", (map_.shape[1] + SCALE_PX, height), BACKGROUND)
    art.paste(Image.fromarray(map_), (0, 0))
    _draw_scale(art, map_.shape[1] + 18, min(height, 600), coverage.threshold)
    lines = [title, *facts(coverage), f"tiles of {coverage.size[0]} x {coverage.size[1]} px"]
    keys = [Key(OUTSIDE, "no body", "filled")]
    width = max(art.width + 2 * MARGIN_PX, 640)
    sentence = verdict(coverage)
    return captioned(art, width, MARGIN_PX, sentence[0].upper() + sentence[1:], lines, keys, BACKGROUND)


def coloured(shares: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the colours of shares from 0 to 1, NaN as 0: array (..., 3), red, green, blue."""
    stops, shares = np.linspace(0, 1, len(VIRIDIS)), np.nan_to_num(shares)
    return np.rint(np.stack([np.interp(shares, stops, VIRIDIS[:, i]) for i in range(3)], axis=-1)).astype(np.uint8)


def _map(coverage: Coverage) -> NDArray[np.uint8]:
    """Return the map: array (y, x, 3)."""
    outline = coverage.outline
    if outline is None:
        raise ValueError("a heat map needs coverage.outline: ask for outline_px")
    rows, columns = (
        _tiles_shown(new, old, size)
        for new, old, size in zip(outline.shape, coverage.shape, coverage.size, strict=True)
    )
    # Of tiles smaller than a pixel of the picture, all that it stands for are put together, not one of them shown.
    (row_starts, row_of), (column_starts, column_of) = (
        np.unique(places, return_inverse=True) for places in (rows, columns)
    )
    row_starts[0] = column_starts[0] = 0
    inside, body = (
        np.add.reduceat(np.add.reduceat(counts, row_starts, axis=0), column_starts, axis=1)
        for counts in (coverage.inside, coverage.body)
    )
    colours = coloured(shares_of(inside, body))[np.ix_(row_of, column_of)]
    pixels = np.where(outline[..., None], colours, np.uint8(OUTSIDE[0])).astype(np.uint8)
    enlarged = max(1, MAP_PX // max(outline.shape))
    return pixels.repeat(enlarged, axis=0).repeat(enlarged, axis=1)


def _tiles_shown(new: int, old: int, size: int) -> NDArray[np.intp]:
    """Return the tile that each pixel of the picture shows along an axis, or the first of several."""
    first = np.arange(new) * old // new
    middle = (2 * np.arange(new) + 1) * old // (2 * new)
    shown: NDArray[np.intp] = (middle if size * new >= old else first) // size
    return shown


def _draw_scale(art: Image.Image, x: int, height: int, threshold: float) -> None:
    """Draw the colours from 0 % at the bottom to 100 %, and a mark at the threshold."""
    from PIL import Image, ImageDraw

    top, length = 12, height - 24
    colours = coloured(np.linspace(1, 0, length))
    art.paste(Image.fromarray(np.repeat(colours[:, None], BAR_PX, axis=1)), (x, top))
    draw = ImageDraw.Draw(art)
    mark_y = _at(threshold, top, length)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = _at(share, top, length)
        if abs(y - mark_y) >= TEXT_PX + 2:
            _tick(draw, x, y, f"{share:.0%}".replace("%", " %"), FAINT_LETTERS)
    draw.line([(x - 5, mark_y), (x + BAR_PX, mark_y)], LETTERS, 3)
    draw.polygon([(x - 5, mark_y), (x - 13, mark_y - 6), (x - 13, mark_y + 6)], LETTERS)
    _tick(draw, x, mark_y, f"{threshold * 100:.3g} %", LETTERS)


def _at(share: float, top: int, length: int) -> int:
    return round(top + (1 - share) * (length - 1))


def _tick(draw: ImageDraw.ImageDraw, x: int, y: int, text: str, colour: Colour) -> None:
    draw.line([(x + BAR_PX, y), (x + BAR_PX + 5, y)], colour, 1)
    draw.text((x + BAR_PX + 9, y), text, fill=colour, font=font(TEXT_PX), anchor="lm")
