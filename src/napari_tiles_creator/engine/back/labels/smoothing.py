"""Smooth outlines, band by band: each pixel goes to the object that holds most of its surroundings.

The mask of each object is smoothed with a Gaussian, and what is above one half is the object: there is at most one such
object at any pixel. An object of which nothing would be left, as it is thinner than the Gaussian, stays as it is, and
keeps its pixels from others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.labels.merged_areas import add_counts
from napari_tiles_creator.engine.back.labels.tile_objects import objects_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.drawing import Drawing
    from napari_tiles_creator.engine.back.labels.hulls import Hulls
    from napari_tiles_creator.engine.back.labels.passes import Passes
    from napari_tiles_creator.engine.steps import Progress

# Where the Gaussian ends, in standard deviations.
TRUNCATE = 4.0


@dataclass(frozen=True, eq=False)
class Smoothing:
    """How outlines are smoothed.

    Parameters
    ----------
    sigma : float
        Standard deviation, px.
    is_kept : array (objects + 1,), bool
        Which objects stay as they are.
    """

    sigma: float
    is_kept: NDArray[np.bool_]

    @property
    def reach(self) -> int:
        """How far the Gaussian looks, px."""
        return int(TRUNCATE * self.sigma + 0.5)

    def drawn(self, bands: Iterable[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """Yield the same plane with smooth outlines."""
        for window, rows in windows(bands, self.reach):
            band = self._smoothed(window, rows)
            own = window[rows]
            np.copyto(band, own, where=self.is_kept[own])
            yield band

    def _smoothed(self, window: NDArray[Any], rows: slice) -> NDArray[Any]:
        """Return some rows of a window, array (y, x), with smooth outlines."""
        from scipy.ndimage import find_objects, gaussian_filter

        objects = objects_of(window, 0)
        out = np.zeros_like(window)
        for number, (ys, xs) in enumerate(find_objects(objects.numbers.astype(np.int32, copy=False)), start=1):
            if ys.stop + self.reach <= rows.start or ys.start - self.reach >= rows.stop:
                continue
            around = tuple(
                slice(max(0, part.start - self.reach), min(length, part.stop + self.reach))
                for part, length in zip((ys, xs), window.shape, strict=True)
            )
            mask = (objects.numbers[around] == number).astype(np.float32)
            # Beyond the plane objects go on as they end.
            smooth = gaussian_filter(mask, self.sigma, mode="nearest", truncate=TRUNCATE)
            np.copyto(out[around], window[ys, xs][objects.numbers[ys, xs] == number][0], where=smooth > 0.5)
        return out[rows]


def smoothing_steps(
    drawing: Drawing, hulls: Hulls | None, sigma: float, passes: Passes
) -> Generator[Progress, None, Smoothing]:
    """Find which objects smoothing must leave as they are.

    One that is kept may hide the last pixels of another, which is kept then, too: it is looked at again until none
    is lost.
    """
    is_kept = np.zeros(int(drawing.ids.max(initial=0)) + 1, np.bool_)
    while True:
        smoothing = Smoothing(sigma, is_kept)
        areas = np.zeros(len(is_kept), np.int64)
        y = 0
        bands = drawing.bands()
        for band in smoothing.drawn(bands if hulls is None else hulls.drawn(bands)):
            add_counts(areas, band)
            y += len(band)
            yield passes.at(y / drawing.tiles.source.shape[0])
        lost = areas == 0
        lost[0] = False
        if not lost.any():
            return smoothing
        is_kept = is_kept | lost


def windows(bands: Iterable[NDArray[Any]], halo: int) -> Iterator[tuple[NDArray[Any], slice]]:
    """Yield bands with the rows around them.

    Parameters
    ----------
    bands : iterable of array (rows, width)
        The rows of a plane from top to bottom.
    halo : int
        Rows above and below, px; fewer at the plane's ends.

    Yields
    ------
    window : array (rows, width)
        Rows of the plane.
    rows : slice
        Which of them are meant: together those of all windows are the plane.
    """
    window: NDArray[Any] | None = None
    above = 0
    for band in bands:
        window = band if window is None else np.concatenate([window, band])
        stop = len(window) - halo
        if stop > above:
            yield window, slice(above, stop)
            first = max(0, stop - halo)
            window, above = window[first:], stop - first
    if window is not None and above < len(window):
        yield window, slice(above, len(window))
