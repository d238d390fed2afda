"""COCO's JSON of instances, beside the tiles it tells of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from napari_tiles_creator.datasets import rules
from napari_tiles_creator.datasets.base import Layout
from napari_tiles_creator.datasets.coco_json import coco_json
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_tiles_creator.datasets.base import Finished, Offer, Refusal, TilePlace
    from napari_tiles_creator.geometry.objects import SeenObject, TileAnnotations

Shapes = Literal["runs", "polygons"]


class CocoLayout(Layout):
    """``images/<split>`` and ``annotations/instances_<split>.json``.

    Shapes are compressed run lengths, exact to the pixel, and area and box are theirs. Where only boxes are known,
    objects have no shape.

    Parameters
    ----------
    shapes : {"runs", "polygons"}, default "runs"
        Polygons are for readers that take nothing else. They cannot tell holes, which are filled.
    """

    # Where only boxes are known, neither runs nor outlines are asked for: a filled box is no shape.
    masks_need_shapes: ClassVar[bool] = True
    keeps_segmentation: ClassVar[bool] = True
    wanted: ClassVar[Wanted] = Wanted(runs=True)

    def __init__(self, shapes: Shapes = "runs") -> None:
        self.shapes = shapes

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return "/".join(part for part in ("images", place.split, place.name + place.extension) if part)

    def segmentation(self, annotations: TileAnnotations, number: int) -> str:
        """Return the keys of an annotation that tell its shape, as JSON; see `Layout.segmentation`."""
        seen = annotations.objects[number - 1]
        keys = _runs(seen) if self.shapes == "runs" else _polygons(seen)
        return json.dumps(keys) if keys else ""

    def refusal(self, offer: Offer) -> Refusal | None:
        """Return why such tiles cannot be taken; see `Layout.refusal`."""
        return rules.annotated(offer)

    def shared_files(self, dataset: Finished) -> Iterator[tuple[str, Iterable[str]]]:
        """Yield a file a split, or one for all; see `Layout.shared_files`."""
        for split in dataset.splits or ("",):
            yield f"annotations/instances{'_' if split else ''}{split}.json", coco_json(dataset, split)


class CocoPolygonsLayout(CocoLayout):
    """COCO with polygons for shapes."""

    wanted: ClassVar[Wanted] = Wanted(outlines=True)

    def __init__(self) -> None:
        super().__init__("polygons")


def _runs(seen: SeenObject) -> dict[str, Any]:
    """Return shape, area and box of the pixels; nothing where an object is smaller than any."""
    box = seen.runs.bounding_box if seen.runs is not None else None
    if seen.runs is None or box is None:
        return {}
    return {
        "segmentation": seen.runs.to_coco(),
        "area": seen.runs.area,
        "bbox": [box.x, box.y, box.width, box.height],
    }


def _polygons(seen: SeenObject) -> dict[str, Any]:
    """Return the outer rings; nothing where the outline is unknown."""
    if seen.outline is None or not seen.outline.area > 0:
        return {}
    import shapely

    rings = [piece.exterior.coords[:-1] for piece in shapely.get_parts(seen.outline) if piece.area > 0]
    return {"segmentation": [[number for x, y in ring for number in (x, y)] for ring in rings]}
