"""The masks that lie beside tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.objects import TileAnnotations

FOREGROUND = 255


def instance_mask(annotations: TileAnnotations) -> NDArray[Any]:
    """Return the number of the object each pixel belongs to, array (y, x), uint16, or uint32 where it must be."""
    assert annotations.instances is not None, "instances are wanted"
    return smallest_type(annotations.instances)


def class_mask(annotations: TileAnnotations) -> NDArray[np.uint8]:
    """Return class number + 1 of each pixel, 0 for background, array (y, x); of up to 255 classes."""
    assert annotations.classes is not None, "classes are wanted"
    return annotations.classes.astype(np.uint8)


def foreground_mask(annotations: TileAnnotations) -> NDArray[np.uint8]:
    """Return 255 where a pixel belongs to any class, 0 elsewhere, array (y, x)."""
    assert annotations.classes is not None, "classes are wanted"
    return np.where(annotations.classes != 0, FOREGROUND, 0).astype(np.uint8)


def smallest_type(numbers: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of objects as uint16, or as uint32 where one is above 65535."""
    return numbers.astype(np.uint16 if not numbers.size or numbers.max() <= 65535 else np.uint32)


def one_piece_each(instances: NDArray[Any]) -> NDArray[Any]:
    """Return a map in which every number is one 4-connected piece.

    The largest piece of an object keeps its number, the others get the numbers after the highest one: where all
    objects are in one piece, nothing changes.

    Parameters
    ----------
    instances : array (y, x), unsigned
        Number of each pixel's object, 0 for none.
    """
    from skimage.measure import label

    pieces, count = label(instances, background=0, connectivity=1, return_num=True)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)
    owners = np.zeros(count + 1, np.int64)
    owners[pieces.ravel()] = instances.ravel()
    # By owner, the largest piece first; of equal ones the upper left one.
    order = 1 + np.lexsort((np.arange(1, count + 1), -sizes[1:], owners[1:]))
    further = order[1:][owners[order[1:]] == owners[order[:-1]]]
    owners[further] = owners.max(initial=0) + 1 + np.arange(len(further))
    numbered: NDArray[np.int64] = owners[pieces]
    return numbered
