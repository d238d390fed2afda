"""A source file as an image that is read when it is looked at."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.back.planes import LazyPlanes
from napari_tiles_creator.sources.registry import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box


class SourceImage(LazyPlanes):
    """All planes of a source: time, depth and channel first, as far as it has them.

    Parameters
    ----------
    path : Path
        The file.
    series : int, default 0
        Which image of a file that holds several.
    rgb : bool or None, default None
        Whether a last axis of 3 or 4 samples is colour; None takes the file's word.
    step : int, default 1
        Only every so many-th pixel is there.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """

    def __init__(self, path: Path, series: int = 0, rgb: bool | None = None, step: int = 1) -> None:
        self._opened = open_source(path, series, rgb)
        weakref.finalize(self, self._opened.close)  # a viewer's layer tells nobody when it is done
        self.info = info = self._opened.info
        self._asked = (path, series, rgb)
        self.front = "".join(axis for axis in "TZC" if axis in info.axes)
        lengths = tuple(info.length(axis) for axis in self.front)
        super().__init__(lengths, info.plane_shape, 3 if info.is_rgb else 0, info.dtype, step)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes, samples left out."""
        return (*self.front.lower(), "y", "x")

    def thinned(self, step: int) -> SourceImage:
        """Return the same image with only every so many-th pixel."""
        return SourceImage(*self._asked, step)

    def read_plane(self, position: tuple[int, ...], box: Box, step: int) -> NDArray[Any]:
        """Read a rectangle; see `LazyPlanes.read_plane`."""
        at = dict(zip(self.front, position, strict=True))
        pixels = self._opened.read(box, at.get("Z", 0), at.get("T", 0), at.get("C"))
        return pixels[::step, ::step]
