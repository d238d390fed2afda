"""LabelMe's JSON of a tile: a polygon an object, and a mask where it has holes or several pieces."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.predicting.outputs.tile_objects import class_name
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.registry import make_sink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.predicting.outputs.tile_objects import TileObjects
    from napari_tiles_creator.geometry.run_lengths import RunLengths

# Of the program whose form it is.
VERSION = "5.5.0"


def labelme_json(image_path: str, objects: TileObjects, classes: Sequence[str]) -> str:
    """Return the text of the file.

    Parameters
    ----------
    image_path : str
        Path of the tile, relative to the file.
    objects : TileObjects
        What it shows.
    classes : sequence of str
        Names of the dataset's classes.
    """
    shapes = [
        {
            "label": class_name(int(objects.class_numbers[number]), classes),
            "group_id": None,
            "description": "",
            "flags": {},
            **_shape(objects, number),
        }
        for number in range(len(objects))
    ]
    content: dict[str, Any] = {
        "version": VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": image_path,
        "imageData": None,
        "imageHeight": objects.shape[0],
        "imageWidth": objects.shape[1],
    }
    return json.dumps(content, indent=1) + "\n"


def _shape(objects: TileObjects, number: int) -> dict[str, Any]:
    import shapely

    outline = objects.outlines[number]
    rings = shapely.get_rings(outline)
    if len(rings) == 1:
        points = [[x, y] for x, y in rings[0].coords[:-1]]
        return {"shape_type": "polygon", "points": points, "mask": None}
    return _mask(objects.runs[number])


def _mask(runs: RunLengths) -> dict[str, Any]:
    """Return the pixels in their box: its first and last pixel, and a picture of what is inside."""
    box = runs.bounding_box
    assert box is not None  # an object has pixels
    pixels = runs.decode(box).astype(np.uint8) * np.uint8(255)
    picture = b"".join(bytes(part) for part in make_sink("png").encode(pixels, TileFacts("YX")))
    corners = [[float(box.x), float(box.y)], [float(box.x_stop - 1), float(box.y_stop - 1)]]
    return {"shape_type": "mask", "points": corners, "mask": base64.b64encode(picture).decode("ascii")}
