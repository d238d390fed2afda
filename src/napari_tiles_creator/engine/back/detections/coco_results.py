"""COCO JSON files that hold the results of many tiles: whole ones, or bare lists of results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_tiles_creator.annotations.coco_json import PARTS, CocoFile, CocoImage, coco_of
from napari_tiles_creator.annotations.json_text import json_of
from napari_tiles_creator.engine.planning.partners.names import bare_stem, files_in
from napari_tiles_creator.errors import AnnotationError, DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# Of a dataset itself; no results.
MANIFEST = "tiles.json"


class CocoResults:
    """The images of one or more COCO JSON files, by their names.

    Parameters
    ----------
    files : sequence of CocoFile
        The files.

    Raises
    ------
    DatasetError
        If two files have an image of the same name.
    """

    def __init__(self, files: Sequence[CocoFile]) -> None:
        self._images: dict[str, tuple[CocoFile, CocoImage]] = {}
        for file in files:
            for image in file.images:
                stem = bare_stem(image.file_name).lower()
                other = self._images.setdefault(stem, (file, image))
                if other[1] is not image:
                    raise DatasetError(
                        f"{other[0].name} and {file.name} each have an image {image.file_name}: name the file of the "
                        f"results with --tiles"
                    )

    def __len__(self) -> int:
        return len(self._images)

    def of(self, tile: str) -> tuple[CocoFile, CocoImage] | None:
        """Return the file and image of a tile, None where there is none."""
        return self._images.get(bare_stem(tile).lower())


def coco_results(results: Path, dataset: Path, classes: Sequence[str]) -> CocoResults:
    """Read the COCO JSON files of results.

    A bare list of results, ``[{image_id, category_id, bbox, score, segmentation}]``, refers to the images and
    categories of the dataset's own COCO JSON, of that of the same split where there are several. Where an ``image_id``
    is a text it is the name of a tile, as Ultralytics writes it; without a COCO JSON categories count from 1.

    Parameters
    ----------
    results : Path
        A file, or a folder.
    dataset : Path
        The dataset whose tiles the results are for.
    classes : sequence of str
        Names of its classes.

    Raises
    ------
    AnnotationError
        If a file cannot be read or understood.
    DatasetError
        If nothing tells which images a list refers to, or two files have the same image.
    """
    found = []
    for path in [results] if results.is_file() else _json_files(results):
        content = json_of(path)
        if _is_coco(content):
            found.append(coco_of(content, path.name))
        elif _is_list_of_results(content):
            found.append(_completed(content, path, dataset, classes))
        elif results.is_file():
            raise DatasetError(f"{path}: is no COCO JSON: neither an object with {', '.join(PARTS)} nor a list")
    return CocoResults(found)


def _json_files(folder: Path) -> Iterator[Path]:
    for file in sorted(files_in(folder, (".json",), recursive=True), key=lambda file: file.name):
        if file.name != MANIFEST:
            yield file.path


def _is_coco(content: object) -> bool:
    return isinstance(content, dict) and all(isinstance(content.get(part), list) for part in PARTS)


def _is_list_of_results(content: object) -> bool:
    return isinstance(content, list) and all(isinstance(entry, dict) and "image_id" in entry for entry in content)


def _completed(content: list[dict[str, Any]], path: Path, dataset: Path, classes: Sequence[str]) -> CocoFile:
    """Return a list of results with the images and categories that it refers to."""
    named = dict.fromkeys(entry["image_id"] for entry in content if isinstance(entry["image_id"], str))
    numbered = any(not isinstance(entry["image_id"], str) for entry in content)
    listed = _own_of(path, dataset, needed=numbered)
    if listed is None:
        names = list(classes) or [f"class_{n}" for n in range(_highest_category(content))]
        listed = {"images": [], "categories": [{"id": n, "name": name} for n, name in enumerate(names, 1)]}
    images = [*listed["images"], *({"id": name, "file_name": name} for name in named)]
    return coco_of({"images": images, "categories": listed["categories"], "annotations": content}, path.name)


def _highest_category(content: list[dict[str, Any]]) -> int:
    numbers = [entry.get("category_id") for entry in content]
    return max((number for number in numbers if isinstance(number, int)), default=0)


def _own_of(path: Path, dataset: Path, *, needed: bool) -> dict[str, Any] | None:
    """Return the dataset's own COCO JSON that a list of results refers to."""
    own = [file for file in _json_files(dataset) if file.resolve() != path.resolve()]
    contents = [(file, json_of(file)) for file in own]
    coco: list[tuple[Path, dict[str, Any]]] = [(file, content) for file, content in contents if _is_coco(content)]
    if len(coco) > 1:
        splits = [(file, content) for file, content in coco if file.stem.rpartition("_")[2] in path.stem.split("_")]
        coco = splits if len(splits) == 1 else coco
    if len(coco) == 1:
        return coco[0][1]
    if not needed:
        return None
    if not coco:
        raise AnnotationError(
            f"{path.name}: is a list of results by numbers of images, and the dataset has no COCO JSON that tells "
            f"which these are: give a whole COCO JSON, or names of tiles as image_id"
        )
    names = ", ".join(file.name for file, _ in coco[:4])
    raise AnnotationError(
        f"{path.name}: is a list of results, and {names} may each tell which images it refers to: give it the name "
        f"of its split at the end, such as {path.stem}_val.json"
    )
