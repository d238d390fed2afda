"""Formats without random access: decoded whole once, then read by rectangle from memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.base import SourceInfo


class WholeSource:
    """A file that must be decoded as a whole.

    Parameters
    ----------
    info : SourceInfo
        What the header says.
    decode : callable
        Returns the pixels, array (y, x) or (y, x, s); called once, at the first read.

    Attributes
    ----------
    decoded_segments : int
        How often the file was decoded.
    """

    def __init__(self, info: SourceInfo, decode: Callable[[], NDArray[Any]]) -> None:
        self.info = info
        self.decoded_segments = 0
        self._decode = decode
        self._pixels: NDArray[Any] | None = None
        self._lock = threading.Lock()

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle; see `Source.read`."""
        with self._lock:
            if self._pixels is None:
                self._pixels = self._decoded()
        pixels = self._pixels[box.slices]
        return pixels if channel is None else pixels[..., channel]

    def close(self) -> None:
        """Forget the pixels."""
        self._pixels = None

    def _decoded(self) -> np.ndarray[Any, Any]:
        self.decoded_segments += 1
        name = self.info.path.name
        try:
            pixels = self._decode()
        except (SourceError, MemoryError):
            raise
        except Exception as error:  # codecs raise whatever they like
            raise SourceError(f"{name} cannot be decoded: {' '.join(str(error).split())}") from error
        if self.info.is_rgb:
            pixels = pixels[..., :3]
        if pixels.shape != self.info.shape:
            raise SourceError(f"{name} is damaged: {pixels.shape} pixels where its header says {self.info.shape}")
        return pixels.astype(self.info.dtype, copy=False)
