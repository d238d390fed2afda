"""Which layout has which name, imported when first needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.datasets.base import Layout

_HOME_OF = {
    "flat": ("flat", "FlatLayout"),
    "pairs": ("pairs", "PairsLayout"),
    "stardist": ("stardist", "StardistLayout"),
    "microglia-unet": ("microglia_unet", "MicrogliaUnetLayout"),
    "microglia-yolo": ("microglia_yolo", "MicrogliaYoloLayout"),
    "annotations-helper": ("annotations_helper", "AnnotationsHelperLayout"),
    "yolo": ("yolo", "YoloLayout"),
    "yolo-segment": ("yolo_segment", "YoloSegmentLayout"),
    "yolo-semantic": ("yolo_semantic", "YoloSemanticLayout"),
    "yolo-classify": ("yolo_classify", "YoloClassifyLayout"),
    "coco": ("coco", "CocoLayout"),
    "coco-polygons": ("coco", "CocoPolygonsLayout"),
}
LAYOUTS = tuple(_HOME_OF)


def make_layout(name: str) -> Layout:
    """Return the layout of this name, one of `LAYOUTS`."""
    module, cls = _HOME_OF[name]
    layout: Layout = getattr(importlib.import_module(f"napari_tiles_creator.datasets.{module}"), cls)()
    return layout
