"""The tiles of a dataset, drawn over its image: a layer a split, so that the list of layers is the legend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.controls.words import grouped
from napari_tiles_creator._widget.viewing.colours import KEPT, MORE_SPLITS, SPLITS
from napari_tiles_creator._widget.viewing.drawing import MOST_RUNS, NONE, Drawing, fill_placement
from napari_tiles_creator._widget.viewing.exported import dataset_placement
from napari_tiles_creator._widget.viewing.layers import AXES, KEY
from napari_tiles_creator._widget.viewing.pattern import (
    MOST_RECTANGLES,
    MOST_SCATTERED,
    grid_paths,
    kept_lines,
    rectangle,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator._widget.viewing.exported import LayerData
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.geometry.grid import TileGrid


def dataset_outlines(
    source: TiledSource, most_rectangles: int = MOST_RECTANGLES, most_lines: int = MOST_RUNS
) -> list[LayerData]:
    """Return the layers of the tiles of one plane.

    Parameters
    ----------
    source : TiledSource
        An image of the dataset.
    most_rectangles : int
        Up to here each tile is a rectangle with a row in the table.
    most_lines : int
        Of more tiles the edges are drawn as lines; where these would be more, the tiles are filled.
    """
    splits: dict[str, list[TileRow]] = {}
    for row in next(iter(source.planes.values())):
        splits.setdefault(row.split, []).append(row)
    spare = iter(MORE_SPLITS)
    layers = []
    for split in [*(name for name in SPLITS if name in splits), *sorted(splits.keys() - SPLITS.keys())]:
        rows = splits[split]
        colour = (SPLITS.get(split) or next(spare, KEPT)) if split else KEPT
        pixels, look, kind = _drawn(source, rows, colour, most_rectangles, most_lines)
        meta = {
            **dataset_placement(source).settings(),
            **look,
            "name": f"{source.stem}: {split or 'tiles'} ({grouped(len(rows))})",
            "opacity": 1,
            "axis_labels": AXES,
            "metadata": {KEY: {"dataset": str(source.folder), "source": source.name, "split": split}},
        }
        layers.append((pixels, meta, kind))
    return layers


def _drawn(
    source: TiledSource, rows: list[TileRow], colour: str, most_rectangles: int, most_lines: int
) -> tuple[Any, dict[str, Any], str]:
    """Return what napari is to draw, the settings of the layer and its type."""
    from napari_tiles_creator.engine.back.tiled_image import box_of

    drawing, features, grid = Drawing(), {}, source.grid
    if grid is None or len(rows) <= most_rectangles:
        rows = rows[:MOST_SCATTERED]
        drawing.add((rectangle(box_of(row)) for row in rows), "rectangle", colour)
        features = {
            "name": np.array([Path(row.tile).stem for row in rows], object),
            "index": np.array([int(row.index) for row in rows]),
            "split": np.array([row.split for row in rows], object),
        }
    else:
        mask = np.zeros(grid.counts, bool)
        mask[[int(row.row) for row in rows], [int(row.column) for row in rows]] = True
        if mask.all():
            drawing.add(grid_paths(grid), "path", colour)
        else:
            lines = kept_lines(grid, mask)
            if len(lines) > most_lines:
                return _filled(source, grid, mask, colour)
            drawing.add(lines, "line", colour)
    # Seen when the whole image is, and no thicker than leaves small tiles to be seen: nobody follows the zoom here.
    width = min(max(source.plane_shape) / 500, int(rows[0].height) / 24)
    return drawing.shapes, {**drawing.settings(width), "features": features}, "shapes"


def _filled(
    source: TiledSource, grid: TileGrid, mask: NDArray[np.bool_], colour: str
) -> tuple[Any, dict[str, Any], str]:
    """Return a layer with a pixel a tile."""
    from napari.utils import DirectLabelColormap

    look = {
        **fill_placement(grid, dataset_placement(source)).settings(),
        "colormap": DirectLabelColormap(color_dict={None: NONE, 1: f"{colour}60"}),
    }
    return mask.astype(np.uint8), look, "labels"
