"""Masks stored as run lengths: read by rectangle, 0 outside and 255 inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import NO_PIXEL_SIZE, SourceInfo
from napari_tiles_creator.sources.run_lengths.file import RunLengthFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.run_lengths import RunLengths
    from napari_tiles_creator.sources.base import Opening

OUTSIDE, INSIDE = 0, 255


def open_file(path: Path, opening: Opening) -> RunLengthSource:
    """Open a file of run lengths; see `registry.open_source`. It can be understood in one way only."""
    return RunLengthSource(path)


class RunLengthSource:
    """A mask of one plane, uint8.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._file = RunLengthFile(path)
        self.info = SourceInfo(
            path=path,
            axes="YX",
            shape=self._file.shape,
            dtype=np.dtype(np.uint8),
            pixel_size=self._file.pixel_size,
            pixel_size_from="run lengths" if self._file.pixel_size else NO_PIXEL_SIZE,
            chunk_rows=1,
            chunk_columns=1,
        )

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle; see `Source.read`."""
        out = np.zeros(box.shape, np.uint8)
        for y, part, block in self._parts(box):
            rows = out[y - box.y : y - box.y + part.height]
            np.negative(block.decode(part).view(np.int8), out=rows.view(np.int8))  # 1 becomes -1, which is 255
        return out

    def uniform_value(
        self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0
    ) -> int | float | None:
        """Return the one value of a rectangle, None where there are two; see `Source.uniform_value`."""
        found = {block.uniform_value(part) for _, part, block in self._parts(box)}
        if len(found) != 1 or None in found:
            return None
        return INSIDE if found.pop() else OUTSIDE

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _parts(self, box: Box) -> Iterator[tuple[int, Box, RunLengths]]:
        """Yield for each block that the box touches: the first row they share, the box in it, and its mask."""
        if not box.area:
            return
        for y, block in self._file.parts(box.y, box.y_stop):
            part = box.moved(-y, 0).intersection(Box(0, 0, *block.shape))
            yield y + part.y, part, block
