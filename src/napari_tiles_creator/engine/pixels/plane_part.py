"""A part of every plane of an image, in whose pixels alone something is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box


@dataclass(frozen=True, slots=True)
class PlanePart:
    """Some boxes of a plane, or all of it.

    Parameters
    ----------
    boxes : tuple of Box, optional
        Without common pixels, calibrated px; None means the whole plane.
    """

    boxes: tuple[Box, ...] | None = None

    @classmethod
    def of(cls, boxes: Iterable[Box], shape: tuple[int, int]) -> PlanePart:
        """Return the part of a plane of this height and width that these boxes are."""
        found = tuple(boxes)
        return cls(None if sum(box.area for box in found) == shape[0] * shape[1] else found)

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the plane."""
        return self.boxes is None

    def touched(self, blocks: Iterable[Box]) -> list[Box]:
        """Return those of some blocks that hold pixels of it, in their order."""
        if self.boxes is None:
            return list(blocks)
        return [block for block in blocks if any(box.intersection(block).area for box in self.boxes)]

    def inside(self, pixels: NDArray[Any], block: Box, rows_axis: int) -> list[NDArray[Any]]:
        """Return what of a block's pixels belongs to it, views.

        Parameters
        ----------
        pixels : array (y, x), (c, y, x) or (y, x, s)
            The block's pixels.
        block : Box
            Where it lies, calibrated px.
        rows_axis : int
            Which axis of the array is y.
        """
        if self.boxes is None:
            return [pixels]
        common = [box.intersection(block) for box in self.boxes]
        before = (slice(None),) * rows_axis
        return [pixels[(*before, *box.moved(-block.y, -block.x).slices)] for box in common if box.area]
