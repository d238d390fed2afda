"""What is drawn on an image, as a tile shows it: the values that annotations and datasets both speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.run_lengths import RunLengths


@dataclass(frozen=True, slots=True)
class Bounds:
    """A rectangle with sides at any position, px; pixel corners lie on integers.

    Of whole pixels the stops are one past the last one, as in a `Box`.
    """

    y: float
    x: float
    y_stop: float
    x_stop: float

    @property
    def height(self) -> float:
        """Length along y, px."""
        return self.y_stop - self.y

    @property
    def width(self) -> float:
        """Length along x, px."""
        return self.x_stop - self.x


@dataclass(frozen=True, slots=True, eq=False)
class SeenObject:
    """What a tile shows of one object.

    Parameters
    ----------
    number : int
        In the tile, 1…n: what its pixels hold in `TileAnnotations.instances`.
    source_number : int
        In its image: the id in a label image, else its place in the file, from 1.
    class_number : int
        Which of the classes, from 0.
    bounds : Bounds
        Of what is visible, px of the tile.
    area : float
        What is visible, px.
    visible : float
        Share of the whole object that is visible, 0…1.
    is_cut : bool
        Whether the tile's border cuts it.
    outline : shapely Polygon or MultiPolygon, optional
        Of what is visible, points (x, y) in px of the tile, corners on integers. None where it was not asked for, or
        only the bounds are known.
    runs : RunLengths, optional
        The pixels of what is visible, of the whole tile with its padding. None where they were not asked for.
    """

    number: int
    source_number: int
    class_number: int
    bounds: Bounds
    area: float
    visible: float = 1.0
    is_cut: bool = False
    outline: Any = None
    runs: RunLengths | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TileAnnotations:
    """Everything that is drawn on a tile.

    Parameters
    ----------
    objects : tuple of SeenObject
        In the order of their numbers.
    instances : array (y, x), uint32, optional
        Number of the object each pixel belongs to, 0 for none; padding included. None where it was not asked for.
    classes : array (y, x), uint16, optional
        Class number + 1 of each pixel, 0 for background; padding included. Pixels of objects that are too small to
        be listed count, too. None where it was not asked for.
    """

    objects: tuple[SeenObject, ...] = ()
    instances: NDArray[np.uint32] | None = None
    classes: NDArray[np.uint16] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a tile's annotations is needed besides the list of its objects.

    Parameters
    ----------
    outlines, runs : bool
        Of each object.
    instances, classes : bool
        The maps of all pixels.
    """

    outlines: bool = False
    runs: bool = False
    instances: bool = False
    classes: bool = False


@dataclass(frozen=True, slots=True)
class BorderRule:
    """Which objects count that a tile's border cuts.

    Parameters
    ----------
    at_border : {"clip", "keep", "drop", "mark"}
        ``clip`` and ``mark`` take what is visible where it is enough of the object, ``keep`` takes every object
        however little of it is visible, ``drop`` none that is cut.
    min_visible : float, default 0.1
        The smallest visible share of an object that is enough, 0…1. What covers such a share of the tile is enough,
        too: of an object much larger than a tile no tile shows a large share.
    """

    at_border: str = "clip"
    min_visible: float = 0.1

    def keeps(
        self, visible: NDArray[np.float64], is_cut: NDArray[np.bool_], covered: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Tell which objects count, array (objects,).

        Parameters
        ----------
        visible : array (objects,)
            Share of each object that is visible, 0…1.
        is_cut : array (objects,)
            Whether the tile's border cuts it.
        covered : array (objects,)
            Share of the tile that it covers, 0…1.
        """
        if self.at_border == "drop":
            return ~is_cut
        if self.at_border == "keep":
            return visible > 0
        return (visible > 0) & (np.maximum(visible, covered) >= self.min_visible)
