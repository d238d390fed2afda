"""What people call the layouts, and which type and format those need that take no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.recipe.export import Layout, TileFormat
    from napari_tiles_creator.recipe.normalization import TileType

LAYOUT_LABELS: dict[Layout, str] = {
    "flat": "One folder (flat)",
    "pairs": "Pairs: images, masks",
    "stardist": "StarDist",
    "microglia-unet": "Microglia Analyzer: UNet",
    "microglia-yolo": "Microglia Analyzer: YOLO",
    "annotations-helper": "Annotations helper",
    "yolo": "YOLO: detect",
    "yolo-segment": "YOLO: segment",
    "yolo-semantic": "YOLO: semantic",
    "yolo-classify": "YOLO: classify",
    "coco": "COCO",
    "coco-polygons": "COCO: polygons",
}
LAYOUT_TIPS: dict[Layout, str] = {
    "flat": "All tiles in one folder, with what is drawn on them in its folder labels: for people and own scripts.",
    "pairs": "Folders images and masks with equal names: a U-Net, and most programs that segment.",
    "stardist": "Images and masks in which every object has a number of its own, for StarDist.",
    "microglia-unet": "float32 tiles with masks of 0 and 255, for the UNet training of Microglia Analyzer.",
    "microglia-yolo": "uint8 png tiles with a text of boxes each, for the YOLO training of Microglia Analyzer.",
    "annotations-helper": "Tiles, masks and boxes as the annotations helper of Microglia Analyzer opens them.",
    "yolo": "Boxes for Ultralytics, and data.yaml.",
    "yolo-segment": "Outlines for Ultralytics, and data.yaml.",
    "yolo-semantic": "Masks of classes for Ultralytics, and data.yaml.",
    "yolo-classify": "A folder of tiles for each class, for Ultralytics and most programs that classify.",
    "coco": "Images, and a COCO JSON file a split with boxes and exact masks.",
    "coco-polygons": "Images, and a COCO JSON file a split with boxes and outlines, for programs that read no masks.",
}


@dataclass(frozen=True, slots=True)
class Need:
    """What a layout takes, where it does not take everything.

    Parameters
    ----------
    dtype : str or None
        The only type of tiles, None for any.
    formats : tuple of str
        Formats of tiles, the usual one first.
    """

    dtype: TileType | None
    formats: tuple[TileFormat, ...]

    def allows(self, dtype: str, chosen: TileFormat) -> bool:
        """Whether tiles of a type and a format are taken."""
        return self.dtype in (None, dtype) and chosen in self.formats

    @property
    def words(self) -> str:
        """What the button says that sets them."""
        return " ".join(filter(None, ["Use", self.dtype, self.formats[0]]))


_YOLO = Need("uint8", ("png", "jpg"))
_LOSSLESS = Need(None, ("tif", "png"))
_NEEDS: dict[Layout, Need] = {
    "pairs": _LOSSLESS,
    "stardist": Need(None, ("tif",)),
    "microglia-unet": Need("float32", ("tif",)),
    "microglia-yolo": Need("uint8", ("png",)),
    "annotations-helper": _LOSSLESS,
    "yolo": _YOLO,
    "yolo-segment": _YOLO,
    "yolo-semantic": _YOLO,
    "yolo-classify": _YOLO,
}


def need_of(layout: Layout) -> Need | None:
    """Return what a layout needs, None where it takes all."""
    return _NEEDS.get(layout)
