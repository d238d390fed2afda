"""Values of tiles mapped back to the range and the type of their source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.normalize import to_type
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.result_pixels import PixelForm
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow


class Denormalization:
    """What undoes the normalization of a source's tiles.

    Parameters
    ----------
    source : TiledSource
        The source.
    form : PixelForm
        Of what is mapped.

    Raises
    ------
    DatasetError
        If the channels are not those that were normalized.
    """

    def __init__(self, source: TiledSource, form: PixelForm) -> None:
        wanted = 3 if source.is_rgb else max(1, source.channels)
        held = 3 if form.is_rgb else max(1, form.channels)
        if wanted != held:
            raise DatasetError(
                f"{source.name}: the results have {held} channels, its tiles {wanted}: --denormalize cannot tell "
                f"which range is whose: leave it out"
            )
        self._bounds = source.recipe.normalization.bounds
        self.dtype = np.dtype(source.facts["dtype"]) if source.rows[0].norm_low else form.dtype

    def values(self, pixels: NDArray[Any], row: TileRow) -> NDArray[Any]:
        """Return a tile's values in the range and type of the source, array (y, x[, c])."""
        if not row.norm_low:  # scope none: they never were mapped
            return pixels
        low, high = self._bounds
        first, last = (np.array([float(v) for v in text.split(";")]) for text in (row.norm_low, row.norm_high))
        values = (pixels.astype(np.float64) - low) / (high - low) * (last - first) + first
        return to_type(values, self.dtype.name)
