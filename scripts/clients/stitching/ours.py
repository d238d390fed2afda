"""What napari-tiles-creator makes of the same tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.arrays import merge_arrays
from napari_tiles_creator.engine.back.detections.detections import Detections
from napari_tiles_creator.engine.back.detections.frame import Frame
from napari_tiles_creator.engine.back.detections.join import joined
from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.back.labels.stitch import stitch_steps
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.steps import result_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stitching.fields import FieldForm


def stitched(form: FieldForm, tiles: Sequence[NDArray[np.int32]], rule: StitchRule | None = None) -> NDArray[Any]:
    """Return the label image (y, x) of a field's tiles."""
    steps = stitch_steps(PlaneTiles.of_arrays(tiles, form.grid), rule or StitchRule())
    return np.concatenate(list(result_of(steps).bands()))


def boxed(form: FieldForm, detections: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the boxes of a field, array (n, 5): class, y0, x0, y1, x1, from what `simulated.detected` returns."""
    tiles = list(form.grid)
    boxes = [tile.box for tile in tiles]
    places = [(tile.row, tile.column) for tile in tiles if tile.row is not None and tile.column is not None]
    parts = [_of_tile(detections[detections[:, 0] == tile.index], tile.box.y, tile.box.x) for tile in tiles]
    found = joined(Frame.of(form.grid.shape, boxes, form.grid, places), parts)
    return np.column_stack([found.class_numbers, found.bounds[:, [1, 0, 3, 2]]])


def _of_tile(rows: NDArray[np.float64], y: int, x: int) -> Detections:
    """Return a tile's boxes, px of the tile."""
    bounds = rows[:, [4, 3, 6, 5]] - (x, y, x, y)
    return Detections(rows[:, 1].astype(np.int64), rows[:, 2], bounds, np.full(len(rows), None, object))


def blended(form: FieldForm, tiles: Sequence[NDArray[np.float32]], blend: str) -> NDArray[np.float32]:
    """Return the map (y, x) of a field's tiles."""
    return merge_arrays(tiles, form.grid, blend)
