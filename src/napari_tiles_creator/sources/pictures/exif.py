"""EXIF: how a camera was held, and a resolution; read without decoding, believed with care."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator.sources.base import NO_PIXEL_SIZE
from napari_tiles_creator.sources.headers.orientation import ORIENTATIONS
from napari_tiles_creator.sources.headers.resolution import per_unit

if TYPE_CHECKING:
    from napari_tiles_creator.geometry.pixel_size import PixelSize

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
UM_PER_UNIT = {2: 25400.0, 3: 10000.0}


@dataclass(frozen=True, slots=True)
class Exif:
    """What is taken from a file's EXIF block.

    Parameters
    ----------
    orientation : int
        1 for pixels that are stored as they are shown.
    resolution : tuple of float
        Pixels in a unit along y and x, 0 where there is none.
    unit : int
        2 for inches, 3 for centimetres.
    """

    orientation: int = 1
    resolution: tuple[float, float] = (0.0, 0.0)
    unit: int = 2

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the pixels should know."""
        turn = ORIENTATIONS.get(self.orientation)  # TIFF's, EXIF's table being TIFF's tags
        if turn is None:
            return ()
        return (f"it wants to be shown {turn} (EXIF orientation {self.orientation}): it is tiled as it is stored",)

    @property
    def pixel_size(self) -> tuple[PixelSize | None, str]:
        """The pixel size where the resolution can be a microscope's, and where it comes from; see `believed`."""
        unit_um = UM_PER_UNIT.get(self.unit)
        return per_unit(*self.resolution, unit_um, "EXIF resolution") if unit_um else (None, NO_PIXEL_SIZE)


def parse_exif(block: bytes) -> Exif:
    """Return what an EXIF block says: a little TIFF, with or without its name before it; damage says nothing."""
    block = block.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return Exif()
    found: dict[int, float] = {}
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        (count,) = struct.unpack_from(order + "H", block, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", block, at)
            if tag in (ORIENTATION, RESOLUTION_UNIT) and kind == 3:
                found[tag] = struct.unpack_from(order + "H", block, at + 8)[0]
            elif tag in (X_RESOLUTION, Y_RESOLUTION) and kind == 5:
                (place,) = struct.unpack_from(order + "I", block, at + 8)
                above, below = struct.unpack_from(order + "II", block, place)
                found[tag] = above / below if below else 0.0
    except struct.error:  # cut short: what was found so far holds
        pass
    return Exif(
        int(found.get(ORIENTATION, 1)),
        (found.get(Y_RESOLUTION, 0.0), found.get(X_RESOLUTION, 0.0)),
        int(found.get(RESOLUTION_UNIT, 2)),
    )
