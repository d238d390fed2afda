"""Images whose every pixel tells where it is, so that any tile can be checked exactly."""

from __future__ import annotations

import numpy as np


def coordinate_image(height: int, width: int, *outer: int, dtype: str = "uint32") -> np.ndarray:
    """Return an array (*outer, y, x): the number of each pixel in C order, as far as the type can count."""
    count = int(np.prod(outer, dtype=np.int64)) * height * width
    numbers = np.arange(count, dtype=np.int64)
    if np.dtype(dtype).kind in "ui":
        numbers %= np.iinfo(dtype).max + 1
    return numbers.astype(dtype).reshape(*outer, height, width)
