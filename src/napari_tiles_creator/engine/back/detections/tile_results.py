"""What was detected on each tile, whatever form it is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_tiles_creator.annotations.class_names import read_class_names
from napari_tiles_creator.annotations.geojson_objects import geojson_objects, is_geojson
from napari_tiles_creator.annotations.json_text import json_of
from napari_tiles_creator.annotations.labeller_json import is_labeller, labeller_objects
from napari_tiles_creator.annotations.labelme_json import is_labelme, labelme_objects
from napari_tiles_creator.annotations.yolo_text import read_yolo
from napari_tiles_creator.engine.back.detections.coco_results import coco_results
from napari_tiles_creator.engine.back.results import ResultFiles
from napari_tiles_creator.errors import AnnotationError, DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.engine.back.detections.class_list import ClassList
    from napari_tiles_creator.engine.back.detections.coco_results import CocoResults
    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow

EXTENSIONS = (".txt", ".geojson", ".json")
NAMES_FILE = "classes.txt"


class TileResults(Protocol):
    """Where the objects of tiles come from.

    Attributes
    ----------
    classes : ClassList
        What their class numbers mean; names are added as they are met.
    leaves_out_empty : bool
        Whether a tile without a result is nothing to tell of: what wrote them leaves out tiles without an object.
    """

    classes: ClassList
    leaves_out_empty: bool

    def of(self, row: TileRow) -> DrawnObjects | None:
        """Return the objects of a tile, px of the tile, padding included; None where it has no result.

        Raises
        ------
        AnnotationError
            If its result cannot be understood: file, line or place, what was met.
        DatasetError
            If several files may be its result.
        """
        ...


def tile_results(results: Path, sources: Sequence[TiledSource], classes: ClassList) -> TileResults:
    """Return where the objects of a dataset's tiles come from.

    A file for each tile (YOLO's text, GeoJSON, LabelMe, Django-Labeller) in a folder; where no tile has one, COCO JSON
    files in it; or a COCO JSON. In the dataset itself, the texts that its layout put beside the tiles come first.

    Parameters
    ----------
    results : Path
        Folder or file.
    sources : sequence of TiledSource
        Of one dataset.
    classes : ClassList
        Those of the dataset.

    Raises
    ------
    DatasetError
        If there is no such folder or file, or no tile has a result in it.
    AnnotationError
        If a COCO JSON cannot be understood.
    """
    if results.is_file():
        return _found(OfCoco(coco_results(results, sources[0].folder, classes.names), classes), sources, results)
    own = results.resolve() == sources[0].folder.resolve()
    files = OfFiles(results, classes, own=own)
    if any(files.path_of(row) for source in sources for row in source.rows):
        return files
    return _found(OfCoco(coco_results(results, sources[0].folder, classes.names), classes), sources, results)


def _found(results: OfCoco, sources: Sequence[TiledSource], place: Path) -> OfCoco:
    rows = [row for source in sources for row in source.rows]
    if any(results.coco.of(row.tile) for row in rows):
        return results
    raise DatasetError(
        f"{place}: holds no result of any tile, such as {rows[0].tile}: neither a text, GeoJSON or JSON file named "
        f"like a tile, nor a COCO JSON that lists one"
    )


class OfFiles:
    """Results in files that are named like the tiles; see `tile_results`.

    Parameters
    ----------
    folder : Path
        Where they are.
    classes : ClassList
        Of the dataset.
    own : bool
        Whether it is the dataset itself.
    """

    def __init__(self, folder: Path, classes: ClassList, *, own: bool) -> None:
        self.classes, self.leaves_out_empty = classes, own
        self._folder = folder
        self._files = ResultFiles(folder, EXTENSIONS)
        # What the numbers in texts mean, where the folder tells: another program may have its own order.
        names = () if own or not (folder / NAMES_FILE).is_file() else read_class_names(folder / NAMES_FILE)
        self._numbers = [classes.number_of(name) for name in names]

    def path_of(self, row: TileRow) -> Path | None:
        """Return the file of a tile; see `TileResults.of`."""
        if self.leaves_out_empty and row.text:
            return self._folder / row.text
        return self._files.of(row.tile)

    def of(self, row: TileRow) -> DrawnObjects | None:
        """Return the objects of a tile; see `TileResults.of`."""
        path = self.path_of(row)
        if path is None:
            return None
        if path.suffix.lower() == ".txt":
            return self._numbered(read_yolo(path, shape_of(row), scored=True), path)
        content, name = json_of(path), path.name
        if is_geojson(content):
            found = geojson_objects(content, name)
        elif is_labelme(content):
            found = labelme_objects(content, shape_of(row), name)
        elif is_labeller(content):
            found = labeller_objects(content, name)
        else:
            raise AnnotationError(f"{name}: is neither GeoJSON nor JSON as LabelMe or Django-Labeller write it")
        return found.objects.renumbered([self.classes.number_of(name) for name in found.class_names])

    def _numbered(self, objects: DrawnObjects, path: Path) -> DrawnObjects:
        """Return objects of a text with the dataset's numbers for their classes."""
        if not self._numbers:
            self.classes.extend_to(objects.highest_class + 1)
            return objects
        if objects.highest_class >= len(self._numbers):
            at = int(np.argmax(objects.class_numbers >= len(self._numbers)))
            raise AnnotationError(
                f"{path.name}, line {objects.source_numbers[at]}: class {objects.class_numbers[at]} has no name among "
                f"the {len(self._numbers)} in {NAMES_FILE}"
            )
        return objects.renumbered(self._numbers)


class OfCoco:
    """Results in COCO JSON files; see `tile_results`.

    Parameters
    ----------
    coco : CocoResults
        The files.
    classes : ClassList
        Of the dataset.
    """

    def __init__(self, coco: CocoResults, classes: ClassList) -> None:
        self.coco, self.classes, self.leaves_out_empty = coco, classes, False

    def of(self, row: TileRow) -> DrawnObjects | None:
        """Return the objects of a tile; see `TileResults.of`."""
        found = self.coco.of(row.tile)
        if found is None:
            return None
        file, image = found
        numbers = [self.classes.number_of(name) for name in file.class_names]
        return file.objects(image, shape_of(row)).renumbered(numbers)


def shape_of(row: TileRow) -> tuple[int, int]:
    """Return height and width of a tile's file, padding included, px."""
    return int(row.height) + int(row.pad_bottom), int(row.width) + int(row.pad_right)
