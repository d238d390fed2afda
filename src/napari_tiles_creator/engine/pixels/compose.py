"""Channels composed to red, green and blue: each lends its colour as bright as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.normalize import to_type

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.normalization import Normalization


@dataclass(frozen=True)
class Composer:
    """What turns the channels of a finished tile into colours.

    Parameters
    ----------
    colours : tuple of (red, green, blue)
        One a channel, 0…1; black leaves a channel out.
    bounds : tuple of float
        Values that stand for nothing and for full brightness.
    dtype : str
        Type of the tiles.
    """

    colours: tuple[tuple[float, float, float], ...]
    bounds: tuple[float, float]
    dtype: str

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of all colours, saturated.

        ``low + min(1, Σ (v - low) / (high - low) · colour) · (high - low)`` in float64, values outside the bounds
        clipped to them first.

        Parameters
        ----------
        values : array (c, y, x), `dtype`

        Returns
        -------
        colours : array (y, x, s), `dtype`
        """
        low, high = self.bounds
        shares = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1)
        mixed = np.minimum(np.einsum("cyx,cs->yxs", shares, np.array(self.colours)), 1)
        return to_type(low + mixed * (high - low), self.dtype)


def composer_of(image: ImagePlan, normalization: Normalization) -> Composer | None:
    """Return what composes the tiles of an image, None where channels stay as they are."""
    if not image.colours:
        return None
    bounds = normalization.bounds
    if normalization.scope == "none":
        dtype = np.dtype(image.dtype)
        bounds = (0.0, float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0)
    return Composer(image.colours, bounds, image.dtype)
