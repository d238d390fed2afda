"""Weights that let overlapping tiles fade into each other.

The weight of a tile is a product of one weight a row and one a column, so the sum over a grid factors, too:
dividing each axis's weights by their sum makes a constant stay that constant for every size, overlap and policy.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from napari_tiles_creator.engine.pixels.normalize import to_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.edges import TiledAxis

Blend = Literal["linear", "hann", "gaussian", "mean", "core", "max"]
BLENDS: tuple[Blend, ...] = get_args(Blend)
# Those that take values as they are, so that any type stays exact.
CHOOSING: tuple[Blend, ...] = ("core", "max")

# Width of the bell of `gaussian`, in tiles: that of nnU-Net's and MONAI's sliding windows.
_SIGMA = 1 / 8


def checked_blend(blend: str) -> Blend:
    """Return the blend of this name; ValueError where there is none."""
    if blend not in BLENDS:
        raise ValueError(f"blend must be one of {', '.join(BLENDS)}, not {blend!r}")
    return blend


def check_blend(blend: str, dtype: np.dtype[Any]) -> None:
    """Raise ValueError for an unknown blend, or one whose sums cannot hold the values of this type exactly."""
    checked_blend(blend)
    if dtype.kind in "ui" and dtype.itemsize > 4 and blend not in CHOOSING:
        raise ValueError(f"{dtype} values are too large to be averaged exactly: use blend 'core'")
    if dtype.kind not in "buif":
        raise ValueError(f"{dtype} tiles cannot be merged")


def sum_type(dtype: np.dtype[Any], deepest: float = math.inf) -> np.dtype[Any]:
    """Return the type in which weighted tiles of a type are summed: float32 where that is exact enough, else float64.

    Parameters
    ----------
    dtype : numpy dtype
        Type of the tiles.
    deepest : float, default inf
        Most tiles over one pixel. A sum of n terms in float32 is off by (n + 1)·2⁻²⁴ of itself: that must stay below
        half a grey level of integers, and at a few roundings of floats.
    """
    if dtype.kind == "f":
        return np.dtype(np.float32 if dtype.itemsize <= 4 and deepest <= 16 else np.float64)
    return np.dtype(np.float32 if (deepest + 1) * 2 ** (8 * dtype.itemsize) < 2**23 else np.float64)


def deepest(axis: TiledAxis) -> int:
    """Return the most tiles that lie over one pixel along an axis."""
    stops = [axis.stop(i) for i in range(axis.count)]
    return max(i + 1 - bisect_right(stops, axis.start(i)) for i in range(axis.count))


def axis_weights(axis: TiledAxis, blend: Blend) -> list[NDArray[np.float64]]:
    """Return, for each tile along an axis, its weights (pixels in the plane), which sum to 1 at every pixel."""
    raw = [_raw_weights(axis, i, blend) for i in range(axis.count)]
    total = np.zeros(axis.length)
    for i, weights in enumerate(raw):
        total[axis.start(i) : axis.stop(i)] += weights
    return [weights / total[axis.start(i) : axis.stop(i)] for i, weights in enumerate(raw)]


def _raw_weights(axis: TiledAxis, i: int, blend: Blend) -> NDArray[np.float64]:
    """Return positive weights that fall towards the neighbours: over the real overlap with each, or as a bell."""
    start, stop = axis.start(i), axis.stop(i)
    if blend == "gaussian":
        return _bell(stop - start + axis.padding(i))[: stop - start]
    weights = np.ones(stop - start)
    if blend not in ("linear", "hann"):
        return weights
    if i > 0:
        shared = axis.stop(i - 1) - start
        weights[:shared] *= _ramp(shared, blend)
    if i < axis.count - 1:
        shared = stop - axis.start(i + 1)
        weights[weights.size - shared :] *= _ramp(shared, blend)[::-1]
    return weights


def _ramp(length: int, blend: Blend) -> NDArray[np.float64]:
    """Return a rise over so many pixels: (k + ½) / length, or half a period of sin² at the same places."""
    position = (np.arange(length) + 0.5) / length if length else np.empty(0)
    return position if blend == "linear" else np.sin(np.pi / 2 * position) ** 2


def _bell(length: int) -> NDArray[np.float64]:
    """Return a Gaussian around the middle of a tile with its padding; exp(-8) is the least, at its borders."""
    from_middle = np.arange(length) - (length - 1) / 2
    weights: NDArray[np.float64] = np.exp(-0.5 * (from_middle / (_SIGMA * length)) ** 2)
    return weights


def rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return sums in the type of the tiles, integers rounded and saturated."""
    if dtype.kind == "b" and values.dtype != dtype:
        return values > 0.5
    return to_type(values, dtype.name)
