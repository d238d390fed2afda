"""What a header claims against what the file can hold: nothing is decoded that cannot be true or cannot fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.wording import size_text

if TYPE_CHECKING:
    from pathlib import Path

# Claims below this are decoded without a question: whatever is wrong with the file, the memory is there.
HARMLESS_BYTES = 2**24
# Parts of a file (chunks, boxes, markers) that are walked in search of its header: there are a few dozen of them.
MOST_PARTS = 2**14


def check_claim(path: Path, height: int, width: int, pixel_bytes: float, most: float) -> None:
    """Refuse a header whose pixels cannot be in the file.

    Parameters
    ----------
    path : Path
        The file.
    height, width : int
        What its header says, px.
    pixel_bytes : float
        Bytes a pixel takes once it is decoded.
    most : float
        Bytes that one byte of the file can become at the very best, by the format's own rules.

    Raises
    ------
    SourceError
        If there is no pixel, or the file is too short for them.
    """
    if height < 1 or width < 1:
        raise SourceError(f"{path.name} is damaged: its header says {width} × {height} px")
    decoded, stored = height * width * pixel_bytes, path.stat().st_size
    if decoded > HARMLESS_BYTES and decoded > most * stored:
        raise SourceError(
            f"{path.name} is damaged or cut short: its header claims {width} × {height} px, "
            f"but the file holds {size_text(stored)} only"
        )
