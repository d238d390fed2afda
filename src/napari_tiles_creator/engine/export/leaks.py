"""Whether tiles of different splits are made from the same pixel of an image, which an export rules out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.source_axis import SourceAxis, source_boxes, source_reach
from napari_tiles_creator.geometry.split_bands import shared_between

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.manifest import Manifest
    from napari_tiles_creator.engine.export.rows import TileRow


def leaks(manifest: Manifest) -> tuple[str, ...]:
    """Return a sentence for each plane of an image of which two splits use the same pixel.

    Boxes are compared in pixels of the source, widened by what the interpolation reaches; what the table says counts,
    not what the recipe asked for.
    """
    of_plane: dict[tuple[str, str, str], list[TileRow]] = defaultdict(list)
    for row in manifest.rows.values():
        if row.split:
            of_plane[row.source, row.t, row.z].append(row)
    sources = {source["path"]: source for source in manifest.head["sources"]}
    calibration = manifest.head["recipe"].get("calibration", {})
    found = []
    for (name, _, _), tiles in of_plane.items():
        splits = np.array([row.split for row in tiles])
        if np.all(splits == splits[0]) or name not in sources:
            continue
        pair = shared_between(_source_boxes(tiles, sources[name], calibration), splits)
        if pair is not None:
            a, b = (tiles[i] for i in pair)
            found.append(f"{a.tile} ({a.split}) and {b.tile} ({b.split}) are made from the same pixels of {name}")
    return tuple(found)


def _source_boxes(rows: list[TileRow], source: dict[str, Any], calibration: dict[str, Any]) -> NDArray[np.int64]:
    """Return which source pixels tiles are made from, array (n, 4): ``y, x, y_stop, x_stop``."""
    boxes = np.array([(int(r.y), int(r.x), int(r.y) + int(r.height), int(r.x) + int(r.width)) for r in rows], np.int64)
    lengths = dict(zip(source["axes"], source["shape"], strict=True))
    old, new = (lengths["Y"], lengths["X"]), tuple(source["calibrated_shape"])
    if old == new:
        return boxes
    how = calibration.get("interpolation", "cubic"), calibration.get("antialias", True)
    axes = [SourceAxis(a, b, source_reach(a, b, *how)) for a, b in zip(old, new, strict=True)]
    return source_boxes(boxes, axes[0], axes[1])
