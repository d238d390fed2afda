"""The share of one mask that another covers: of the whole, and of every tile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.pixel_size import PixelSize


@dataclass(frozen=True, eq=False)
class Coverage:
    """How much of a body a signal covers; signal outside of the body is counted, but covers nothing.

    Parameters
    ----------
    shape : tuple of int
        ``(height, width)`` of the plane, px.
    size : tuple of int
        ``(height, width)`` of a tile, px; tiles lie side by side from the corner, the last ones may be cut short.
    body, signal, inside : array (rows, columns), int64
        Pixels of the body, of the signal, and of both, in each tile.
    threshold : float
        Coverage from which on it is positive, 0 to 1.
    pixel_size : PixelSize or None
        Micrometres per pixel, where either file tells them.
    outline : array (y, x) bool, or None
        The body in small, as a picture shows it.
    """

    shape: tuple[int, int]
    size: tuple[int, int]
    body: NDArray[np.int64]
    signal: NDArray[np.int64]
    inside: NDArray[np.int64]
    threshold: float
    pixel_size: PixelSize | None = None
    outline: NDArray[np.bool_] | None = None

    @property
    def body_px(self) -> int:
        """Pixels of the body."""
        return int(self.body.sum())

    @property
    def signal_px(self) -> int:
        """Pixels of the signal, outside of the body, too."""
        return int(self.signal.sum())

    @property
    def inside_px(self) -> int:
        """Pixels of the body that the signal covers."""
        return int(self.inside.sum())

    @property
    def coverage(self) -> float | None:
        """Share of the body that the signal covers, 0 to 1; None where there is no body."""
        return self.inside_px / self.body_px if self.body_px else None

    @property
    def positive(self) -> bool | None:
        """Whether the coverage comes to the threshold; None where there is no body."""
        return None if self.coverage is None else self.coverage >= self.threshold

    @property
    def shares(self) -> NDArray[np.float64]:
        """Coverage of every tile, 0 to 1, NaN where it holds nothing of the body; array (rows, columns)."""
        return shares_of(self.inside, self.body)

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``coverage --json`` prints."""
        return {
            "coverage": self.coverage,
            "positive": self.positive,
            "body_px": self.body_px,
            "signal_px": self.signal_px,
            "inside_px": self.inside_px,
        }


def shares_of(inside: NDArray[np.int64], body: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return shares, NaN where there is no body."""
    shares = np.full(body.shape, np.nan)
    np.divide(inside, body, out=shares, where=body > 0)
    return shares
