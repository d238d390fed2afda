"""A PNG file written row by row, at any size: 8 or 16 bit, grey or RGB."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.sinks.png import SIGNATURE, chunk, filtered, per_metre

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.image_files.layout import Layout

# Of zlib: more takes three times the time for hardly less.
LEVEL = 2


class PngFile:
    """A PNG file that is being written.

    Parameters
    ----------
    path : Path
        Where it goes.
    layout : Layout
        The image: one plane.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self._samples = layout.samples
        self._deflate = zlib.compressobj(LEVEL)
        height, width = layout.shapes[0]
        kind = 2 if layout.samples == 3 else 0
        self._file = path.open("wb")
        self._write(SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * layout.dtype.itemsize, kind, 0, 0, 0))
        if layout.pixel_size:
            self._chunk(b"pHYs", per_metre(layout.pixel_size))

    def plane(self, position: dict[str, int], bands: Iterable[NDArray[Any]]) -> Iterator[int]:
        """Write the plane; see `Output`."""
        done = 0
        for band in bands:
            pixels = band[0] if self._samples == 3 else band[0, ..., 0]
            data = self._deflate.compress(filtered(pixels, self._samples).data)
            if data:
                self._chunk(b"IDAT", data)
            done += len(pixels)
            yield done

    def finish(self) -> None:
        """Write what is left, and the end."""
        self._chunk(b"IDAT", self._deflate.flush())
        self._chunk(b"IEND", b"")
        self._file.flush()

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _chunk(self, name: bytes, data: bytes) -> None:
        for part in chunk(name, data):
            self._write(part)

    def _write(self, data: bytes) -> None:
        self._file.write(data)
