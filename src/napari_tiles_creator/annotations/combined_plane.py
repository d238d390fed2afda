"""A plane with a label image and a list of objects: the list tells the objects, the label image the maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from napari_tiles_creator.geometry.objects import TileAnnotations, Wanted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.base import DrawnPlane
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.objects import BorderRule


class CombinedPlane:
    """Maps of one plane, objects of another.

    Parameters
    ----------
    maps : DrawnPlane
        The label image.
    objects : DrawnPlane
        Boxes and polygons.
    """

    has_shapes = True

    def __init__(self, maps: DrawnPlane, objects: DrawnPlane) -> None:
        self._maps, self._objects = maps, objects

    def cut(
        self, box: Box, padding: tuple[int, int], pad_mode: str, wanted: Wanted, rule: BorderRule
    ) -> TileAnnotations:
        """Return what a tile shows; see `DrawnPlane.cut`. The numbers in `instances` are the label image's own."""
        listed = self._objects.cut(box, padding, pad_mode, replace(wanted, instances=False, classes=False), rule)
        if not (wanted.instances or wanted.classes):
            return listed
        maps = Wanted(instances=wanted.instances, classes=wanted.classes)
        found = self._maps.cut(box, padding, pad_mode, maps, rule)
        return TileAnnotations(listed.objects, found.instances, found.classes)

    def counts(self, boxes: NDArray[np.int64], rule: BorderRule) -> NDArray[np.int64]:
        """Return how many objects count in each box; see `DrawnPlane.counts`."""
        return self._objects.counts(boxes, rule)
