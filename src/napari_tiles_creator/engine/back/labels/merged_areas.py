"""How large merged objects are: known from the copies where nothing hides anything, counted in the plane elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.labels.drawing import Drawing
    from napari_tiles_creator.engine.back.labels.passes import Passes
    from napari_tiles_creator.engine.back.labels.survey import Survey
    from napari_tiles_creator.engine.steps import Progress


def sure_areas(survey: Survey, ids: NDArray[np.uint32], least: int) -> NDArray[np.int64] | None:
    """Return areas that tell which objects reach the least one, array (objects + 1,); None if they cannot tell.

    An object has at most the pixels of all its copies, and at least those of its largest copy less all that copies of
    other objects share with its own.

    Parameters
    ----------
    survey : Survey
        What is known of the copies.
    ids : array (n,), uint32
        The object of each copy, 0 where it is not drawn.
    least : int
        Area that is asked for, px; 0 and 1 ask whether anything of an object is seen.
    """
    count = int(ids.max(initial=0)) + 1
    most = np.bincount(ids, survey.areas, minlength=count)
    certain = np.zeros(count)
    np.maximum.at(certain, ids, survey.areas)
    pairs = survey.pairs
    first, second = ids[pairs.first], ids[pairs.second]
    rivals = (first != second) & (first > 0) & (second > 0)
    if pairs.is_contact is not None:
        rivals &= ~pairs.is_contact
    for own in (first, second):
        certain -= np.bincount(own[rivals], pairs.shared[rivals], minlength=count)
    least = max(1, least)
    unsure = (certain < least) & (most >= least)
    return None if unsure[1:].any() else certain.astype(np.int64)


def exact_areas(drawing: Drawing, passes: Passes) -> Generator[Progress, None, NDArray[np.int64]]:
    """Count the pixels of every object in the plane; return an array (objects + 1,)."""
    areas = np.zeros(int(drawing.ids.max(initial=0)) + 1, np.int64)
    rows = 0
    for band in drawing.bands():
        add_counts(areas, band)
        rows += len(band)
        yield passes.at(rows / drawing.tiles.source.shape[0])
    return areas


def add_counts(areas: NDArray[np.int64], band: NDArray[np.integer]) -> None:
    """Add the pixels of each label of a band to the areas, array (objects + 1,)."""
    for rows in np.array_split(band, max(1, band.size >> 22)):  # counting takes 8 bytes a pixel
        if rows.size:
            lowest = int(rows.min())
            counts = np.bincount((rows - lowest).reshape(-1))
            areas[lowest : lowest + len(counts)] += counts
