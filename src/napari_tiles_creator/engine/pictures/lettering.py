"""Text in pictures, and pictures as PNG files."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL import Image, ImageDraw, ImageFont

    Colour = tuple[int, int, int]
    Mark = Literal["outlined", "filled", "dashed", "hatched up", "hatched down"]

# What Pillow's own font (Aileron, since 10.1) can show, and what stands in for common letters that it lacks.
GLYPHS = frozenset([*map(chr, range(0x20, 0x7F)), *"©«°±´·»‘’“”…‹›™"])
STAND_IN = {"µ": "u", "μ": "u", "×": "x", "–": "-", "—": "-", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "œ": "oe"}


LETTERS, FAINT_LETTERS = (235, 235, 235), (178, 178, 178)
TITLE_PX, TEXT_PX, LINE_PX = 19, 15, 23
GAP = "   ·   "


@dataclass(frozen=True, slots=True)
class Key:
    """What a colour in a picture means; drawn as a small square of it and the words."""

    colour: Colour
    meaning: str
    mark: Mark = "outlined"


@lru_cache(maxsize=8)
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font: the same on every machine."""
    from PIL import ImageFont

    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size=size_px))


def legible(text: str) -> str:
    """Return the text in letters that the font has: without accents, other scripts as ``?``."""
    return "".join(letter if letter in GLYPHS else _plain(letter) for letter in text)


def _plain(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", STAND_IN.get(letter, letter))
    return "".join(part if part in GLYPHS else "?" for part in parts if not unicodedata.combining(part))


def elided(text: str, size_px: int, width_px: float) -> str:
    """Return the text in the font's letters, its middle as ``…`` where it is wider than `width_px`."""
    text = legible(text)
    if font(size_px).getlength(text) <= width_px:
        return text
    # Of a file's name the end tells more than the middle: it holds numbers and the extension.
    for kept in range(len(text) - 1, 0, -1):
        tail = kept * 3 // 5
        short = f"{text[: kept - tail]}…{text[len(text) - tail :]}"
        if font(size_px).getlength(short) <= width_px:
            return short
    return ""


def png(picture: Image.Image) -> bytes:
    """Return a picture as the bytes of a PNG file."""
    file = io.BytesIO()
    picture.save(file, format="PNG", compress_level=3)  # a third of the time, hardly larger
    return file.getvalue()


def captioned(
    art: Image.Image,
    width_px: int,
    margin_px: int,
    title: str,
    facts: Sequence[str],
    keys: Sequence[Key],
    background: Colour,
) -> bytes:
    """Return a picture with a caption under it as a PNG file.

    Parameters
    ----------
    art : Image
        The picture, RGB, at most ``width_px - 2 * margin_px`` wide.
    width_px, margin_px : int
        Width of the whole, and of the free space around the picture, px.
    title : str
        The first line, shortened where it is too long.
    facts : sequence of str
        What is said under it, as many to a line as fit.
    keys : sequence of Key
        What the colours mean.
    background : tuple of int
        Red, green, blue.
    """
    from PIL import Image, ImageDraw

    room = width_px - 2 * margin_px
    lines = list(_lines(facts, room))
    rows = list(_key_rows(keys, room))
    caption_px = TITLE_PX + 14 + LINE_PX * (len(lines) + len(rows)) + (4 if rows else 0)
    sheet = Image.new("RGB", (width_px, art.height + caption_px + 2 * margin_px), background)
    sheet.paste(art, ((width_px - art.width) // 2, margin_px))
    draw = ImageDraw.Draw(sheet)
    y = art.height + 2 * margin_px
    draw.text((margin_px, y), elided(title, TITLE_PX, room), fill=LETTERS, font=font(TITLE_PX))
    y += TITLE_PX + 8
    for line in lines:
        draw.text((margin_px, y), line, fill=LETTERS, font=font(TEXT_PX))
        y += LINE_PX
    y += 4
    for row in rows:
        for x, key in row:
            _draw_key(draw, margin_px + x, y, key)
        y += LINE_PX
    return png(sheet)


def _lines(facts: Sequence[str], room_px: int) -> Iterator[str]:
    """Yield lines of facts, as many on each as fit."""
    line = ""
    for fact in map(legible, facts):
        longer = line + GAP + fact if line else fact
        if line and font(TEXT_PX).getlength(longer) > room_px:
            yield line
            longer = fact
        line = longer
    if line:
        yield elided(line, TEXT_PX, room_px)


def _key_rows(keys: Sequence[Key], room_px: int) -> Iterator[list[tuple[int, Key]]]:
    """Yield rows of keys and where each begins, px."""
    row: list[tuple[int, Key]] = []
    x = 0
    for key in keys:
        width = 24 + round(font(TEXT_PX).getlength(legible(key.meaning)))
        if row and x + width > room_px:
            yield row
            row, x = [], 0
        row.append((x, key))
        x += width + 26
    if row:
        yield row


def _draw_key(draw: ImageDraw.ImageDraw, x: int, y: int, key: Key) -> None:
    left, top, right, bottom = x, y + 2, x + 14, y + 16
    if key.mark == "filled":
        draw.rectangle((left, top, right, bottom), fill=key.colour)
    elif key.mark == "outlined":
        draw.rectangle((left, top, right, bottom), outline=key.colour, width=3)
    elif key.mark == "dashed":
        for start in (0, 6, 12):
            for line in (top, bottom - 1):
                draw.line([(left + start, line), (left + start + 2, line)], key.colour, 2)
            for line in (left, right - 1):
                draw.line([(line, top + start), (line, top + start + 2)], key.colour, 2)
    else:
        for start in range(0, 29, 7):
            a, b = max(0, start - 14), min(14, start)
            up = key.mark == "hatched up"
            y0, y1 = (top + b, top + a) if up else (bottom - b, bottom - a)
            draw.line([(left + a, y0), (left + b, y1)], key.colour, 2)
    draw.text((x + 24, y), legible(key.meaning), fill=FAINT_LETTERS, font=font(TEXT_PX))
