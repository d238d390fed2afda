"""What is previewed: a plane of an image, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.viewing.placement import image_placement, tile_placement
from napari_tiles_creator.engine.planning.pixels_key import source_key

if TYPE_CHECKING:
    from napari_tiles_creator._widget.viewing.placement import Placement
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan


@dataclass(frozen=True, eq=False)
class Subject:
    """What is previewed.

    Parameters
    ----------
    plan, image : Plan, ImagePlan
        The plan and one of its images.
    plane : int
        Number of the plane that is shown.
    layer : napari layer or None
        The user's layer whose pixels these are; then no copy of them is shown.
    """

    plan: Plan
    image: ImagePlan
    plane: int
    layer: Any

    @property
    def source(self) -> Placement:
        """Where source pixels lie."""
        return image_placement(self.image, layer=self.layer)

    @property
    def tiles(self) -> Placement:
        """Where calibrated pixels lie."""
        return tile_placement(self.image, self.layer)

    @property
    def pixels(self) -> tuple[Any, ...]:
        """What the picture depends on."""
        return *self.values, self.image.planes[self.plane]

    @property
    def values(self) -> tuple[Any, ...]:
        """What the contrast depends on: another plane keeps the one that the user may have set."""
        return source_key(self.image)

    @property
    def area(self) -> tuple[Any, ...]:
        """What is to be in view: another channel lies where the one before did."""
        return self.image.info.opener or self.image.info.path, self.image.info.plane_shape

    def index_in(self, image: ImagePlan, index: int) -> int:
        """Return the index, in a new plan of this image, of the tile where one of these is; 0 in another image."""
        if self.image.name != image.name or not len(image.tiling):
            return 0
        places = len(self.image.tiling)
        if self.image.tiling == image.tiling or index >= len(self.image):
            return index
        plane, box = index // places, self.image[index].tile.box
        y = (box.y + box.height / 2) / self.image.scale[0] * image.scale[0]
        x = (box.x + box.width / 2) / self.image.scale[1] * image.scale[1]
        plane = min(plane, len(image.planes) - 1)
        return int(plane * len(image.tiling) + image.tiling.tile_under(y, x).index)

    def turn_to(self, viewer: Any) -> None:
        """Let the viewer show the plane of the user's layer that the current tile is on."""
        plane, layer = self.image.planes[self.plane], self.layer
        axes = self.image.info.axes[: layer.ndim]
        for axis, position in (("T", plane.t), ("Z", plane.z)):
            if position is not None and axis in axes:
                number = axes.index(axis)
                world = layer.translate[number] + layer.scale[number] * position
                viewer.dims.set_point(number - layer.ndim + viewer.dims.ndim, world)
