"""Stitch the labels of overlapping tiles: one id for one object, in memory that the plane's size does not set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.copies import Copies, groups_of
from napari_tiles_creator.engine.back.labels.drawing import Drawing, label_type
from napari_tiles_creator.engine.back.labels.hulls import Hulls, hull_steps
from napari_tiles_creator.engine.back.labels.merged_areas import exact_areas, sure_areas
from napari_tiles_creator.engine.back.labels.ordered_tiles import OrderedTiles
from napari_tiles_creator.engine.back.labels.passes import Passes
from napari_tiles_creator.engine.back.labels.places import owned
from napari_tiles_creator.engine.back.labels.smoothing import Smoothing, smoothing_steps
from napari_tiles_creator.engine.back.labels.survey import survey_steps

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.copies import Groups
    from napari_tiles_creator.engine.back.labels.rule import StitchRule
    from napari_tiles_creator.engine.back.labels.survey import Survey
    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
    from napari_tiles_creator.engine.steps import Progress


@dataclass(frozen=True, eq=False)
class Stitched:
    """The labels of a plane.

    Parameters
    ----------
    count : int
        Number of objects; their ids are 1 to it.
    dtype : numpy dtype
        uint16 up to 65,535 objects, else uint32.
    drawing : Drawing
        The copies that stand.
    hulls : Hulls or None
        Where objects become their hulls.
    smoothing : Smoothing or None
        Where outlines are smoothed.
    left_out : int
        Objects that are none, as only tiles show them which own none of their place; small ones not counted.
    """

    count: int
    dtype: np.dtype[Any]
    drawing: Drawing
    hulls: Hulls | None = None
    smoothing: Smoothing | None = None
    left_out: int = 0

    def bands(self) -> Iterator[NDArray[Any]]:
        """Yield the plane's rows from top to bottom, arrays (rows, width); they may be kept. Tiles are read again."""
        bands = self.drawing.bands()
        if self.hulls is not None:
            bands = self.hulls.drawn(bands)
        return bands if self.smoothing is None else self.smoothing.drawn(bands)


def stitch_steps(tiles: PlaneTiles, rule: StitchRule, *, workers: int = 1) -> Generator[Progress, None, Stitched]:
    """Find which labels of tiles are one object.

    Tiles are read up to four times: for their objects, for exact areas where objects may hide others or small ones are
    dropped, for hulls, and for smoothed outlines; `Stitched.bands` reads them once more.

    Parameters
    ----------
    tiles : PlaneTiles
        Labels, arrays (y, x) of integers up to 32 bits, 0 for none; missing tiles show nothing.
    rule : StitchRule
        When two labels are one object, and what is done with objects.
    workers : int, default 1
        Threads that read; the result is the same for any number.

    Returns
    -------
    stitched : Stitched
        Ids are consecutive, in the order of (tile by row and column, label in the tile) of the copy that stands for
        the object. Areas are compared with the rule's least before hulls and smoothing.

    Raises
    ------
    ValueError
        If tiles lie in no grid, or one holds no labels; it names the tile's number.
    """
    ordered = OrderedTiles.of(tiles)
    passes = Passes(ordered.total_px, 2 + rule.hull + (rule.smooth_px > 0))
    survey = yield from survey_steps(ordered, passes, workers)
    passes.end()
    groups = _groups(ordered, survey, rule)
    left_out = groups.left_out(survey.areas, rule.min_area_px)
    drawing = Drawing(ordered, survey.offsets, _ids(groups), workers)
    areas = sure_areas(survey, drawing.ids, rule.min_area_px)
    del survey, groups  # what follows needs none of their tables
    if areas is None:
        areas = yield from exact_areas(drawing, passes)
    passes.end()
    drawing = _with(drawing, areas >= max(1, rule.min_area_px))
    hulls = smoothing = None
    if rule.hull:
        hulls = yield from hull_steps(drawing, passes)
        passes.end()
    if rule.smooth_px:
        smoothing = yield from smoothing_steps(drawing, hulls, rule.smooth_px, passes)
        passes.end()
    yield passes.at(0)
    count = int(drawing.ids.max(initial=0))
    return Stitched(count, label_type(count), drawing, hulls, smoothing, left_out)


def _groups(tiles: OrderedTiles, survey: Survey, rule: StitchRule) -> Groups:
    """Return which object each copy belongs to."""
    centred, in_core = owned(tiles, survey)
    alike = np.zeros(len(survey), np.int8)
    copies = Copies(survey.tiles, survey.areas, survey.is_cut, alike, centred, in_core)
    return groups_of(copies, survey.pairs, rule.matching)


def _ids(groups: Groups) -> NDArray[np.uint32]:
    """Return the object of each copy, counted from 1 in the order of those that stand; 0 where it is not drawn."""
    ids = np.zeros(len(groups.drawn), np.uint32)
    leads = groups.drawn & (groups.leaders == np.arange(len(ids)))
    ids[leads] = np.arange(1, int(leads.sum()) + 1)
    ids[groups.drawn] = ids[groups.leaders[groups.drawn]]
    ids[~groups.drawn] = 0
    return ids


def _with(drawing: Drawing, kept: NDArray[np.bool_]) -> Drawing:
    """Return the drawing with some of its objects, array (objects + 1,), counted anew."""
    kept = kept.copy()
    kept[0] = False
    names = np.cumsum(kept, dtype=np.uint32)
    names[~kept] = 0
    return replace(drawing, ids=names[drawing.ids])
