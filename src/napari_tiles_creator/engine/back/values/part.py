"""Rows of a plane that no tile will change any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Part(NamedTuple):
    """Finished rows, as they were summed.

    Parameters
    ----------
    y : int
        First row, px.
    pixels : array (rows, x[, c])
        From the plane's left border on; the type of the sums.
    shown : array (rows, x), bool, or None
        Which pixels lie in a tile; None where all do.
    """

    y: int
    pixels: NDArray[Any]
    shown: NDArray[np.bool_] | None
