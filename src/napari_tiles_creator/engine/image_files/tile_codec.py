"""The bytes of a TIFF tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMPRESSIONS = ("zlib", "zstd", "lzw", "none")
# Of libdeflate: more takes twice the time for hardly less; of floats, whose last digits are noise, level 1 comes within
# a hundredth of level 4 in two thirds of its time.
DEFLATE_LEVEL, DEFLATE_LEVEL_OF_FLOATS, ZSTD_LEVEL = 4, 1, 3
# TIFF tag 317 by kind of type: differences of integers, and of the bytes of floats; bits have none.
PREDICTORS = {"u": 2, "i": 2, "f": 3, "b": 1}


def predictor_of(dtype: np.dtype[Any], compression: str) -> int:
    """Return the value of TIFF's predictor tag."""
    return 1 if compression == "none" else PREDICTORS[dtype.kind]


def encoded(tile: NDArray[Any], compression: str) -> bytes:
    """Return a tile as TIFF holds it.

    Parameters
    ----------
    tile : array (y, x, samples)
        A whole tile, its width a multiple of 8.
    compression : str
        One of `COMPRESSIONS`.
    """
    import imagecodecs

    tile = np.ascontiguousarray(tile, tile.dtype.newbyteorder("<"))
    predictor = predictor_of(tile.dtype, compression)
    if tile.dtype.kind == "b":
        data: Any = np.packbits(tile[..., 0], axis=1)
    elif predictor == 2:
        data = imagecodecs.delta_encode(tile, axis=1)
    elif predictor == 3:
        data = imagecodecs.floatpred_encode(tile, axis=1)
    else:
        data = tile
    if compression == "zlib":
        level = DEFLATE_LEVEL_OF_FLOATS if tile.dtype.kind == "f" else DEFLATE_LEVEL
        result: bytes = imagecodecs.deflate_encode(data, level)
        return result
    if compression == "zstd":
        return bytes(imagecodecs.zstd_encode(data, ZSTD_LEVEL))
    if compression == "lzw":
        return bytes(imagecodecs.lzw_encode(data))
    return bytes(memoryview(data).cast("B"))
