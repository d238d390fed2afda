"""The range of values that a normalization maps to its bounds: minimum and maximum, or percentiles.

Statistics are taken block by block and put together, so that nothing the size of an image is needed. Percentiles are
exact for integers up to 16 bits, from a count of every value; beyond, they come from 65,536 bins between minimum
and maximum. NaN and infinite values are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.recipe.normalization import Normalization

BINS = 1 << 16
# Values that are counted at once: what is computed for them stays near the processor.
AT_ONCE = 1 << 17


@dataclass(frozen=True, slots=True)
class Range:
    """Source values that become the lower and the upper bound; `low` is NaN where there was no finite pixel."""

    low: float
    high: float


def split_channels(pixels: NDArray[Any], axes: str, per_channel: bool) -> list[NDArray[Any]]:
    """Return the parts of an array that have a range of their own: channels, or everything together."""
    return list(pixels) if axes == "CYX" and per_channel else [pixels]


def given_ranges(normalization: Normalization) -> tuple[Range, ...] | None:
    """Return the ranges that the recipe itself gives, None where they are to be measured."""
    found = normalization.ranges
    return None if found is None else tuple(Range(low, high) for low, high in found)


def is_counted(dtype: np.dtype[Any]) -> bool:
    """Whether every value of this type can be counted (integers up to 16 bits)."""
    return dtype.kind in "bui" and dtype.itemsize <= 2


def extremes(pixels: NDArray[Any]) -> Range:
    """Return minimum and maximum of the finite pixels."""
    if pixels.dtype.kind == "f":
        low, high = float(np.fmin.reduce(pixels, axis=None)), float(np.fmax.reduce(pixels, axis=None))
        if np.isfinite(low) and np.isfinite(high):
            return Range(low, high)
        pixels = pixels[np.isfinite(pixels)]
        if not pixels.size:
            return Range(float("nan"), float("nan"))
    return Range(float(pixels.min()), float(pixels.max()))


def joined(parts: Iterable[Range]) -> Range:
    """Return the range of all parts together."""
    parts = list(parts)
    return Range(
        float(np.fmin.reduce([part.low for part in parts])),
        float(np.fmax.reduce([part.high for part in parts])),
    )


def counts(pixels: NDArray[Any], within: Range) -> NDArray[np.int64]:
    """Count the pixels by value (small integers, from the type's minimum) or by bin of `within`."""
    return counted(pixels) if is_counted(pixels.dtype) else binned(pixels, within)


def counted(pixels: NDArray[Any]) -> NDArray[np.int64]:
    """Count the pixels of an integer type up to 16 bits by value, from the type's minimum."""
    if pixels.dtype.kind == "b":
        pixels = pixels.view(np.uint8)
    least = np.iinfo(pixels.dtype).min
    values = pixels.ravel().astype(np.int32) - least if least else pixels.ravel()
    return np.bincount(values, minlength=1 << (8 * pixels.dtype.itemsize))


def binned(pixels: NDArray[Any], within: Range) -> NDArray[np.int64]:
    """Count the finite pixels by bin of `within`; none where there is no such range."""
    if not np.isfinite(within.low):
        return np.zeros(BINS, np.int64)
    if pixels.dtype.kind == "f":
        pixels = pixels[np.isfinite(pixels)]
    # numpy.histogram refuses a range that is hardly wider than rounding, as of a constant image that was rescaled.
    # Halved, so that not even the full range of float64 overflows.
    span = within.high / 2 - within.low / 2
    scale = BINS / span if span > 0 else 0.0
    scale = scale if np.isfinite(scale) else 0.0
    values, counts = pixels.ravel(), np.zeros(BINS, np.int64)
    for start in range(0, values.size, AT_ONCE):
        shares = values[start : start + AT_ONCE] * np.float64(0.5)
        shares -= within.low / 2
        shares *= scale
        counts += np.bincount(np.clip(shares.astype(np.intp), 0, BINS - 1), minlength=BINS)
    return counts


def percentile_range(
    total: NDArray[np.int64], percentiles: Sequence[float], within: Range, dtype: np.dtype[Any]
) -> Range:
    """Return the two percentiles of counted pixels; 0 and 100 are the exact minimum and maximum.

    Parameters
    ----------
    total : array (values or bins), int64
        Sum of `counts` over all pixels.
    percentiles : sequence of float
        Lower and upper, 0…100.
    within : Range
        Minimum and maximum of all pixels.
    dtype : numpy dtype
        Type of the pixels.
    """
    found = []
    for percent, extreme in zip(percentiles, (within.low, within.high), strict=True):
        if percent in (0, 100):
            found.append(within.low if percent == 0 else within.high)
        else:
            found.append(_percentile(total, percent, within, dtype) if np.isfinite(extreme) else extreme)
    return Range(*found)


def _percentile(total: NDArray[np.int64], percent: float, within: Range, dtype: np.dtype[Any]) -> float:
    """Return numpy.percentile's ``linear`` method, to the last digit where every value was counted."""
    below = np.cumsum(total)
    last = int(below[-1]) - 1
    position = last * (percent / 100)
    rank = int(position)
    share = position - rank
    first, second = (_at_rank(total, below, min(r, last), within, dtype) for r in (rank, rank + 1))
    # As numpy does, from the nearer end.
    return first + (second - first) * share if share < 0.5 else second - (second - first) * (1 - share)


def _at_rank(
    total: NDArray[np.int64], below: NDArray[np.int64], rank: int, within: Range, dtype: np.dtype[Any]
) -> float:
    """Return the pixel value of this rank, from 0; values of a bin are taken as spread evenly over it."""
    entry = int(np.searchsorted(below, rank, side="right"))
    if is_counted(dtype):
        return float(entry + (0 if dtype.kind == "b" else np.iinfo(dtype).min))
    before, inside = int(below[entry] - total[entry]), int(total[entry])
    return within.low + (within.high / BINS - within.low / BINS) * (entry + (rank - before + 0.5) / inside)


def needs_counts(normalization: Normalization) -> bool:
    """Whether the range needs more than minimum and maximum."""
    return normalization.percentiles != (0.0, 100.0)


def measured(pixels: NDArray[Any], normalization: Normalization) -> Range:
    """Return the range of one array in memory."""
    within = extremes(pixels)
    if not needs_counts(normalization) or not np.isfinite(within.low):
        return within
    return percentile_range(counts(pixels, within), normalization.percentiles, within, pixels.dtype)
