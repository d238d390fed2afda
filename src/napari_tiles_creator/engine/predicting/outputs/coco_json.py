"""One COCO file of all tiles that were predicted, made from their masks, a tile at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.predicting.outputs.tile_objects import class_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from napari_tiles_creator.engine.predicting.outputs.tile_objects import TileObjects


@dataclass(frozen=True, slots=True)
class CocoImage:
    """A tile: its path in the dataset, the size of its file, px, and its place in its image."""

    tile: str
    height: int
    width: int
    source: str
    y: int
    x: int


def coco_json(
    images: Sequence[CocoImage], objects: Iterable[TileObjects], classes: Sequence[str], wanted: int | None
) -> Iterator[str]:
    """Yield the parts of the file; numbers of images, annotations and categories begin with 1.

    Parameters
    ----------
    images : sequence of CocoImage
        The tiles.
    objects : iterable of TileObjects
        What each of them shows.
    classes : sequence of str
        Names of the dataset's classes.
    wanted : int or None
        The model's number of the one class that occurs; None for several.
    """
    yield '{\n"info": {"description": "predictions"},\n"licenses": [],\n"images": ['
    for number, image in enumerate(images, 1):
        yield (",\n" if number > 1 else "\n") + json.dumps(_image(number, image))
    yield '\n],\n"annotations": ['
    count, highest = 0, len(classes) if wanted is None else wanted
    for image_number, shown in enumerate(objects, 1):
        for at in range(len(shown)):
            count += 1
            highest = max(highest, int(shown.class_numbers[at]))
            yield (",\n" if count > 1 else "\n") + json.dumps(_annotation(count, image_number, shown, at))
    numbers = range(1, max(highest, 1) + 1) if wanted is None else [wanted]
    categories = [
        {"id": max(number, 1), "name": class_name(number, classes), "supercategory": ""} for number in numbers
    ]
    yield f'\n],\n"categories": {json.dumps(categories)}\n}}\n'


def _image(number: int, image: CocoImage) -> dict[str, Any]:
    place = {"source": image.source, "x": image.x, "y": image.y}
    return {"id": number, "file_name": image.tile, "width": image.width, "height": image.height, **place}


def _annotation(number: int, image_number: int, objects: TileObjects, at: int) -> dict[str, Any]:
    runs = objects.runs[at]
    box = runs.bounding_box
    assert box is not None  # an object has pixels
    return {
        "id": number,
        "image_id": image_number,
        "category_id": max(int(objects.class_numbers[at]), 1),
        "bbox": [box.x, box.y, box.width, box.height],
        "area": runs.area,
        "iscrowd": 0,
        "segmentation": runs.to_coco(),
    }
