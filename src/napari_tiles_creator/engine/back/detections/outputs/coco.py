"""COCO JSON: one file for all sources, written object by object."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from napari_tiles_creator.datasets.single_ring import single_ring
from napari_tiles_creator.engine.back.going_on import is_there
from napari_tiles_creator.engine.placing import not_written, part_of, place, remove
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.back.detections.outputs.base import FoundPlane, FoundSource

NAME = "annotations.json"
# A millionth of a pixel.
DECIMALS = 6


class CocoOutput:
    """Writes ``annotations.json``; see `DetectionsOutput`.

    Annotations come first in it, so that none needs to be kept until all images are known.

    Parameters
    ----------
    folder : Path
        Where.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._images: list[dict[str, Any]] = []
        self._count = 0
        self._file: TextIO | None = None

    def paths(self, sources: Sequence[tuple[str, Sequence[str]]]) -> list[Path]:
        """Return the file; see `DetectionsOutput.paths`."""
        return [self._path]

    def paths_of(self, stem: str, suffixes: Sequence[str]) -> list[Path]:
        """Return the file; see `DetectionsOutput.paths_of`."""
        return [self._path]

    def write(self, source: FoundSource, classes: Sequence[str]) -> list[Path]:
        """Write the objects of a source into the file, which is not there yet; see `DetectionsOutput.write`."""
        try:
            file = self._opened()
            for plane in source.planes:
                self._images.append(_image(len(self._images) + 1, source, plane))
                for annotation in _annotations(plane, len(self._images)):
                    file.write(",\n" if self._count else "\n")
                    self._count += 1
                    file.write(json.dumps({"id": self._count} | annotation))
        except OSError as error:
            raise not_written(self._path, error) from error
        return []

    def finish(self, classes: Sequence[str]) -> list[Path]:
        """Complete the file, if it is not there from an earlier merge; see `DetectionsOutput.finish`."""
        if self._file is None and is_there(self._path):
            return []
        categories = [{"id": n, "name": name, "supercategory": ""} for n, name in enumerate(classes, 1)]
        try:
            file = self._opened()
            file.write(f'\n],\n"images": {_listed(self._images)},\n"categories": {_listed(categories)}\n}}\n')
            file.close()
            place(part_of(self._path), self._path)
        except ExportError:
            raise
        except OSError as error:
            raise not_written(self._path, error) from error
        return [self._path]

    def close(self) -> None:
        """Remove what was begun and is not finished."""
        with suppress(OSError):
            if self._file is not None:
                self._file.close()
        remove(part_of(self._path))

    def _opened(self) -> TextIO:
        """Return the file, begun when it is needed first."""
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = open(part_of(self._path), "w", encoding="utf-8", newline="\n")  # noqa: SIM115  see close
            self._file.write('{\n"info": {"description": "merged detections"},\n"licenses": [],\n"annotations": [')
        return self._file


def _listed(values: Iterable[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(json.dumps(value) for value in values) + "\n]"


def _image(number: int, source: FoundSource, plane: FoundPlane) -> dict[str, Any]:
    height, width = source.shape
    path = PurePosixPath(source.name)
    name = str(path.with_name(f"{source.stem}{plane.suffix}{path.suffix}")) if plane.suffix else source.name
    return {"id": number, "file_name": name, "width": width, "height": height}


def _annotations(plane: FoundPlane, image: int) -> Iterator[dict[str, Any]]:
    import shapely

    detections = plane.detections
    areas = shapely.area(detections.geometries)
    for at, outline in enumerate(detections.outlines):
        x, y, x_stop, y_stop = np.round(detections.bounds[at], DECIMALS).tolist()
        score = float(detections.scores[at])
        yield {
            "image_id": image,
            "category_id": int(detections.class_numbers[at]) + 1,
            "bbox": [x, y, round(x_stop - x, DECIMALS), round(y_stop - y, DECIMALS)],
            "area": float(areas[at]),
            "iscrowd": 0,
            "segmentation": [] if outline is None else _rings(outline),
        } | ({} if math.isnan(score) else {"score": score})


def _rings(outline: Any) -> list[list[float]]:
    """Return a ring for each piece of an outline; holes are joined to theirs by bridges."""
    import shapely

    return [np.round(single_ring(piece), DECIMALS).ravel().tolist() for piece in shapely.get_parts(outline)]
