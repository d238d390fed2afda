"""A COCO JSON file: which images it lists, which categories it has, and what is drawn on each image."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.annotations.coco_objects import CocoError, objects_of
from napari_tiles_creator.annotations.json_text import json_of, told
from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.annotations.coco_objects import Entry
    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects

PARTS = ("images", "annotations", "categories")


@dataclass(slots=True)
class CocoImage:
    """One image of the list.

    Parameters
    ----------
    file_name : str
        As it stands there, with forward slashes.
    shape : (int, int) or None
        Height and width, px; None where the file does not say.
    entries : list of Entry
        Its annotations, each with its place in the file, from 1.
    """

    file_name: str
    shape: tuple[int, int] | None
    entries: list[Entry] = field(default_factory=list)


class CocoFile:
    """What a COCO JSON file holds; objects are made of it when an image is asked for.

    Readable from several threads at once.

    Parameters
    ----------
    name : str
        What the file is called in messages.
    images : tuple of CocoImage
        In the file's order.
    categories : dict of int to str
        Name of each category by its id, in ascending order of these: class 0 is the lowest id.
    """

    def __init__(self, name: str, images: tuple[CocoImage, ...], categories: dict[int, str]) -> None:
        self.name, self.images, self.categories = name, images, categories
        self._class_of = {number: at for at, number in enumerate(categories)}
        self._read: dict[int, DrawnObjects | CocoError] = {}
        self._lock = threading.Lock()

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the categories, by ascending id."""
        return tuple(self.categories.values())

    def objects(self, image: CocoImage, shape: tuple[int, int]) -> DrawnObjects:
        """Return what is drawn on an image of the list; source numbers are places among all annotations, from 1.

        Parameters
        ----------
        image : CocoImage
            One of `images`.
        shape : (int, int)
            Height and width that the image really has, px.

        Raises
        ------
        AnnotationError
            If it has another size than the list says, or something that is drawn cannot be understood.
        """
        if image.shape not in (None, shape):
            told, there = (f"{height} × {width}" for height, width in (image.shape or shape, shape))
            raise AnnotationError(f"{self.name}: says that {image.file_name} is {told} px high and wide, it is {there}")
        with self._lock:
            if id(image) not in self._read:
                try:
                    self._read[id(image)] = objects_of(image.entries, shape, self._class_of, self.name)
                except CocoError as error:
                    self._read[id(image)] = error
                image.entries = []  # many times as large as what was made of them
            found = self._read[id(image)]
        if isinstance(found, CocoError):
            raise AnnotationError(f"{self.name}: {found} (image {image.file_name})") from found
        return found


def read_coco(path: Path, name: str = "") -> CocoFile:
    """Read a COCO JSON file.

    Parameters
    ----------
    path : Path
        The file.
    name : str, optional
        What it is called in messages; its own name where nothing is given.

    Raises
    ------
    AnnotationError
        If it cannot be read, is no COCO JSON, or its parts do not go together: what was met, and where.
    """
    return coco_of(json_of(path, name), name or path.name)


def coco_of(data: Any, name: str) -> CocoFile:
    """Return what a COCO JSON file holds that is read already; see `read_coco`."""
    if not isinstance(data, dict):
        raise AnnotationError(f"{name}: is no COCO JSON: it must be an object with {', '.join(PARTS)}")
    try:
        images = _images(_listed(data, "images"))
        categories = _categories(_listed(data, "categories"))
        for place, entry in enumerate(_listed(data, "annotations"), 1):
            number = entry.get("image_id")
            if not _is_id(number) or number not in images:
                raise CocoError(f"annotation {place}: image_id {told(number)} is the id of no image")
            images[number].entries.append((place, entry))
    except CocoError as error:
        raise AnnotationError(f"{name}: {error}") from error
    return CocoFile(name, tuple(images.values()), categories)


def _listed(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Return the objects of one of the file's lists."""
    value = data.get(key)
    if not isinstance(value, list):
        raise CocoError(f"is no COCO JSON: it has no list of {key}" + (f", but {told(value)}" if key in data else ""))
    for place, entry in enumerate(value, 1):
        if not isinstance(entry, dict):
            raise CocoError(f"number {place} of its {key} is {told(entry)}, not an object")
    return value


def _images(entries: list[dict[str, Any]]) -> dict[Any, CocoImage]:
    found: dict[Any, CocoImage] = {}
    for place, entry in enumerate(entries, 1):
        number, file_name = entry.get("id"), entry.get("file_name")
        if not _is_id(number):
            raise CocoError(f"image {place}: its id is {told(number)}: a number is needed")
        if number in found:
            raise CocoError(f"image {place}: its id {told(number)} is that of {found[number].file_name}, too")
        if not isinstance(file_name, str) or not file_name.strip():
            raise CocoError(f"image {place} (id {told(number)}): its file_name is {told(file_name)}")
        found[number] = CocoImage(_plain(file_name), _shape(entry, place))
    return found


def _shape(entry: dict[str, Any], place: int) -> tuple[int, int] | None:
    sides = entry.get("height"), entry.get("width")
    if sides == (None, None):
        return None
    for side in sides:
        if isinstance(side, bool) or not isinstance(side, (int, float)) or side != side // 1 or side < 1:
            raise CocoError(f"image {place}: its height and width are {told(sides[0])} and {told(sides[1])}")
    height, width = (int(side) for side in sides if side is not None)
    return height, width


def _categories(entries: list[dict[str, Any]]) -> dict[int, str]:
    """Return the names by id, in ascending order."""
    found: dict[int, str] = {}
    for place, entry in enumerate(entries, 1):
        number, name = entry.get("id"), entry.get("name")
        if isinstance(number, bool) or not isinstance(number, int):
            raise CocoError(f"category {place}: its id is {told(number)}: a whole number is needed")
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise CocoError(f"category {place} (id {told(number)}): its name is {told(name)}")
        if number in found:
            raise CocoError(f"category {place}: its id {told(number)} is that of {found[number]}, too")
        if name.strip() in found.values():
            raise CocoError(f"category {place} (id {told(number)}): its name {told(name)} is that of another one")
        found[number] = name.strip()
    return dict(sorted(found.items()))


def _is_id(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def _plain(file_name: str) -> str:
    """Return a path with forward slashes, relative where it says so with a dot."""
    return file_name.strip().replace("\\", "/").removeprefix("./")
