"""From a model's prediction of a tile to what is written of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_tiles_creator.engine.predicting.maps import check_class, classified, masked
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["mask", "classes", "labels"]


@dataclass(frozen=True, slots=True, eq=False)
class TileResult:
    """What a tile shows.

    Parameters
    ----------
    kind : {"mask", "classes", "labels"}
        What `pixels` hold: 0 and 255; the number of the class; the number of the object.
    pixels : array (y, x), uint8, or uint16 or uint32 for objects
        As large as the tile's file; 0 in its padding.
    wanted : int or None
        The class of a mask; None for all.
    probabilities : array (y, x) or (k, y, x), float32, or None
        Of the class, or of all; None of objects.
    """

    kind: Kind
    pixels: NDArray[Any]
    wanted: int | None
    probabilities: NDArray[np.float32] | None = None


def tile_result(prediction: NDArray[Any], wanted: int | None, threshold: float, inside: tuple[int, int]) -> TileResult:
    """Return what a tile shows.

    Parameters
    ----------
    prediction : array (k, y, x), float32, or (y, x), uint32
        Of one tile, as `Model.predict` returns it.
    wanted : int or None
        The class that is meant, None for all.
    threshold : float
        What its probability must be above.
    inside : (int, int)
        Height and width of the tile without its padding, px.

    Raises
    ------
    ModelError
        If the model has no such class, or too many.
    """
    if prediction.ndim == 2:
        most = int(prediction.max(initial=0))
        dtype = np.uint16 if most <= np.iinfo(np.uint16).max else np.uint32
        return TileResult("labels", _without_padding(prediction.astype(dtype), inside), None)
    count = len(prediction)
    if wanted is None:
        if count > 256:
            raise ModelError(f"the model tells {count} classes: masks hold 256 at most; choose one with --class")
        found = classified(np.moveaxis(prediction, 0, -1))
        return TileResult("classes", _without_padding(found, inside), None, prediction)
    check_class(wanted, count)
    mask = masked(prediction[wanted], threshold)
    return TileResult("mask", _without_padding(mask, inside), wanted, prediction[wanted])


def _without_padding(pixels: NDArray[Any], inside: tuple[int, int]) -> NDArray[Any]:
    """Return the pixels with 0 where a tile is padded: nothing of the image is there."""
    height, width = inside
    pixels[height:], pixels[:, width:] = 0, 0
    return pixels
