"""When the boxes or polygons of overlapping tiles are the same object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from napari_tiles_creator.errors import DatasetError

Measure = Literal["ios", "iou"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True, slots=True)
class JoinRule:
    """How the detections of tiles become those of an image.

    Parameters
    ----------
    match : {"ios", "iou"}, default "ios"
        What is measured in the zone that two tiles show: the shared area over the smaller one's, or over the union's.
        The box of a part says little of where the object lies in the zone: for boxes the IoU misses many a part.
    threshold : float, default 0.5
        From which value on two detections of a class are the same object, 0 < threshold ≤ 1.
    min_score : float, default 0.0
        Detections with a lower score are left out first; one without a score counts as certain.

    Raises
    ------
    DatasetError
        If one of them is out of its range.
    """

    match: Measure = "ios"
    threshold: float = 0.5
    min_score: float = 0.0

    def __post_init__(self) -> None:
        if self.match not in MEASURES:
            raise DatasetError(f"match {self.match!r} is not available for detections: use {', '.join(MEASURES)}")
        if not 0 < self.threshold <= 1:
            raise DatasetError(f"the threshold is {self.threshold:g}: it must be above 0 and at most 1")
        if not math.isfinite(self.min_score):
            raise DatasetError(f"the lowest score is {self.min_score}: it must be a number, such as 0.25")
