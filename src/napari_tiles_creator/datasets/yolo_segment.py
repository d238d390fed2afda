"""Ultralytics' folders for instance segmentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from napari_tiles_creator.datasets.yolo import YoloLayout
from napari_tiles_creator.datasets.yolo_rows import ring_rows
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from napari_tiles_creator.geometry.objects import TileAnnotations


class YoloSegmentLayout(YoloLayout):
    """As for detection, with a ring a row; holes and further pieces are joined to it by bridges without width."""

    wanted: ClassVar[Wanted] = Wanted(outlines=True)

    def text(self, annotations: TileAnnotations, shape: tuple[int, int]) -> str | None:
        """Return a row an object; see `Layout.text`."""
        return ring_rows(annotations.objects, shape)
