"""Layers of exported tiles: each image put together from its tiles, their outlines over it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.controls.words import grouped
from napari_tiles_creator._widget.viewing.colours import KEPT
from napari_tiles_creator._widget.viewing.layers import KEY
from napari_tiles_creator._widget.viewing.pattern import MOST_SCATTERED, kept_lines, rectangle
from napari_tiles_creator._widget.viewing.picture import value_ranges
from napari_tiles_creator._widget.viewing.placement import Placement

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.manifest import TileRow

    LayerData = tuple[Any, dict[str, Any], str]

# Of a dataset with more images than these, only the chosen one is shown.
FEW = 4
# Up to here each tile is a rectangle with a row in the table; napari takes a fifth of a millisecond for one.
MOST_RECTANGLES = 2_000
SPLIT_COLOURS = {"train": KEPT, "val": "#ff7f00", "test": "#e05fd0"}
MORE_COLOURS = ("#9acd32", "#ffd60a", "#b0b0ff")
SAMPLED_SIDE = 512


def chosen(sources: list[TiledSource], wanted: str) -> list[TiledSource]:
    """Return all sources where they are few, else the wanted one, or the first; the wanted one comes first."""
    first = [source for source in sources if source.name == wanted]
    if len(sources) > FEW:
        return first or sources[:1]
    return [*first, *(source for source in sources if source.name != wanted)]


def tile_placement(source: TiledSource) -> Placement:
    """Return where the tiles' pixels lie: they begin at the corner of the source's first pixel."""
    scale_y, scale_x = source.scale
    return source_placement(source).resampled(1 / scale_y, 1 / scale_x)


def source_placement(source: TiledSource) -> Placement:
    """Return where the source's own pixels lie."""
    size = source.pixel_size
    return Placement((size.y_um, size.x_um) if size else (1.0, 1.0), (0.0, 0.0), "µm" if size else "pixel")


def assembled(source: TiledSource) -> Generator[None, None, LayerData]:
    """Return the layer of an image as it lies in its tiles, `source (tiles)`."""
    from napari_tiles_creator.engine.back.tiled_image import TiledImage

    image = TiledImage(source)
    levels, contrast = yield from pyramid(image)
    look = {"name": f"{source.stem} (tiles)", "rgb": source.is_rgb, "axis_labels": source.axes}
    return image_layer(levels, look, tile_placement(source), contrast, source)


def pyramid(image: Any) -> Generator[None, None, tuple[list[Any], tuple[float, float]]]:
    """Return the levels of an image, the smallest in memory, and its range of values."""
    from napari_tiles_creator.engine.back.planes import steps_of

    steps = steps_of(image.shape[len(image.lengths) :][:2])
    levels: list[Any] = [image, *(image.thinned(step) for step in steps[1:])]
    if len(steps) > 1:
        levels[-1] = yield from levels[-1].held()
        some = levels[-1]
    else:
        some = image.thinned(max(1, max(image.plane_shape) // SAMPLED_SIDE))[(0,) * len(image.lengths)]
    yield
    return levels, value_ranges(some)[1]


def image_layer(
    levels: list[Any],
    look: dict[str, Any],
    placement: Placement,
    contrast: tuple[float, float],
    source: TiledSource,
) -> LayerData:
    """Return levels of an image as napari takes them from a reader."""
    axes = len(look["axis_labels"])
    more = {} if look["rgb"] else {"contrast_limits": contrast}
    meta = {
        **look,
        **more,
        **placement.settings(axes),
        "multiscale": len(levels) > 1,
        "metadata": {KEY: {"dataset": str(source.folder), "source": source.name}},
    }
    return (levels if len(levels) > 1 else levels[0], meta, "image")


def outlines(source: TiledSource) -> list[LayerData]:
    """Return the outlines of the tiles, a layer a split: the list of layers is the legend."""
    plane = next(iter(source.planes.values()))
    splits: dict[str, list[TileRow]] = {}
    for row in plane:
        splits.setdefault(row.split, []).append(row)
    spare = iter(MORE_COLOURS)
    order = [*(name for name in SPLIT_COLOURS if name in splits), *sorted(splits.keys() - SPLIT_COLOURS.keys())]
    return [
        _outline_layer(source, split, splits[split], (SPLIT_COLOURS.get(split) or next(spare, KEPT)) if split else KEPT)
        for split in order
    ]


def _outline_layer(source: TiledSource, split: str, rows: list[TileRow], colour: str) -> LayerData:
    shapes, shape_type, features = _drawn(source, rows)
    meta = {
        "name": f"{source.stem}: {split or 'tiles'} ({grouped(len(rows))})",
        "shape_type": shape_type,
        "edge_color": colour,
        "face_color": "transparent",
        # Seen when the whole image is, and no thicker than leaves small tiles to be seen.
        "edge_width": min(max(source.plane_shape) / 500, int(rows[0].height) / 24),
        "opacity": 1,
        "features": features,
        "axis_labels": ("y", "x"),
        **tile_placement(source).settings(),
        "metadata": {KEY: {"dataset": str(source.folder), "source": source.name, "split": split}},
    }
    return (shapes, meta, "shapes")


def _drawn(source: TiledSource, rows: list[TileRow]) -> tuple[list[Any], str, dict[str, Any]]:
    """Return shapes, their type and a table of them: a rectangle a tile, or of very many, their edges as lines."""
    from napari_tiles_creator.engine.back.tiled_image import box_of

    if len(rows) > MOST_RECTANGLES and source.grid is not None:
        kept = np.zeros(source.grid.counts, bool)
        kept[[int(row.row) for row in rows], [int(row.column) for row in rows]] = True
        return list(kept_lines(source.grid, kept)), "line", {}
    rows = rows[:MOST_SCATTERED]
    features = {
        "name": np.array([Path(row.tile).stem for row in rows], object),
        "index": np.array([int(row.index) for row in rows]),
        "split": np.array([row.split for row in rows], object),
    }
    return [rectangle(box_of(row)) for row in rows], "rectangle", features
