"""What every plane that is drawn on can do, whether its objects are pixels or outlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.objects import BorderRule, TileAnnotations, Wanted


class DrawnPlane(Protocol):
    """Everything that is drawn on one calibrated plane.

    Readable from several threads at once. What it costs to cut a tile grows with what the tile shows, not with what
    the plane holds.
    """

    @property
    def has_shapes(self) -> bool:
        """Whether the shapes of objects are known, or boxes alone."""
        ...

    def cut(
        self, box: Box, padding: tuple[int, int], pad_mode: str, wanted: Wanted, rule: BorderRule
    ) -> TileAnnotations:
        """Return what a tile shows.

        Parameters
        ----------
        box : Box
            The tile before padding, calibrated px; it lies inside the plane.
        padding : (int, int)
            Rows added at the bottom and columns added at the right, px.
        pad_mode : {"constant", "reflect", "edge"}
            How the maps are filled up there: with 0, or as `numpy.pad` does it. Outlines and boxes end at `box`.
        wanted : Wanted
            What is needed besides the list of objects.
        rule : BorderRule
            Which objects count.
        """
        ...

    def counts(self, boxes: NDArray[np.int64], rule: BorderRule) -> NDArray[np.int64]:
        """Return how many objects count in each box, array (n,); boxes are ``y, x, y_stop, x_stop``, array (n, 4)."""
        ...
