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

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.grid import TileGrid

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


class Canvas:
    """A plane that tiles are added to.

    Parameters
    ----------
    shape : tuple of int
        ``(height, width)`` of the plane, px.
    blend : Blend
        How shared pixels are combined.
    grid : TileGrid or None
        Where tiles lie; None for scattered tiles, whose shared pixels are averaged.
    """

    def __init__(self, shape: tuple[int, int], blend: Blend, grid: TileGrid | None = None) -> None:
        self._shape, self._blend, self._grid = shape, blend, grid
        self._axes = grid and (axis_weights(grid.rows, blend), axis_weights(grid.columns, blend))
        self._deepest = deepest(grid.rows) * deepest(grid.columns) if grid else math.inf
        self._total: NDArray[Any] | None = None
        self._weights = np.zeros(shape, np.float64)
        self._dtype = np.dtype(np.uint8)

    def add(self, pixels: NDArray[Any], box: Box, place: tuple[int, int] | None = None) -> None:
        """Add a tile.

        Parameters
        ----------
        pixels : array (y, x[, c])
            Its pixels, without padding.
        box : Box
            Where they lie.
        place : tuple of int, optional
            Row and column in the grid.

        Raises
        ------
        ValueError
            If tiles differ in type or channels, or the blend cannot keep the type's values.
        """
        if self._total is None:
            check_blend(self._blend, pixels.dtype)
            self._dtype = pixels.dtype
            exact = self._blend == "core" and self._grid is not None
            summed = pixels.dtype if exact else sum_type(pixels.dtype, self._deepest)
            self._total = np.zeros((*self._shape, *pixels.shape[2:]), summed)
        if pixels.dtype != self._dtype or pixels.shape[2:] != self._total.shape[2:]:
            raise ValueError(f"tiles differ: {pixels.dtype} {pixels.shape[2:]}, not {self._dtype}")
        if self._blend == "core" and self._grid is not None and place is not None:
            core = self._grid.at(*place).core
            self._total[core.slices] = pixels[core.moved(-box.y, -box.x).slices]
            self._weights[core.slices] = 1
            return
        weight = np.ones(box.shape)
        if self._axes and place is not None:
            weight = self._axes[0][place[0]][:, None] * self._axes[1][place[1]]
        self._weights[box.slices] += weight
        self._total[box.slices] += pixels * like(weight, pixels).astype(self._total.dtype)

    @property
    def gaps(self) -> int:
        """Number of pixels in no tile so far."""
        return int(np.count_nonzero(self._weights == 0))

    def finished(self, fill: float = 0.0) -> NDArray[Any]:
        """Return the plane in the tiles' type, rounded for integers; `fill` stands in the gaps."""
        if self._total is None:
            return np.full(self._shape, fill, np.float32)
        gaps = self._weights == 0
        total = self._total
        if not np.allclose(self._weights, 1):  # a tile was missing, or tiles are scattered
            divisor = np.where(gaps, 1, self._weights)
            total = total if total.dtype == self._dtype and self._dtype.kind != "f" else total / like(divisor, total)
        total = rounded(total, self._dtype)
        if gaps.any():
            total[gaps] = self._fill_value(fill)
        return total

    def _fill_value(self, fill: float) -> Any:
        """Return the fill in the tiles' type; ValueError where that cannot hold it."""
        if self._dtype.kind in "ui":
            limits = np.iinfo(self._dtype)
            if not (limits.min <= fill <= limits.max and float(fill).is_integer()):
                raise ValueError(f"{self._dtype} tiles cannot hold {fill:g}, the value for missing tiles")
        return self._dtype.type(fill)


def like(weight: NDArray[Any], pixels: NDArray[Any]) -> NDArray[Any]:
    """Return weights (y, x) so that they multiply pixels (y, x[, c])."""
    return weight.reshape(weight.shape + (1,) * (pixels.ndim - 2))


def rounded(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return sums in the type of the tiles, integers rounded and saturated."""
    if dtype.kind == "b" and values.dtype != dtype:
        return values > 0.5
    return to_type(values, dtype.name)
