"""Convex hulls of objects, found and drawn band by band.

The hull is that of ``skimage.morphology.convex_hull_image``: of the middles of the four edges of every pixel; it holds
the pixels whose centre lies in it or on its border. All numbers are whole: coordinates are doubled, so that centres lie
on even lines and edges on odd ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.labels.chains import Chains
from napari_tiles_creator.engine.back.labels.runs import RowEnds, filled

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.drawing import Drawing
    from napari_tiles_creator.engine.back.labels.passes import Passes
    from napari_tiles_creator.engine.steps import Progress


@dataclass(frozen=True, eq=False)
class Hulls:
    """The hulls of all objects.

    Parameters
    ----------
    left, right : Chains
        Their borders on both sides, positions of the right ones negated.
    """

    left: Chains
    right: Chains

    def drawn(self, bands: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """Yield bands with hulls where nothing was; of hulls that overlap there, the lowest id wins."""
        y = 0
        for band in bands:
            ids, rows, left = self.left.at(y, y + len(band))
            _, _, right = self.right.at(y, y + len(band))
            # From doubled positions to the first pixel's and that after the last one's.
            ends = RowEnds(ids, rows - y, -(-left // 2), -right // 2 + 1)
            hulls = filled(ends.chosen(ends.starts < ends.stops), band.shape, band.dtype)
            np.copyto(band, hulls, where=band == 0)
            y += len(band)
            yield band


def hull_steps(drawing: Drawing, passes: Passes) -> Generator[Progress, None, Hulls]:
    """Find the hulls of all objects of a drawing."""
    left, right = [], []
    y = 0
    for band in drawing.bands():
        ends = RowEnds.of(band)
        left.append(Chains.around(ends.ids, ends.rows + y, ends.starts))
        right.append(Chains.around(ends.ids, ends.rows + y, 1 - ends.stops))
        y += len(band)
        yield passes.at(y / drawing.tiles.source.shape[0])
    return Hulls(Chains.joined(left), Chains.joined(right))
