"""How instance labels of tiles become those of a plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

from napari_tiles_creator.engine.back.copies import Match, Matching


@dataclass(frozen=True)
class StitchRule:
    """When labels of two tiles are one object, and what is done with objects that are joined.

    Parameters
    ----------
    match : {"containment", "iou"}, default "containment"
        Two copies of an object are compared where both tiles show it: by the share of the smaller one that both
        cover, or by intersection over union.
    threshold : float, default 0.5
        Least of it, above 0 and at most 1.
    min_area_px : int, default 0
        Objects of fewer pixels are left out.
    hull : bool, default False
        Whether each object becomes its convex hull, where no other object is.
    smooth_px : float, default 0.0
        Standard deviation of the Gaussian that smooths outlines, px; 0 leaves them.
    clean_borders : bool, default True
        Whether objects that an inner tile border cuts give way to the neighbour's whole copy; otherwise the two
        are joined.

    Raises
    ------
    ValueError
        If a value is unknown or out of its range; its first word is the field's name.
    """

    match: Match = "containment"
    threshold: float = 0.5
    min_area_px: int = 0
    hull: bool = False
    smooth_px: float = 0.0
    clean_borders: bool = True

    def __post_init__(self) -> None:
        _ = self.matching
        if self.min_area_px != int(self.min_area_px) or self.min_area_px < 0:
            raise ValueError(f"min_area_px must be a whole number, 0 or more, not {self.min_area_px}")
        if not self.smooth_px >= 0 or not math.isfinite(self.smooth_px):
            raise ValueError(f"smooth_px must be 0 or more, not {self.smooth_px}")

    @property
    def matching(self) -> Matching:
        """When two copies are one object."""
        return Matching(self.match, self.threshold, clean_borders=self.clean_borders)
