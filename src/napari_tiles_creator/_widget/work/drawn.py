"""What is drawn on images in layers, as a plan takes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.engine.planning.scan import Scanned


@dataclass(frozen=True)
class Drawn:
    """What is drawn in layers.

    Parameters
    ----------
    given : mapping
        The header of the label image of each image, by the image's name.
    drawn : mapping
        Boxes and polygons of each image, by the image's name.
    """

    given: Mapping[str, Scanned] = field(default_factory=dict)
    drawn: Mapping[str, DrawnObjects] = field(default_factory=dict)
