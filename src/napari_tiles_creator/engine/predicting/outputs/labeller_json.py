"""Django-Labeller's ``__labels.json`` of a tile: polygons whose regions combine by exclusive or, so that holes fit."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.predicting.outputs.tile_objects import class_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.engine.predicting.outputs.tile_objects import TileObjects


def labeller_json(tile: str, objects: TileObjects, classes: Sequence[str], made_by: str) -> str:
    """Return the text of the file; the same tile and model give the same text.

    Parameters
    ----------
    tile : str
        Path of the tile in its dataset.
    objects : TileObjects
        What it shows. Points are corners of pixels: the first pixel reaches from 0 to 1.
    classes : sequence of str
        Names of the dataset's classes.
    made_by : str
        Fingerprint of the model.
    """
    prefix = uuid.uuid5(uuid.NAMESPACE_URL, f"{made_by}/{tile}")
    labels = [
        {
            "label_type": "polygon",
            "object_id": f"{prefix}__{number}",
            "label_class": class_name(int(objects.class_numbers[number - 1]), classes),
            "source": "auto",
            "anno_data": {},
            "regions": _regions(outline),
        }
        for number, outline in enumerate(objects.outlines, 1)
    ]
    content = {"image_filename": tile.rpartition("/")[2], "completed_tasks": [], "labels": labels}
    return json.dumps(content, separators=(",", ":")) + "\n"


def _regions(outline: Any) -> list[list[dict[str, float]]]:
    """Return all rings of an outline, outer ones and holes alike."""
    import shapely

    rings = shapely.get_rings(outline)
    return [[{"x": x, "y": y} for x, y in ring.coords[:-1]] for ring in rings]
