"""Boxes and polygons from files: which text, or which part of a COCO JSON, is that of an image."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from napari_tiles_creator.annotations.class_names import read_class_names
from napari_tiles_creator.annotations.coco_json import CocoFile, CocoImage, read_coco
from napari_tiles_creator.annotations.yolo_text import read_yolo
from napari_tiles_creator.engine.planning.partners.names import (
    FilesByName,
    PartnerFile,
    bare_stem,
    file_name_of,
    files_in,
    folder_of,
    stems_of,
)
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import AnnotationError, RecipeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan

FIELD = "annotations.boxes"
NAMES_FILE = "classes.txt"
# Texts that tools put beside the others, and that belong to no image.
NO_PARTNERS = (NAMES_FILE, "predefined_classes.txt", "labels.txt", "readme.txt")
# Texts that are kept as objects: no more is read where nothing changed.
MOST_TEXTS = 1 << 14
MOST_COCO_FILES = 2


class DrawnFiles(Protocol):
    """Where boxes and polygons come from.

    Attributes
    ----------
    class_names : tuple of str
        What the annotations themselves call the classes, by number; empty where they do not.
    names_decide : bool
        Whether these names tell the classes, and the numbers merely follow from them.
    place : str
        What source numbers count, as messages call it.
    """

    class_names: tuple[str, ...]
    names_decide: bool
    place: str

    def of(self, image: ImagePlan) -> tuple[str, tuple[Path, ...], DrawnObjects]:
        """Return what is drawn on an image: its name, the file (none for a layer), and the objects.

        Raises
        ------
        AnnotationError
            If there is nothing for the image, more than one, or it cannot be understood.
        """
        ...

    def without_image(self) -> list[str]:
        """Return the names of what belongs to none of the images that were asked for."""
        ...


def drawn_files(boxes: str, images: Sequence[ImagePlan]) -> DrawnFiles:
    """Return where the recipe's ``annotations.boxes`` come from.

    Raises
    ------
    RecipeError
        If there is no such folder or file, or it is something else.
    """
    root = Path(boxes)
    try:
        if root.is_dir():
            return YoloTexts(root, images)
        if root.is_file() and root.suffix.lower() == ".json":
            return CocoList(root, images)
        if root.is_file() and root.suffix.lower() == ".txt":
            return YoloTexts(root, images)
    except OSError as error:
        raise RecipeError.of(FIELD, f"{boxes}: cannot be read: {error.strerror or error}") from error
    except AnnotationError as error:
        raise RecipeError.of(FIELD, str(error)) from error
    what = (
        "is neither a folder of YOLO texts (.txt) nor a COCO JSON file" if root.exists() else "no such folder or file"
    )
    raise RecipeError.of(FIELD, f"{boxes}: {what}: check the path")


class YoloTexts:
    """A folder of YOLO texts, or one of them for one image; see `DrawnFiles`."""

    names_decide = False
    place = "line"

    def __init__(self, root: Path, images: Sequence[ImagePlan]) -> None:
        self._where = root.absolute().name
        self._one = root.is_file()
        if self._one:
            if len(images) > 1:
                raise AnnotationError(
                    f"{root} is one text, there are {len(images)} images: name a folder with one for each"
                )
            files = [PartnerFile.of(root)]
        else:
            files = list(files_in(root, (".txt",), recursive=any(folder_of(file_name_of(image)) for image in images)))
            if not files:
                raise AnnotationError(
                    f"{root} holds no text (.txt): name the folder of the YOLO texts, or a COCO JSON file itself"
                )
        self._files = FilesByName(files, images, with_suffixes=False)
        self._used: set[str] = set()
        self.class_names = () if self._one else _names_beside(root)

    def of(self, image: ImagePlan) -> tuple[str, tuple[Path, ...], DrawnObjects]:
        """Return what is drawn on an image; see `DrawnFiles.of`."""
        found = list(self._files.files) if self._one else self._files.of(image)
        self._used |= {file.name for file in found}
        if not found:
            raise AnnotationError(
                f"no text for {image.name} in {self._where}: write an empty {bare_stem(image.name)}.txt if nothing is "
                f"drawn on it, or leave the image out (media.exclude)"
            )
        if len(found) > 1:
            raise AnnotationError(
                f"{len(found)} texts for {image.name} in {self._where}: {listed([file.name for file in found])}: "
                f"leave only one there"
            )
        (file,) = found
        objects = _text(str(file.path), file.name, file.modified_ns, file.size_bytes, image.info.plane_shape)
        if isinstance(objects, str):
            raise AnnotationError(objects)
        return file.name, (file.path,), objects

    def without_image(self) -> list[str]:
        """Return the texts without an image; see `DrawnFiles.without_image`."""
        names = [file.name for file in self._files.files if file.name not in self._used]
        return sorted(name for name in names if name.rpartition("/")[2].lower() not in NO_PARTNERS)


def _names_beside(folder: Path) -> tuple[str, ...]:
    """Return the names in the ``classes.txt`` among the texts, or beside their folder; none where there is none."""
    for path in (folder / NAMES_FILE, folder.parent / NAMES_FILE):
        if path.is_file():
            return read_class_names(path)
    return ()


@lru_cache(MOST_TEXTS)
def _text(path: str, name: str, modified_ns: int, size_bytes: int, shape: tuple[int, int]) -> DrawnObjects | str:
    """Return what a text holds, or what is wrong with it; kept while the file stays as it is."""
    try:
        return read_yolo(Path(path), shape, name)
    except AnnotationError as error:
        return str(error)


class CocoList:
    """The images of a COCO JSON file; see `DrawnFiles`.

    An image is found by its relative path, else by its file's name, else by that without extension.
    """

    names_decide = True
    place = "annotation"

    def __init__(self, path: Path, images: Sequence[ImagePlan]) -> None:
        stat = path.stat()
        self._path = path
        file = _coco(str(path), stat.st_mtime_ns, stat.st_size)
        if isinstance(file, str):
            raise AnnotationError(file)
        self._file = file
        self._used: set[str] = set()
        self._entries: list[dict[str, list[CocoImage]]] = [{}, {}, {}]
        for entry in self._file.images:
            for by_key, key in zip(self._entries, _keys(entry.file_name), strict=True):
                by_key.setdefault(key, []).append(entry)
        self._shared = [Counter(keys) for keys in zip(*(_keys_of(image) for image in images), strict=True)]
        self.class_names = self._file.class_names

    def of(self, image: ImagePlan) -> tuple[str, tuple[Path, ...], DrawnObjects]:
        """Return what is drawn on an image; see `DrawnFiles.of`."""
        entry = self._entry(image)
        self._used.add(entry.file_name)
        return self._path.name, (self._path,), self._file.objects(entry, image.info.plane_shape)

    def without_image(self) -> list[str]:
        """Return the images of the list that are not there; see `DrawnFiles.without_image`."""
        return [entry.file_name for entry in self._file.images if entry.file_name not in self._used]

    def _entry(self, image: ImagePlan) -> CocoImage:
        for by_key, shared, key in zip(self._entries, self._shared, _keys_of(image), strict=True):
            found = by_key.get(key, [])
            self._used |= {entry.file_name for entry in found if len(found) > 1}
            if len(found) > 1:
                names = listed([entry.file_name for entry in found])
                raise AnnotationError(f"{self._path.name}: lists {len(found)} images for {image.name}: {names}")
            if found and shared[key] > 1:
                raise AnnotationError(
                    f"{self._path.name}: {found[0].file_name} may be {image.name} or another image of that name: "
                    f"file_name needs the folder, too"
                )
            if found:
                return found[0]
        raise AnnotationError(
            f"{image.name} is not listed in {self._path.name}: add it to its images if nothing is drawn on it, or "
            f"leave the image out (media.exclude)"
        )


class DrawnLayers:
    """Boxes and polygons that are layers; see `DrawnFiles`.

    Parameters
    ----------
    drawn : mapping of str to DrawnObjects
        By the names of their images.
    """

    class_names: tuple[str, ...] = ()
    names_decide = False
    place = "shape"

    def __init__(self, drawn: Mapping[str, DrawnObjects]) -> None:
        self._drawn = drawn

    def of(self, image: ImagePlan) -> tuple[str, tuple[Path, ...], DrawnObjects]:
        """Return what is drawn on an image; see `DrawnFiles.of`."""
        if image.name not in self._drawn:
            raise AnnotationError(
                f"no shapes layer for {image.name}: add one, empty if nothing is drawn on it, or leave the image out "
                f"(media.exclude)"
            )
        return f"shapes of {image.name}", (), self._drawn[image.name]

    def without_image(self) -> list[str]:
        """Return none: layers are given for their images."""
        return []


def _keys(name: str) -> tuple[str, str, str]:
    return name, name.rpartition("/")[2], bare_stem(name)


def _keys_of(image: ImagePlan) -> tuple[str, str, str]:
    name = file_name_of(image)
    return name, name.rpartition("/")[2], stems_of(image)[-1]


@lru_cache(MOST_COCO_FILES)
def _coco(path: str, modified_ns: int, size_bytes: int) -> CocoFile | str:
    """Return what a COCO JSON file holds, or what is wrong with it; kept while it stays as it is."""
    try:
        return read_coco(Path(path))
    except AnnotationError as error:
        return str(error)
