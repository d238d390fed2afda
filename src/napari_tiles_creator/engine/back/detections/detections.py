"""Boxes and polygons that something found, each with a class and perhaps a score: a value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.areas import polygons_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects


@dataclass(frozen=True, eq=False)
class Detections:
    """Objects of a tile or an image; not to be written to.

    Parameters
    ----------
    class_numbers : array (n,), int64
        Which of the classes, from 0.
    scores : array (n,), float64
        How sure the model is; NaN where nobody says.
    bounds : array (n, 4), float64
        ``x, y, x_stop, y_stop``, px, pixel corners on integers.
    outlines : array (n,) of shapely Polygons and MultiPolygons
        Valid and with an area, points (x, y); None where the bounds alone are known.
    """

    class_numbers: NDArray[np.int64]
    scores: NDArray[np.float64]
    bounds: NDArray[np.float64]
    outlines: NDArray[np.object_]

    @classmethod
    def none(cls) -> Detections:
        """Return no object."""
        return cls(np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 4)), np.zeros(0, object))

    @classmethod
    def of(cls, drawn: DrawnObjects) -> Detections:
        """Return what was read from a file."""
        import shapely

        scores = np.full(len(drawn), np.nan) if drawn.scores is None else drawn.scores
        outlines = drawn.geometries.copy()
        outlines[drawn.only_boxes] = None
        return cls(drawn.class_numbers, scores, shapely.bounds(drawn.geometries).reshape(-1, 4), outlines)

    @classmethod
    def together(cls, parts: Sequence[Detections]) -> Detections:
        """Return the objects of all parts, in their order."""
        every = [cls.none(), *parts]
        return cls(
            np.concatenate([part.class_numbers for part in every]),
            np.concatenate([part.scores for part in every]),
            np.concatenate([part.bounds for part in every]),
            np.concatenate([part.outlines for part in every]),
        )

    def __len__(self) -> int:
        return len(self.class_numbers)

    @property
    def is_box(self) -> NDArray[np.bool_]:
        """Of which the bounds alone are known, array (n,)."""
        import shapely

        found: NDArray[np.bool_] = shapely.is_missing(self.outlines)
        return found

    @property
    def geometries(self) -> NDArray[np.object_]:
        """Outlines, and bounds where there is none, array (n,) of shapely geometries."""
        import shapely

        found, is_box = self.outlines.copy(), self.is_box
        found[is_box] = shapely.box(*self.bounds[is_box].T)
        return found

    def chosen(self, chosen: NDArray[Any]) -> Detections:
        """Return some of the objects; `chosen` is an array (n,) of bool, or of places."""
        return Detections(self.class_numbers[chosen], self.scores[chosen], self.bounds[chosen], self.outlines[chosen])

    def at_least(self, score: float) -> Detections:
        """Return those of this score or a higher one, and those without."""
        return self.chosen(~(self.scores < score))

    def within(self, height: float, width: float) -> Detections:
        """Return what of the objects lies in a plane of this size, px; those with no area in it are left out."""
        import shapely

        edges = (width, height, width, height)
        clipped = np.clip(self.bounds, 0, edges)
        sticks_out = (clipped != self.bounds).any(axis=1)
        if not sticks_out.any():
            return self
        outlines = self.outlines.copy()
        shapes = np.flatnonzero(sticks_out & ~self.is_box)
        outlines[shapes] = polygons_of(shapely.intersection(outlines[shapes], shapely.box(0, 0, width, height)))
        clipped[shapes] = shapely.bounds(outlines[shapes])
        # Of an empty geometry the bounds are NaN.
        kept = (clipped[:, 2] > clipped[:, 0]) & (clipped[:, 3] > clipped[:, 1])
        return replace(self, bounds=clipped, outlines=outlines).chosen(kept)

    def moved(self, y: float, x: float) -> Detections:
        """Return the objects so many px further down and to the right."""
        import shapely

        outlines = shapely.transform(self.outlines, lambda points: points + np.array([x, y]))
        return replace(self, bounds=self.bounds + np.array([x, y, x, y]), outlines=outlines)

    def scaled(self, shape: tuple[int, int], of: tuple[int, int]) -> Detections:
        """Return the objects of a plane of the size `of` on one of another size: each coordinate times new/old."""
        import shapely

        if shape == of:
            return self
        new, old = (np.array(lengths[::-1], np.float64) for lengths in (shape, of))
        outlines = shapely.transform(self.outlines, lambda points: points * new / old)
        return replace(self, bounds=self.bounds * np.tile(new, 2) / np.tile(old, 2), outlines=outlines)
