"""How the pixels of a tile meet those that are there already, for every blend.

An average is kept as a running one: what is there moves towards what comes by its share of the weight. Equal values
stay equal to the last bit so, and with a tile missing the weights of the others need no division of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.values.weights import Blend

# Of pixels that are worked on at a time, so that they stay in the processor's cache.
_CHUNK_BYTES = 1 << 18


class Combine(Protocol):
    """Let a tile's pixels into a zone that others have written to."""

    def __call__(
        self,
        zone: NDArray[Any],
        pixels: NDArray[Any],
        before: NDArray[Any],
        weights: NDArray[Any],
        owned: NDArray[np.bool_],
    ) -> None:
        """Change the zone in place.

        Parameters
        ----------
        zone : array (y, x[, c])
            What is there, 0 where `before` is.
        pixels : array (y, x[, c])
            What comes, 0 where `weights` are.
        before, weights : array (y or 1, x or 1)
            Summed weights of what is there, and of what comes: 0 where that shows nothing.
        owned : array (y or 1, x or 1), bool
            Which pixels belong to what comes, as far as the tiles before it are concerned.
        """


def combining(blend: Blend) -> Combine:
    """Return how a blend combines pixels."""
    return {"core": _owner, "max": _maximum}.get(blend, _average)


def like(weight: NDArray[Any], pixels: NDArray[Any]) -> NDArray[Any]:
    """Return weights (y, x) so that they multiply pixels (y, x[, c])."""
    return weight.reshape(weight.shape + (1,) * (pixels.ndim - 2))


def _average(
    zone: NDArray[Any],
    pixels: NDArray[Any],
    before: NDArray[Any],
    weights: NDArray[Any],
    owned: NDArray[np.bool_],
) -> None:
    total = before + weights
    share = np.divide(weights, total, out=np.zeros_like(total), where=total > 0).astype(zone.dtype, copy=False)
    share = like(share, zone)
    step = max(1, _CHUNK_BYTES * zone.shape[0] // max(1, zone.nbytes))
    for y in range(0, zone.shape[0], step):
        part = share if share.shape[0] == 1 else share[y : y + step]
        _move(zone[y : y + step], pixels[y : y + step], part)


def _move(zone: NDArray[Any], pixels: NDArray[Any], share: NDArray[Any]) -> None:
    """Move values by a share of the way to others, all or none of which may be infinite or NaN."""
    floats = pixels.dtype.kind == "f"
    with np.errstate(invalid="ignore", over="ignore"):
        way = np.subtract(pixels, zone, dtype=zone.dtype)
        # Between infinite values there is no way: such pixels are weighted the long way round.
        odd = None
        if floats and not np.isfinite(way.sum()):
            odd = ~np.isfinite(way)
            weighted = (zone * (1 - share) + pixels * share)[odd]
        way *= share
        zone += way
        if odd is not None:
            zone[odd] = weighted


def _maximum(
    zone: NDArray[Any],
    pixels: NDArray[Any],
    before: NDArray[Any],
    weights: NDArray[Any],
    owned: NDArray[np.bool_],
) -> None:
    if before.all() and weights.all():
        np.maximum(zone, pixels, out=zone)
        return
    shown = weights > 0
    np.maximum(zone, pixels, out=zone, where=like(shown & (before > 0), zone))
    np.copyto(zone, pixels, where=like(shown & (before == 0), zone))


def _owner(
    zone: NDArray[Any],
    pixels: NDArray[Any],
    before: NDArray[Any],
    weights: NDArray[Any],
    owned: NDArray[np.bool_],
) -> None:
    np.copyto(zone, pixels, where=like((owned | (before == 0)) & (weights > 0), zone))
