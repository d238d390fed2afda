"""Map values to the bounds and the type of the tiles, exactly and without wrapping."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.measure import Range, is_counted, measured, split_channels
from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.recipe.normalization import Normalization


@dataclass(frozen=True)
class Normalizer:
    """What turns calibrated pixels into a tile's values.

    Parameters
    ----------
    normalization : Normalization
        The recipe's section.
    dtype : str
        Type of the tiles.
    axes : str
        Axes of the tiles.
    source_dtype : numpy dtype
        Type of the calibrated pixels.
    ranges : tuple of Range, optional
        One for all, or one for each channel; None takes each tile's own (scope tile).
    """

    normalization: Normalization
    dtype: str
    axes: str
    source_dtype: np.dtype[Any]
    ranges: tuple[Range, ...] | None = None

    def __call__(self, pixels: NDArray[Any]) -> tuple[NDArray[Any], tuple[Range, ...]]:
        """Return the tile's values, and the ranges that were mapped (empty with scope none).

        Raises
        ------
        SourceError
            If a NaN meets an integer type.
        """
        if self.normalization.scope == "none":
            return to_type(pixels, self.dtype), ()
        # One range alone is for all channels: a recipe may give it so.
        shares_one = self.ranges is not None and len(self.ranges) == 1
        parts = split_channels(pixels, self.axes, self.normalization.per_channel and not shares_one)
        ranges = self.ranges or tuple(measured(part, self.normalization) for part in parts)
        if self.ranges and is_counted(self.source_dtype):
            done = [np.take(table, self._table_index(part)) for table, part in zip(self._tables, parts, strict=True)]
        else:
            done = [self._mapped(part, found) for part, found in zip(parts, ranges, strict=True)]
        return (np.stack(done) if self.axes == "CYX" and len(done) > 1 else done[0].reshape(pixels.shape)), ranges

    @property
    def padding_value(self) -> float:
        """What constant padding holds: the lower bound, in the tile's type."""
        return float(to_type(np.array([self.normalization.low]), self.dtype)[0])

    def _mapped(self, pixels: NDArray[Any], found: Range) -> NDArray[Any]:
        """Apply ``low + (x - lo) / (hi - lo) · (high - low)`` in float64, clip outside percentiles, convert."""
        low, high = self.normalization.bounds
        first, last = self.normalization.percentiles
        span = found.high - found.low
        if not span > 0:  # constant, or no finite pixel at all
            values = np.where(np.isnan(pixels), np.nan, low) if pixels.dtype.kind == "f" else np.full(pixels.shape, low)
            if last < 100:  # both percentiles fall on one value, as on a sparse image: what is brighter is clipped
                values[pixels > found.high] = high
            return to_type(values, self.dtype)
        values = pixels.astype(np.float64)
        values -= found.low
        values /= span
        values *= high - low
        values += low
        if first > 0:
            np.maximum(values, low, out=values)
        if last < 100:
            np.minimum(values, high, out=values)
        return to_type(values, self.dtype)

    @cached_property
    def _tables(self) -> list[NDArray[Any]]:
        """The tile value of every source value, for each range."""
        if self.source_dtype.kind == "b":
            every = np.array([False, True])
        else:
            limits = np.iinfo(self.source_dtype)
            every = np.arange(limits.min, limits.max + 1).astype(self.source_dtype)
        return [self._mapped(every, found) for found in self.ranges or ()]

    @staticmethod
    def _table_index(pixels: NDArray[Any]) -> NDArray[Any]:
        if pixels.dtype.kind == "b":
            return pixels.view(np.uint8)
        least = np.iinfo(pixels.dtype).min
        return pixels.astype(np.int32) - least if least else pixels


def to_type(values: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return values in another type: rounded half to even and saturated for integers, never wrapped.

    Raises
    ------
    SourceError
        If a NaN meets an integer type.
    """
    wanted = np.dtype(dtype)
    if values.dtype == wanted:
        return values
    if wanted.kind in "ui" and values.dtype.kind == "f":
        if np.isnan(np.min(values, initial=np.inf)):
            raise SourceError(f"it holds NaN, which {dtype} cannot: use normalization.dtype float32")
        limits = np.iinfo(wanted)
        values = np.rint(values)
        if wanted.itemsize < 8:
            values = np.clip(values, limits.min, limits.max)
            return values.astype(wanted)
        # The largest 64-bit integers are no floats: what reaches them is set, not converted.
        below = values < limits.max
        out: NDArray[Any] = np.full(values.shape, limits.max, wanted)
        out[below] = np.maximum(values[below], limits.min).astype(wanted)
        return out
    return values.astype(wanted)
