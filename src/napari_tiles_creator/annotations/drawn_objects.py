"""All boxes and polygons of one image, in its own pixels."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.annotations.areas import areal, polygons_of
from napari_tiles_creator.annotations.vector_plane import VectorPlane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

# The maps of classes hold the class number + 1 in 16 bits.
MOST_CLASS = 65_534
# What is no larger, px, is a line but for roundings.
NO_AREA_PX = 1e-9


@dataclass(frozen=True, eq=False)
class DrawnObjects:
    """All objects of one image; not to be written to.

    Parameters
    ----------
    geometries : array (n,) of shapely Polygons and MultiPolygons
        Valid and with an area; points (x, y), px of the source, corners on integers. They may reach beyond the image.
    class_numbers : array (n,), int64
        Which of the classes, from 0.
    source_numbers : array (n,), int64
        Place in the file, from 1, in ascending order; the line of a text.
    only_boxes : array (n,), bool
        Of which the bounds alone are known, so that the geometry is a rectangle.
    notes : tuple of str, optional
        What a reader of the file should know, such as objects that are left out.
    scores : array (n,), float64, optional
        How sure a model is of each, NaN where the file does not say; None where it says it of none.
    """

    geometries: NDArray[np.object_]
    class_numbers: NDArray[np.int64]
    source_numbers: NDArray[np.int64]
    only_boxes: NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    scores: NDArray[np.float64] | None = None

    @classmethod
    def of(
        cls,
        geometries: Sequence[object] | NDArray[np.object_],
        class_numbers: ArrayLike = 0,
        only_boxes: ArrayLike = False,
        source_numbers: ArrayLike | None = None,
        notes: tuple[str, ...] = (),
        scores: ArrayLike | None = None,
    ) -> DrawnObjects:
        """Return the objects of any geometries with finite coordinates, without those that have no area.

        One class number, or one `only_boxes`, stands for all. Without source numbers the objects are counted.
        Scores that are all NaN are none.
        """
        import shapely

        every = np.empty(len(geometries), object)
        every[:] = geometries
        places = np.arange(1, len(every) + 1) if source_numbers is None else np.asarray(source_numbers)
        valid = areal(every)
        order = np.argsort(places, kind="stable")
        order = order[shapely.area(valid[order]) > NO_AREA_PX]
        known = None if scores is None else np.asarray(scores, np.float64)
        if known is not None and np.isnan(known).all():
            known = None
        return cls(
            valid[order],
            np.broadcast_to(np.asarray(class_numbers, np.int64), every.shape)[order],
            places.astype(np.int64)[order],
            np.broadcast_to(np.asarray(only_boxes, np.bool_), every.shape)[order],
            notes,
            None if known is None else known[order],
        )

    def __len__(self) -> int:
        return len(self.geometries)

    @property
    def has_shapes(self) -> bool:
        """Whether the shape of an object is known, or there is none: boxes alone would have to be filled."""
        return not len(self) or not bool(self.only_boxes.all())

    @cached_property
    def highest_class(self) -> int:
        """The highest class number, -1 where there is no object."""
        return int(self.class_numbers.max(initial=-1))

    def renumbered(self, classes: Sequence[int]) -> DrawnObjects:
        """Return the objects with other class numbers: for each of those until now, the one that it becomes."""
        return replace(self, class_numbers=np.asarray(classes, np.int64)[self.class_numbers])

    @cached_property
    def checksum(self) -> int:
        """Tells these objects from others: the same for the same geometries, classes and source numbers."""
        import shapely

        crc = 0
        for geometry in shapely.to_wkb(self.geometries):
            crc = zlib.crc32(geometry, crc)
        for numbers in (self.class_numbers, self.source_numbers, self.only_boxes):
            crc = zlib.crc32(numbers.tobytes(), crc)
        return crc

    def plane(self, shape: tuple[int, int], source_shape: tuple[int, int]) -> VectorPlane:
        """Return what is drawn on a calibrated plane; what lies beside it is cut off.

        Parameters
        ----------
        shape, source_shape : (int, int)
            Height and width of the calibrated and of the source plane, px.
        """
        import shapely

        scaled = _scaled(self.geometries, shape, source_shape)
        inside = _within(scaled, self.only_boxes, shape)
        kept = ~shapely.is_missing(inside)
        return VectorPlane(
            inside[kept], self.class_numbers[kept], self.source_numbers[kept], self.only_boxes[kept], shape
        )


def _scaled(
    geometries: NDArray[np.object_], shape: tuple[int, int], source_shape: tuple[int, int]
) -> NDArray[np.object_]:
    """Return the geometries in calibrated px: each coordinate times new/old length, rounded once or twice at most."""
    import shapely

    if shape == source_shape:
        return geometries
    new, old = (np.array(lengths[::-1], np.float64) for lengths in (shape, source_shape))
    scaled: NDArray[np.object_] = areal(shapely.transform(geometries, lambda points: points * new / old))
    return scaled


def _within(
    geometries: NDArray[np.object_], only_boxes: NDArray[np.bool_], shape: tuple[int, int]
) -> NDArray[np.object_]:
    """Return what of each geometry lies in the plane, None where nothing does."""
    import shapely

    height, width = shape
    bounds = shapely.bounds(geometries)
    clipped = np.clip(bounds, 0, (width, height, width, height))
    found = geometries.copy()
    sticks_out = (clipped != bounds).any(axis=1)
    boxes = sticks_out & only_boxes
    found[boxes] = shapely.box(*clipped[boxes].T)
    shapes = sticks_out & ~only_boxes
    found[shapes] = polygons_of(shapely.intersection(found[shapes], shapely.box(0, 0, width, height)))
    found[sticks_out & ~(shapely.area(found) > 0)] = None
    return found
