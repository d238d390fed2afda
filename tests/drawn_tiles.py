"""Tiles with annotations made from arrays, without the code that cuts them: every pixel is a square of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import ArrayLike

from napari_tiles_creator.datasets.base import Finished, Layout, Offer, TilePlace, WrittenObject, WrittenTile
from napari_tiles_creator.geometry.objects import Bounds, SeenObject, TileAnnotations
from napari_tiles_creator.geometry.run_lengths import RunLengths


def outline_of(mask: np.ndarray) -> shapely.Geometry:
    """Return the outline of a mask: the union of its pixels' squares."""
    return shapely.union_all([shapely.box(x, y, x + 1, y + 1) for y, x in np.argwhere(mask)])


def drawn(instances: ArrayLike, class_of: Mapping[int, int] | None = None, *, outlines: bool = True) -> TileAnnotations:
    """Return what a tile shows whose pixels hold the numbers 1…n of objects; class 0 where none is named."""
    numbers = np.asarray(instances, np.uint32)
    classes = np.zeros(numbers.shape, np.uint16)
    objects = []
    for number in range(1, int(numbers.max(initial=0)) + 1):
        mask = numbers == number
        y, x = np.nonzero(mask)
        of = (class_of or {}).get(number, 0)
        classes[mask] = of + 1
        bounds = Bounds(float(y.min()), float(x.min()), float(y.max() + 1), float(x.max() + 1))
        outline = outline_of(mask) if outlines else None
        seen = SeenObject(number, 100 + number, of, bounds, float(mask.sum()), 0.75, number == 1, outline)
        objects.append(SeenObject(*(getattr(seen, name) for name in seen.__slots__[:-1]), RunLengths.of_mask(mask)))
    return TileAnnotations(tuple(objects), numbers, classes)


def boxed(*boxes: tuple[int, float, float, float, float]) -> TileAnnotations:
    """Return what a tile shows where only boxes are known: class, y, x, y_stop, x_stop of each."""
    return TileAnnotations(
        tuple(
            SeenObject(number, number, of, Bounds(y, x, y_stop, x_stop), (y_stop - y) * (x_stop - x))
            for number, (of, y, x, y_stop, x_stop) in enumerate(boxes, 1)
        )
    )


def written(layout: Layout, place: TilePlace, annotations: TileAnnotations, shape: tuple[int, int]) -> WrittenTile:
    """Return a tile as the finished dataset lists it."""
    objects = [
        WrittenObject(
            seen.number, seen.source_number, seen.class_number, seen.bounds.y, seen.bounds.x, seen.bounds.height,
            seen.bounds.width, seen.area, seen.visible, seen.is_cut, layout.segmentation(annotations, seen.number),
        )
        for seen in annotations.objects
    ]  # fmt: skip
    return WrittenTile(layout.tile_path(place), *shape, place.split, "folder/a.tif", 10, 20, objects)


def texts_of(layout: Layout, dataset: Finished) -> dict[str, str]:
    """Return the files that tell of all tiles."""
    return {path: "".join(parts) for path, parts in layout.shared_files(dataset)}


def offer(**changes: object) -> Offer:
    """Return an offer that every layout of grey tiles takes, but for what is changed."""
    given = {
        "format": "png", "dtypes": frozenset({"uint8"}), "axes": frozenset({"YX"}), "samples": frozenset({1}),
        "size": (64, 64), "is_ragged": False, "annotated": True, "has_shapes": True, "classes": ("cell",),
        "splits": ("train", "val"), "empty_tiles": "auto", "values": (0.0, 255.0),
    }  # fmt: skip
    return Offer(**(given | changes))
