"""From probabilities to what is seen: a mask of one class, or the number of the likeliest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

INSIDE = 255


def check_class(wanted: int, count: int) -> None:
    """Raise ModelError where a model that tells so many classes has not the one that is wanted."""
    if wanted >= count:
        raise ModelError(
            f"the model tells {count} classes, numbered from 0, which is background: --class {wanted} is none"
        )


def masked(probabilities: NDArray[Any], threshold: float) -> NDArray[np.uint8]:
    """Return 255 where the probability, array (y, x), is above the threshold, else 0."""
    mask: NDArray[np.uint8] = (probabilities > threshold).astype(np.uint8)
    mask *= INSIDE
    return mask


def classified(probabilities: NDArray[Any]) -> NDArray[Any]:
    """Return the number of the likeliest class, the first of several, of probabilities (y, x, k)."""
    classes: NDArray[Any] = probabilities.argmax(axis=-1).astype(class_type(probabilities.shape[-1]))
    return classes


def class_type(classes: int) -> np.dtype[Any]:
    """Return the smallest type that holds the numbers of so many classes."""
    return np.dtype(np.uint8 if classes <= np.iinfo(np.uint8).max + 1 else np.uint16)
