"""Boxes and polygons of one calibrated plane, cut with its tiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.annotations.areas import polygons_of
from napari_tiles_creator.annotations.large_shape import MANY_POINTS, LargeShape
from napari_tiles_creator.annotations.painting import Painting, padded
from napari_tiles_creator.geometry.objects import Bounds, SeenObject, TileAnnotations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.objects import BorderRule, Wanted
    from napari_tiles_creator.geometry.run_lengths import RunLengths

# What sticks out of a tile by less than this, px, does not: rescaling puts sides at fractions that are not quite exact.
TOUCHING_PX = 1e-6
# Tiles that are looked at together, so that a million of them need no million objects at once.
AT_ONCE = 4096


class VectorPlane:
    """Everything that is drawn on one calibrated plane as boxes and polygons; a `DrawnPlane`.

    Readable from several threads at once.

    Parameters
    ----------
    geometries : array (n,) of shapely Polygons and MultiPolygons
        Valid, with an area, inside the plane; points (x, y), calibrated px, corners on integers.
    class_numbers : array (n,), int64
        Which of the classes, from 0.
    source_numbers : array (n,), int64
        In ascending order.
    only_boxes : array (n,), bool
        Which geometries are rectangles that stand for objects of unknown shape.
    shape : (int, int)
        Height and width, px.
    """

    def __init__(
        self,
        geometries: NDArray[np.object_],
        class_numbers: NDArray[np.int64],
        source_numbers: NDArray[np.int64],
        only_boxes: NDArray[np.bool_],
        shape: tuple[int, int],
    ) -> None:
        import shapely

        self.shape = shape
        self.has_shapes = not len(geometries) or not bool(only_boxes.all())
        self._geometries, self._only_boxes = geometries, only_boxes
        self._class_numbers, self._source_numbers = class_numbers, source_numbers
        self._bounds = shapely.bounds(geometries).reshape(-1, 4)
        self._areas = np.where(only_boxes, _area(self._bounds), shapely.area(geometries))
        # Smaller objects are painted over larger ones, of equal ones the later over the earlier.
        self._ranks = np.empty(len(geometries), np.int64)
        self._ranks[np.argsort(-self._areas, kind="stable")] = np.arange(len(geometries))
        self._large = {
            int(at): LargeShape(geometries[at])
            for at in np.flatnonzero((shapely.get_num_coordinates(geometries) >= MANY_POINTS) & ~only_boxes)
        }
        self._tree = shapely.STRtree(geometries)
        # The first question builds the tree: not two threads at once.
        self._tree.query(shapely.box(0, 0, 1, 1))

    def __len__(self) -> int:
        return len(self._geometries)

    def cut(
        self, box: Box, padding: tuple[int, int], pad_mode: str, wanted: Wanted, rule: BorderRule
    ) -> TileAnnotations:
        """Return what a tile shows; see `DrawnPlane.cut`.

        An object that smaller ones cover wholly, or that holds no centre of a pixel, is listed without a pixel in the
        maps.
        """
        import shapely

        tile = np.array([[box.x, box.y, box.x_stop, box.y_stop]], np.float64)
        seen = self._seen(np.sort(self._tree.query(shapely.box(*tile[0]))), tile)
        counting = np.flatnonzero(rule.keeps(seen.visible, seen.is_cut, seen.areas / box.area))
        needs_pixels = wanted.runs or wanted.instances or wanted.classes
        outlines = self._outlines(seen, box) if wanted.outlines or needs_pixels else None
        painting = Painting.of(outlines, box.shape) if outlines is not None and needs_pixels else None
        instances = classes = None
        if painting is not None and wanted.instances:
            numbers = np.zeros(len(seen.objects), np.uint32)
            numbers[counting] = np.arange(1, len(counting) + 1)
            instances = padded(painting.map(numbers, self._ranks[seen.objects]), padding, pad_mode)
        if painting is not None and wanted.classes:
            values = (self._class_numbers[seen.objects] + 1).astype(np.uint16)
            if rule.at_border == "drop":
                values[seen.is_cut] = 0
            classes = padded(painting.map(values, self._ranks[seen.objects]), padding, pad_mode)
        runs = painting.runs(padding) if painting is not None and wanted.runs else None
        listed = self._listed(seen, counting, box, outlines if wanted.outlines else None, runs)
        return TileAnnotations(tuple(listed), instances, classes)

    def counts(self, boxes: NDArray[np.int64], rule: BorderRule) -> NDArray[np.int64]:
        """Return how many objects count in each box; see `DrawnPlane.counts`."""
        import shapely

        found = np.zeros(len(boxes), np.int64)
        for first in range(0, len(boxes), AT_ONCE):
            tiles = np.asarray(boxes[first : first + AT_ONCE], np.float64)[:, [1, 0, 3, 2]]
            numbers, objects = self._tree.query(shapely.box(*tiles.T))
            seen = self._seen(objects, tiles[numbers])
            tile_areas = np.prod(tiles[:, 2:] - tiles[:, :2], axis=1)[numbers[seen.pairs]]
            counting = numbers[seen.pairs[rule.keeps(seen.visible, seen.is_cut, seen.areas / tile_areas)]]
            found[first : first + AT_ONCE] = np.bincount(counting, minlength=len(tiles))
        return found

    def _seen(self, objects: NDArray[np.int64], tiles: NDArray[np.float64]) -> _Seen:
        """Return what is visible of objects, array (m,), each in its tile, array (m, 4) or (1, 4) for all."""
        import shapely

        tiles = np.broadcast_to(tiles, (len(objects), 4))
        whole = self._bounds[objects]
        bounds = _common(whole, tiles)
        pairs = np.flatnonzero((bounds[:, 2:] - bounds[:, :2] > TOUCHING_PX).all(axis=1))
        objects, tiles, whole, bounds = objects[pairs], tiles[pairs], whole[pairs], bounds[pairs]
        is_cut = (whole[:, :2] < tiles[:, :2] - TOUCHING_PX).any(axis=1)
        is_cut |= (whole[:, 2:] > tiles[:, 2:] + TOUCHING_PX).any(axis=1)
        areas = np.where(is_cut, _area(bounds), self._areas[objects])
        geometries = self._geometries[objects]
        crossed = np.flatnonzero(is_cut & ~self._only_boxes[objects])
        if len(crossed):
            for at in crossed:
                if (large := self._large.get(int(objects[at]))) is not None:
                    geometries[at] = large.near(tiles[at])
            parts = polygons_of(shapely.intersection(geometries[crossed], shapely.box(*tiles[crossed].T)))
            geometries[crossed], areas[crossed] = parts, shapely.area(parts)
            # Crossings with the tile's sides are computed: they may miss these by a rounding.
            bounds[crossed] = _common(shapely.bounds(parts).reshape(-1, 4), tiles[crossed])
        visible = np.where(is_cut, np.minimum(areas / self._areas[objects], 1.0), 1.0)
        there = np.flatnonzero(areas > 0)
        return _Seen(
            objects[there], pairs[there], bounds[there], areas[there], visible[there], is_cut[there], geometries[there]
        )

    def _outlines(self, seen: _Seen, box: Box) -> NDArray[np.object_]:
        """Return the outline of what is visible of each object, px of the tile."""
        import shapely

        offset, size = np.array([box.x, box.y]), np.array([box.width, box.height])
        found: NDArray[np.object_] = shapely.transform(
            seen.geometries, lambda points: np.clip(points - offset, 0, size)
        )
        boxes = self._only_boxes[seen.objects]
        found[boxes] = shapely.box(*(seen.bounds[boxes] - np.tile(offset, 2)).T)
        return found

    def _listed(
        self,
        seen: _Seen,
        counting: NDArray[np.int64],
        box: Box,
        outlines: NDArray[np.object_] | None,
        runs: list[RunLengths] | None,
    ) -> Iterator[SeenObject]:
        """Yield the objects that count, in the order of their source numbers."""
        for number, at in enumerate(counting.tolist(), 1):
            x, y, x_stop, y_stop = seen.bounds[at].tolist()
            one = int(seen.objects[at])
            yield SeenObject(
                number=number,
                source_number=int(self._source_numbers[one]),
                class_number=int(self._class_numbers[one]),
                bounds=Bounds(y - box.y, x - box.x, y_stop - box.y, x_stop - box.x),
                area=float(seen.areas[at]),
                visible=float(seen.visible[at]),
                is_cut=bool(seen.is_cut[at]),
                outline=outlines[at] if outlines is not None else None,
                runs=runs[at] if runs is not None else None,
            )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is visible of m objects.

    Parameters
    ----------
    objects : array (m,)
        Which ones.
    pairs : array (m,)
        Which of the pairs of object and tile that were asked for.
    bounds : array (m, 4)
        ``x, y, x_stop, y_stop`` of what is visible, calibrated px.
    areas, visible : array (m,)
        Of what is visible, px, and its share of the whole.
    is_cut : array (m,)
        Whether the tile's border cuts it.
    geometries : array (m,) of shapely geometries
        What is visible, calibrated px; of boxes the whole.
    """

    objects: NDArray[np.int64]
    pairs: NDArray[np.int64]
    bounds: NDArray[np.float64]
    areas: NDArray[np.float64]
    visible: NDArray[np.float64]
    is_cut: NDArray[np.bool_]
    geometries: NDArray[np.object_]


def _area(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the areas of rectangles, array (n, 4)."""
    sides = bounds[:, 2:] - bounds[:, :2]
    found: NDArray[np.float64] = sides[:, 0] * sides[:, 1]
    return found


def _common(bounds: NDArray[np.float64], tiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what rectangles, arrays (n, 4), have in common; without an area where a stop does not pass its start."""
    return np.concatenate([np.maximum(bounds[:, :2], tiles[:, :2]), np.minimum(bounds[:, 2:], tiles[:, 2:])], axis=1)
