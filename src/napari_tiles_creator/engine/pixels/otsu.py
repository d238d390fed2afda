"""Foreground: the pixels that Otsu's threshold of the whole image sets apart.

The threshold is taken over the calibrated pixels of all kept planes of one source, for each kept channel, from the
count of every value (integers up to 16 bits) or of 65,536 bins between minimum and maximum. Of RGB the sum of the
samples counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.measure import BINS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.statistic import Statistic
    from napari_tiles_creator.recipe.tiling import Foreground

# One threshold a channel; None for a channel that is constant, which has no foreground.
Thresholds = tuple[float | None, ...]


def signals(pixels: NDArray[Any], axes: str) -> list[NDArray[Any]]:
    """Return what the thresholds apply to: channels, or the sum of red, green and blue, arrays (y, x)."""
    if axes == "CYX":
        return list(pixels)
    if axes != "YXS":
        return [pixels]
    total = signal_dtype(pixels.dtype, axes)
    return [pixels.sum(axis=-1, dtype=total)]


def signal_dtype(dtype: np.dtype[Any], axes: str) -> np.dtype[Any]:
    """Return the type of the signals: the pixels' own, or the next wider one that holds a sum of three."""
    if axes != "YXS" or dtype.kind == "f":
        return np.dtype(np.float64) if axes == "YXS" else dtype
    if dtype.kind == "b":
        return np.dtype(np.uint8)
    return np.dtype(f"{dtype.kind}{min(8, dtype.itemsize * 2)}")


def thresholds_of(statistic: Statistic, dtype: np.dtype[Any]) -> Thresholds:
    """Return Otsu's threshold of each signal that was counted; `dtype` is the signals'."""
    from skimage.filters import threshold_otsu

    found: list[float | None] = []
    for counts, within in zip(statistic.counts, statistic.extremes, strict=True):
        if not within.high > within.low:
            found.append(None)
            continue
        if statistic.exact:
            first = 0 if dtype.kind == "b" else int(np.iinfo(dtype).min)
            centres: NDArray[Any] = np.arange(len(counts), dtype=np.float64) + first
        else:
            centres = within.low + (within.high / BINS - within.low / BINS) * (np.arange(BINS) + 0.5)
        found.append(float(threshold_otsu(hist=(counts, centres))))
    return tuple(found)


def share(pixels: NDArray[Any], axes: str, thresholds: Sequence[float | None], kind: Foreground) -> float:
    """Return the share of foreground, 0…1; a pixel is foreground where any channel is, NaN never.

    The threshold itself belongs to the dark class, as it does in scikit-image.
    """
    found: NDArray[np.bool_] | None = None
    for signal, threshold in zip(signals(pixels, axes), thresholds, strict=True):
        if threshold is None:
            continue
        one = signal > threshold if kind == "bright" else signal <= threshold
        found = one if found is None else found | one
    return 0.0 if found is None else float(np.count_nonzero(found)) / found.size
