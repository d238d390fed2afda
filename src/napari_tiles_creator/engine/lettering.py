"""Text in pictures, and pictures as PNG files."""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PIL import Image, ImageFont

# What Pillow's own font (Aileron, since 10.1) can show, and what stands in for common letters that it lacks.
GLYPHS = frozenset([*map(chr, range(0x20, 0x7F)), *"©«°±´·»‘’“”…‹›™"])
STAND_IN = {"µ": "u", "μ": "u", "×": "x", "–": "-", "—": "-", "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "œ": "oe"}


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
    picture.save(file, format="PNG", optimize=False)
    return file.getvalue()
