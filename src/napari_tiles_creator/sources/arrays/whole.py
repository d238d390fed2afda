"""Formats without random access: decoded whole once, then read by rectangle from memory."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.arrays.memory import check_memory
from napari_tiles_creator.sources.headers.axes import axes_of_array
from napari_tiles_creator.sources.wording import size_text, undecoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import DTypeLike, NDArray

    from napari_tiles_creator.sources.base import Opening


class WholeImage:
    """An image that is decoded when one of its pixels is asked for, and kept until it is forgotten.

    Parameters
    ----------
    path : Path
        The file.
    shape : tuple of int
        What its header says, array order.
    dtype : dtype
        Type of the pixels.
    decode : callable
        Returns the pixels; called once.
    needed_bytes : int
        Memory that decoding takes at its peak.
    """

    def __init__(
        self,
        path: Path,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        decode: Callable[[], NDArray[Any]],
        needed_bytes: int,
    ) -> None:
        self.shape, self.dtype, self.chunks = shape, dtype, shape
        self.decoded = 0
        self._path, self._decode, self._needed_bytes = path, decode, needed_bytes
        self._pixels: NDArray[Any] | None = None
        self._lock = threading.Lock()

    def __getitem__(self, index: Any) -> NDArray[Any]:
        with self._lock:
            if self._pixels is None:
                self._pixels = self._decoded_pixels()
            pixels = self._pixels
        part: NDArray[Any] = pixels[index]
        return part

    def forget(self) -> None:
        """Release the pixels."""
        with self._lock:
            self._pixels = None

    def _decoded_pixels(self) -> NDArray[Any]:
        name = self._path.name
        check_memory(name, self._needed_bytes)
        self.decoded += 1
        try:
            pixels = self._decode()
        except SourceError:
            raise
        except MemoryError as error:
            raise SourceError(
                f"{name}: decoding it takes {size_text(self._needed_bytes)} of memory at once, which are not there"
            ) from error
        except Exception as error:  # codecs raise whatever they like
            raise SourceError(undecoded(name, error, self._path)) from error
        if pixels.shape != self.shape:
            raise SourceError(f"{name} is damaged: {pixels.shape} pixels where its header says {self.shape}")
        return pixels.astype(self.dtype, copy=False)


class WholeSource(ArraySource):
    """A file that must be decoded as a whole."""

    @property
    def decoded_segments(self) -> int:
        """How often the file was decoded."""
        image: WholeImage = self.arrays[0]
        return image.decoded


def whole_source(
    path: Path,
    opening: Opening,
    decode: Callable[[], NDArray[Any]],
    *,
    axes: str,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    extra_bytes: int = 0,
    name: str = "",
    **known: Any,
) -> WholeSource:
    """Return a source that is decoded whole at its first read.

    Parameters
    ----------
    path : Path
        The file.
    opening : Opening
        How it is to be understood: its `axes` and `rgb` go before the file's word.
    decode : callable
        Returns the pixels in the shape that is stated here.
    axes : str
        What the file says, such as ``"YXS"`` with colours (a fourth is alpha and left out) or ``"YXC"`` with channels;
        empty where it does not tell.
    shape : tuple of int
        What the header says.
    dtype : numpy type
        Type of the pixels.
    extra_bytes : int
        Memory that the decoder takes besides the pixels.
    name : str
        What to call it in a question, where that is not the file's name.
    **known
        More fields of `SourceInfo`.

    Raises
    ------
    SourceError
        If the pixels cannot be tiled, or their axes are not clear.
    """
    needed = math.prod(shape) * np.dtype(dtype).itemsize + extra_bytes
    image = WholeImage(path, shape, np.dtype(dtype), decode, needed)
    axes = axes_of_array(name or path.name, shape, tuple(axes), opening)
    source = source_of(path, [image], axes, whole_bytes=needed, **known)
    return WholeSource(source.info, source.arrays, source.axes, release=image.forget)


def file_content(path: Path) -> NDArray[np.uint8]:
    """Return a file's bytes without holding them in memory.

    Returns
    -------
    content : array (byte,), uint8, read only
    """
    return np.memmap(path, np.uint8, "r")
