"""An array in chunks that notes what is read of it, so that a test can tell how often each chunk is decoded."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np


class ChunkedArray:
    """An array that insists on being read by whole chunks.

    Parameters
    ----------
    pixels : array
        The values.
    chunks : tuple of int
        Length of a chunk along each axis.
    """

    def __init__(self, pixels: np.ndarray, chunks: tuple[int, ...]) -> None:
        self.pixels, self.chunks = pixels, chunks
        self.shape, self.dtype = pixels.shape, pixels.dtype
        self.reads = np.zeros(pixels.shape, int)
        self._lock = threading.Lock()

    def __getitem__(self, index: tuple[Any, ...]) -> np.ndarray:
        for at, chunk, length in zip(index, self.chunks, self.shape, strict=True):
            if isinstance(at, slice):
                start, stop, _ = at.indices(length)
                assert start % chunk == 0
                assert stop % chunk == 0 or stop == length
        with self._lock:
            self.reads[index] += 1
        return self.pixels[index]
