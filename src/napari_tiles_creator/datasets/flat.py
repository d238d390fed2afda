"""All tiles in the export folder itself: the layout for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator.datasets.base import Layout
from napari_tiles_creator.datasets.masks import instance_mask
from napari_tiles_creator.datasets.yolo_rows import box_rows
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.datasets.base import MaskFormat, TilePlace
    from napari_tiles_creator.geometry.objects import TileAnnotations


class FlatLayout(Layout):
    """Tiles side by side, the manifest among them; numbered objects and boxes in ``labels``, where there are any."""

    wanted: ClassVar[Wanted] = Wanted(instances=True)
    mask_format: ClassVar[MaskFormat | None] = "tif"
    masks_need_shapes: ClassVar[bool] = True

    def tile_path(self, place: TilePlace) -> str:
        """Return a tile's path; see `Layout.tile_path`."""
        return place.name + place.extension

    def mask_path(self, place: TilePlace) -> str:
        """Return a mask's path; see `Layout.mask_path`."""
        return f"labels/{place.name}.tif"

    def mask(self, annotations: TileAnnotations) -> NDArray[Any] | None:
        """Return the number of each pixel's object, None without any; see `Layout.mask`."""
        return instance_mask(annotations) if annotations.objects else None

    def text_path(self, place: TilePlace) -> str:
        """Return the path of a tile's boxes; see `Layout.text_path`."""
        return f"labels/{place.name}.txt"

    def text(self, annotations: TileAnnotations, shape: tuple[int, int]) -> str | None:
        """Return a row a box, None without any; see `Layout.text`."""
        return box_rows(annotations.objects, shape) or None
