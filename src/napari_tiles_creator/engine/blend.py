"""Weights that let overlapping tiles fade into each other.

The weight of a tile is a product of one weight a row and one a column, so the sum over a grid factors, too:
dividing each axis's weights by their sum makes a constant stay that constant for every size, overlap and policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.edges import TiledAxis

Blend = Literal["linear", "hann", "mean", "core"]
BLENDS: tuple[Blend, ...] = get_args(Blend)


def check_blend(blend: str, dtype: np.dtype[Any]) -> None:
    """Raise ValueError for an unknown blend, or one whose sums cannot hold the values of this type exactly."""
    if blend not in BLENDS:
        raise ValueError(f"blend must be one of {', '.join(BLENDS)}, not {blend!r}")
    if dtype.kind in "ui" and dtype.itemsize > 4 and blend != "core":
        raise ValueError(f"{dtype} values are too large to be averaged exactly: use blend 'core'")
    if dtype.kind not in "buif":
        raise ValueError(f"{dtype} tiles cannot be merged")


def sum_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which weighted tiles of a type are summed: float32 up to 16 bits, float64 above."""
    return np.dtype(np.float32 if dtype.itemsize <= 2 or dtype == np.float32 else np.float64)


def axis_weights(axis: TiledAxis, blend: Blend) -> list[NDArray[np.float64]]:
    """Return, for each tile along an axis, its weights (pixels in the plane), which sum to 1 at every pixel."""
    raw = [_raw_weights(axis, i, blend) for i in range(axis.count)]
    total = np.zeros(axis.length)
    for i, weights in enumerate(raw):
        total[axis.start(i) : axis.stop(i)] += weights
    return [weights / total[axis.start(i) : axis.stop(i)] for i, weights in enumerate(raw)]


def _raw_weights(axis: TiledAxis, i: int, blend: Blend) -> NDArray[np.float64]:
    """Return positive weights that fall towards the neighbours over the real overlap with each."""
    start, stop = axis.start(i), axis.stop(i)
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
