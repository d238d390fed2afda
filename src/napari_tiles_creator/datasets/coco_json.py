"""COCO's JSON, written tile by tile: however large the dataset, a tile at a time is held."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from napari_tiles_creator.datasets.base import Finished, WrittenObject, WrittenTile


def coco_json(dataset: Finished, split: str = "") -> Iterator[str]:
    """Yield the parts of the file of a split, or of all tiles.

    Numbers of images, annotations and categories begin with 1: to COCO's own evaluation annotation 0 is none.
    Names of files are relative to ``images/<split>``.
    """
    yield '{\n"info": {"description": "tiles"},\n"licenses": [],\n"categories": ['
    yield from _items(
        {"id": number, "name": name, "supercategory": ""} for number, name in enumerate(dataset.classes, 1)
    )
    yield '],\n"images": ['
    yield from _items(_image(number, tile) for number, tile in _tiles(dataset, split))
    yield '],\n"annotations": ['
    yield from _items(_annotations(dataset, split))
    yield "]\n}\n"


def _tiles(dataset: Finished, split: str) -> Iterator[tuple[int, WrittenTile]]:
    """Yield the tiles of a split, counted from 1."""
    return enumerate((tile for tile in dataset.tiles if not split or tile.split == split), 1)


def _image(number: int, tile: WrittenTile) -> dict[str, Any]:
    return {
        "id": number,
        "file_name": tile.path.rpartition("/")[2],
        "width": tile.width,
        "height": tile.height,
        "source": tile.source,
        "x": tile.x,
        "y": tile.y,
        "tile": tile.path,
    }


def _annotations(dataset: Finished, split: str) -> Iterator[dict[str, Any]]:
    """Yield the annotations of a split, numbered through."""
    number = 0
    for image, tile in _tiles(dataset, split):
        for written in tile.objects:
            number += 1
            yield _annotation(number, image, written)


def _annotation(number: int, image: int, written: WrittenObject) -> dict[str, Any]:
    shape = json.loads(written.segmentation) if written.segmentation else {}
    return {
        "id": number,
        "image_id": image,
        "category_id": written.class_number + 1,
        "bbox": [written.x, written.y, written.width, written.height],
        "area": written.area,
        "iscrowd": 0,
        "segmentation": [],
        "source_id": written.source_number,
        "truncated": int(written.is_cut),
        "visible": written.visible,
        **shape,
    }


def _items(values: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield the items of a JSON array, one a line."""
    before = "\n"
    for value in values:
        # Plain ASCII, so that no reader's choice of encoding matters.
        yield before + json.dumps(value)
        before = ",\n"
    yield "\n"
