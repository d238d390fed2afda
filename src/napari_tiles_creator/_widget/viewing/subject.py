"""What is previewed: a plane of an image, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.viewing.placement import image_placement, tile_placement

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
        media, image = self.plan.recipe.media, self.image
        return image.info, media.series, media.rgb, image.channel, image.planes[self.plane]

    def turn_to(self, viewer: Any) -> None:
        """Let the viewer show the plane of the user's layer that the current tile is on."""
        plane, layer = self.image.planes[self.plane], self.layer
        axes = self.image.info.axes[: layer.ndim]
        for axis, position in (("T", plane.t), ("Z", plane.z)):
            if position is not None and axis in axes:
                number = axes.index(axis)
                world = layer.translate[number] + layer.scale[number] * position
                viewer.dims.set_point(number - layer.ndim + viewer.dims.ndim, world)
