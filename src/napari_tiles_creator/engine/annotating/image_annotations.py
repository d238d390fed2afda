"""What is drawn on one image, ready to be cut with its tiles: label images are read plane by plane, in bands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.annotations.combined_plane import CombinedPlane
from napari_tiles_creator.engine.annotating.empty_tiles import counts_pixels
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.planning.image_plan import Plane
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.objects import BorderRule
from napari_tiles_creator.geometry.places import boxes

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.annotations.base import DrawnPlane
    from napari_tiles_creator.annotations.label_plane import LabelPlane
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.engine.planning.partners.partners import Partner
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.objects import TileAnnotations, Wanted
    from napari_tiles_creator.recipe.annotations import Annotations
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.sources.base import SourceInfo

# A label image is taken in by bands of so many bytes.
BAND_BYTES = 16 << 20
# It is read once, from top to bottom: what it takes of the memory for pixels is enough for a row of blocks.
SHARE_OF_MEMORY = 4


def border_rule(annotations: Annotations) -> BorderRule:
    """Return which objects count that a tile's border cuts, as the recipe says."""
    return BorderRule(annotations.at_border, annotations.min_visible)


class ImageAnnotations:
    """What is drawn on one image.

    A plane is read by one thread; its tiles may then be cut by several at once.

    Parameters
    ----------
    plan : Plan
        The plan.
    image : ImagePlan
        One of its images.
    wanted : Wanted
        What is needed besides the lists of objects.
    hold_bytes : int
        Memory for pixels of the image; a part of it holds those of the label image while that is read.
    """

    def __init__(self, plan: Plan, image: ImagePlan, wanted: Wanted, hold_bytes: int) -> None:
        self.image, self.rule = image, border_rule(plan.recipe.annotations)
        partner = plan.partners.of(image.name) if plan.partners is not None else None
        if partner is None:
            raise ValueError(f"nothing is drawn on {image.name}")
        self._partner: Partner = partner
        self._recipe, self._classes, self._counts_pixels = plan.recipe, plan.classes, counts_pixels(plan)
        self._wanted, self._hold_bytes = wanted, hold_bytes // SHARE_OF_MEMORY
        self._planes: dict[int, DrawnPlane] = {}
        # Whether a label image that was taken for instances seems to hold classes.
        self.looks_like_classes = False

    def read(self, plane_number: int, stop: threading.Event | None = None) -> None:
        """Take in what is drawn on one of the image's planes.

        Raises
        ------
        SourceError
            If the label image cannot be read, or holds what it must not.
        """
        planes: list[DrawnPlane] = []
        if self._partner.labels is not None:
            planes.append(self._label_plane(self._partner.labels, self.image.planes[plane_number], stop))
        if self._partner.objects is not None:
            planes.append(self._partner.objects.plane(self.image.shape, self.image.info.plane_shape))
        self._planes[plane_number] = CombinedPlane(*planes) if len(planes) == 2 else planes[0]

    def forget(self, plane_number: int) -> None:
        """Release the memory of a plane."""
        self._planes.pop(plane_number, None)

    def knows(self, plane_number: int) -> bool:
        """Whether a plane was read and is still held."""
        return plane_number in self._planes

    def plane(self, plane_number: int) -> DrawnPlane:
        """Return what is drawn on a plane that was read."""
        return self._planes[plane_number]

    def cut(self, planned: PlannedTile) -> TileAnnotations:
        """Return what a tile of a plane that was read shows."""
        tile = planned.tile
        plane = self._planes[planned.index // len(self.image.tiling)]
        padding, mode = (tile.pad_bottom, tile.pad_right), self._recipe.tiling.pad_mode
        return plane.cut(tile.box, padding, mode, self._wanted, self.rule)

    def labelled_share(self, planned: PlannedTile) -> float:
        """Return the share of a tile, without its padding, that has a label, 0…1; needs maps of classes."""
        return labelled_share(planned, self.cut(planned))

    def is_empty(self, plane_number: int) -> NDArray[np.bool_]:
        """Tell at which places of a plane that was read a tile shows nothing, array (places,).

        Where the layout's masks show classes, whatever is visible of an object counts.
        """
        rule = BorderRule("keep") if self._counts_pixels and self.rule.at_border != "drop" else self.rule
        found: NDArray[np.bool_] = self._planes[plane_number].counts(boxes(self.image.tiling), rule) == 0
        return found

    def empty_of(self, plane_number: int, stop: threading.Event | None = None) -> NDArray[np.bool_]:
        """Read a plane, tell where it `is_empty`, and release it again; see `read`."""
        self.read(plane_number, stop)
        found = self.is_empty(plane_number)
        self.forget(plane_number)
        return found

    def _label_plane(self, info: SourceInfo, plane: Plane, stop: threading.Event | None) -> LabelPlane:
        from napari_tiles_creator.annotations.label_plane import LabelPlane

        place = Plane(t=plane.t if "T" in info.axes else None, z=plane.z if "Z" in info.axes else None)
        labels = replace(self.image, info=info, planes=(place,), channel=None, axes="YX", level=0, colours=())
        pixels = CalibratedImage(labels, nearest(self._recipe), self._hold_bytes)
        try:
            found = LabelPlane.of_bands(self.image.shape, _bands(pixels, place, stop), self._holds)
        except ValueError as error:
            raise SourceError(f"{info.path.name}: {error}") from error
        finally:
            pixels.close()
        self._check_classes(found, info)
        self.looks_like_classes |= self._holds == "auto" and found.looks_like_classes()
        return found

    @property
    def _holds(self) -> str:
        """What the values of a label image mean."""
        return self._recipe.annotations.values_of_labels(len(self._classes))

    def _check_classes(self, plane: LabelPlane, info: SourceInfo) -> None:
        if plane.highest_class >= len(self._classes):
            raise SourceError(
                f"{info.path.name}: holds the value {plane.highest_class + 1}, {len(self._classes)} classes are named "
                f"({', '.join(self._classes)}): name one a value (annotations.classes), or set annotations.labels_hold "
                f"to instances"
            )


def labelled_share(planned: PlannedTile, drawn: TileAnnotations) -> float:
    """Return the share of a tile, without its padding, that has a label, 0…1; needs the map of classes."""
    if drawn.classes is None:
        return 0.0
    box = planned.tile.box
    return float(np.count_nonzero(drawn.classes[: box.height, : box.width])) / box.area


def nearest(recipe: Recipe) -> Recipe:
    """Return the recipe that rescales labels: no value is made that was not there."""
    calibration = recipe.calibration.model_copy(update={"interpolation": "nearest"})
    return recipe.model_copy(update={"calibration": calibration})


def _bands(pixels: CalibratedImage, plane: Plane, stop: threading.Event | None) -> Iterator[NDArray[Any]]:
    """Yield a plane in bands over its whole width, from top to bottom; what is left is 0 once it is to stop.

    No band lies in two rows of blocks: one row of them is held at a time.
    """
    height, width = pixels.image.shape
    block_rows = pixels.block_shape[0]
    rows = max(1, BAND_BYTES // max(1, width * pixels.dtype.itemsize))
    for top in range(0, height, block_rows):
        bottom = min(top + block_rows, height)
        for y in range(top, bottom, rows):
            box = Box.between(y, 0, min(y + rows, bottom), width)
            yield np.zeros(box.shape, pixels.dtype) if stop is not None and stop.is_set() else pixels.read(plane, box)
