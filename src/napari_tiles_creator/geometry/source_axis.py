"""Which source pixels the pixels of a rescaled plane are made from: what two tiles may share without touching."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What kernels reach beyond the source pixels that a rescaled one lies on: the taps on each side.
TAPS = {"nearest": 0, "linear": 1, "cubic": 2}
# And for cubic the filter before them: its pole is sqrt(3) - 2, whose 24th power is 2e-14.
SPLINE_HALO = 24
GAUSSIAN_TRUNCATE = 4.0  # scipy.ndimage.gaussian_filter's default, in standard deviations
LANCZOS_LOBES = 3


@dataclass(frozen=True, slots=True)
class SourceAxis:
    """An axis of a source and of the calibrated plane that is made from it.

    Parameters
    ----------
    old, new : int
        Length of the source and of the calibrated plane, px.
    reach : int, default 0
        Source pixels on either side that count, too, besides those that a calibrated pixel lies on.
    """

    old: int
    new: int
    reach: int = 0

    def spans(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the source pixels that calibrated ones ``start…stop`` are made from: starts and stops, arrays (n,)."""
        first = starts * self.old // self.new - self.reach
        last = -(-stops * self.old // self.new) + self.reach
        return np.maximum(first, 0), np.minimum(last, self.old)

    def apart(self, stops: NDArray[np.int64], gap: int) -> NDArray[np.int64]:
        """Return the first calibrated position, array (n,), from which on all is apart from what ends at `stops`.

        Apart are calibrated pixels that share no source pixel and between which `gap` of them lie.
        """
        needed = -(-stops * self.old // self.new) + 2 * self.reach + gap
        return np.maximum(stops, -(-needed * self.new // self.old))


def source_reach(old: int, new: int, interpolation: str, antialias: bool) -> int:
    """Return how far interpolation looks to either side, source px.

    Parameters
    ----------
    old, new : int
        Length of the axis before and after, px.
    interpolation : {"nearest", "linear", "cubic", "lanczos"}
        Kind of kernel.
    antialias : bool
        Whether linear and cubic smooth before shrinking, with scikit-image's σ = (old / new - 1) / 2.
    """
    shrinking = old / new
    if interpolation == "lanczos":
        return math.ceil(LANCZOS_LOBES * max(1.0, shrinking)) + 1  # one more that may be read, with weight 0
    reach = TAPS[interpolation] + (SPLINE_HALO if interpolation == "cubic" else 0)
    if antialias and interpolation != "nearest" and shrinking > 1:
        reach += int(GAUSSIAN_TRUNCATE * (shrinking - 1) / 2 + 0.5)
    return reach


def level_reach(old: int, level: int, new: int, interpolation: str, antialias: bool) -> int:
    """Return how far interpolation looks where it reads a smaller level of the pyramid, source px.

    Parameters
    ----------
    level : int
        Length of the axis at that level, px. Each of its pixels counts as made from one more on either side, because
        files do not tell how their levels were made.
    """
    reach = source_reach(old, new, interpolation, antialias)
    if level == old:
        return reach
    of_level = source_reach(level, new, interpolation, antialias)
    return max(reach, math.ceil((of_level + 2) * old / level) + 1)


def source_boxes(boxes: NDArray[np.int64], rows: SourceAxis, columns: SourceAxis) -> NDArray[np.int64]:
    """Return the source pixels that tiles are made from.

    Parameters
    ----------
    boxes : array (n, 4)
        ``y, x, y_stop, x_stop``, calibrated px.
    rows, columns : SourceAxis
        How y and x of the plane come from the source.

    Returns
    -------
    boxes : array (n, 4), int64
        ``y, x, y_stop, x_stop``, source px.
    """
    (y, y_stop), (x, x_stop) = rows.spans(boxes[:, 0], boxes[:, 2]), columns.spans(boxes[:, 1], boxes[:, 3])
    return np.stack([y, x, y_stop, x_stop], axis=1)
