"""Label images: which file is that of an image, and whether it can be."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.named_file import open_named
from napari_tiles_creator.engine.planning.partners.names import (
    FilesByName,
    PartnerFile,
    bare_stem,
    file_name_of,
    files_in,
    folder_of,
    without_suffix,
)
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import AnnotationError, RecipeError, SourceError, UnclearAxesError
from napari_tiles_creator.recipe.media import OPEN_LAYERS
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import EXTENSIONS, FOLDERS, open_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.sources.base import SourceInfo

FIELD = "annotations.labels"
# Their compression changes values.
LOSSY = (".jpg", ".jpeg")
# Headers that are kept: no more is read where nothing changed.
MOST_HEADERS = 1 << 16


class LabelFiles:
    """The label images of a folder, or the one that is named.

    Parameters
    ----------
    labels : str
        The recipe's ``annotations.labels``.
    images : sequence of ImagePlan
        The images.

    Raises
    ------
    RecipeError
        If there is no such folder or file, or one file is named for several images.
    """

    def __init__(self, labels: str, images: Sequence[ImagePlan]) -> None:
        self._root, self._dataset = _root(labels)
        self._one = self._root.is_file() or (self._root.is_dir() and self._root.suffix.lower() in FOLDERS)
        if self._one:
            if len(images) > 1:
                raise RecipeError.of(
                    FIELD, f"{labels} is one file, there are {len(images)} images: name a folder with one for each"
                )
            files = [PartnerFile.of(self._root)]
        else:
            files = self._listed(labels, recursive=any(folder_of(file_name_of(image)) for image in images))
        others = _others(files, images)
        # Among images every file without an image may be one that is left out.
        self._is_mixed = len(others) < len(files)
        self._files = FilesByName(others, images, with_suffixes=True)
        self._used: set[str] = set()

    def of(self, image: ImagePlan) -> tuple[str, SourceInfo]:
        """Return an image's label image: its name, relative to the folder, and its header.

        Raises
        ------
        AnnotationError
            If there is none or more than one, it cannot be read, or does not fit the image.
        """
        found = list(self._files.files) if self._one else self._files.of(image)
        self._used |= {file.name for file in found}
        where = os.path.basename(os.path.abspath(self._root))
        if not found:
            stem = bare_stem(image.name)
            raise AnnotationError(
                f"no label image for {image.name} in {where}: {stem}.tif or {stem}_mask.tif is missing (an image "
                f"without objects needs one of 0 alone)"
            )
        if len(found) > 1:
            raise AnnotationError(
                f"{len(found)} label images for {image.name} in {where}: {listed([file.name for file in found])}: "
                f"leave only one there"
            )
        (file,) = found
        if file.path.suffix.lower() in LOSSY:
            raise AnnotationError(f"{file.name}: JPEG changes the values of labels: save it as PNG or TIFF")
        info = _header(str(file.path), self._dataset, file.modified_ns, file.size_bytes, image.info.axes)
        if isinstance(info, str):
            raise AnnotationError(info)
        check_labels(info, image, file.name)
        return file.name, info

    def without_image(self) -> list[str]:
        """Return the names of files that belong to none of the images that were asked for."""
        return [] if self._is_mixed else [file.name for file in self._files.files if file.name not in self._used]

    def _listed(self, labels: str, recursive: bool) -> list[PartnerFile]:
        """Return the files of the folder that can be read."""
        try:
            files = list(files_in(self._root, EXTENSIONS, recursive))
        except OSError as error:
            raise RecipeError.of(FIELD, f"{labels}: the folder cannot be listed: {error.strerror or error}") from error
        if not files:
            raise RecipeError.of(FIELD, f"{labels}: holds no image: name the folder of the label images")
        return files


def _others(files: list[PartnerFile], images: Sequence[ImagePlan]) -> list[PartnerFile]:
    """Return the files that are none of the images themselves."""
    real: dict[Path, str] = {}

    def place(path: Path) -> tuple[str, str]:
        folder = path.parent
        if folder not in real:
            real[folder] = os.path.realpath(folder)
        return real[folder], path.name

    own = {place(file) for image in images for file in image.info.files or ()}
    return [file for file in files if place(file.path) not in own]


def _root(labels: str) -> tuple[Path, str]:
    """Return the folder or file that is meant, and the array in it where one is named."""
    root = Path(labels)
    if root.exists():
        return root, ""
    path, hash_, dataset = labels.rpartition("#")
    if hash_ and Path(path).exists():
        return Path(path), dataset
    raise RecipeError.of(FIELD, f"{labels}: no such folder or file: check the path")


@lru_cache(MOST_HEADERS)
def _header(path: str, dataset: str, modified_ns: int, size_bytes: int, image_axes: str) -> SourceInfo | str:
    """Return a label image's header, or why there is none; kept while the file stays as it is."""
    try:
        try:
            source = open_named(f"{path}#{dataset}") if dataset else open_source(Path(path))
        except UnclearAxesError:  # those of its image, then
            axes = "".join(axis for axis in image_axes if axis not in "CS")
            source = open_source(Path(path), Opening(axes=axes, dataset=dataset or None))
        source.close()
    except SourceError as error:
        return str(error)
    return source.info


class LabelLayers:
    """Label images that are layers; see `LabelFiles`.

    Parameters
    ----------
    given : mapping of str to Scanned
        Their headers, by the names of their images.
    """

    def __init__(self, given: Mapping[str, Scanned]) -> None:
        self._given = given

    def of(self, image: ImagePlan) -> tuple[str, SourceInfo]:
        """Return an image's label image; see `LabelFiles.of`."""
        layer = self._given.get(image.name)
        if layer is None:
            raise AnnotationError(f"no labels layer for {image.name}: add one, or leave the image out (media.exclude)")
        if layer.info is None:
            raise AnnotationError(layer.problem)
        check_labels(layer.info, image, layer.found.name)
        return layer.found.name, layer.info

    def without_image(self) -> list[str]:
        """Return none: layers are given for their images."""
        return []


def check_labels(info: SourceInfo, image: ImagePlan, name: str) -> None:
    """Raise AnnotationError where a header is not that of an image's label image.

    Parameters
    ----------
    info : SourceInfo
        The header.
    image : ImagePlan
        The image.
    name : str
        What the label image is called in messages.
    """
    if info.is_rgb or info.length("C") > 1:
        what = "red, green and blue" if info.is_rgb else f"{info.length('C')} channels"
        raise AnnotationError(
            f"{name}: holds {what}: a label image has one number a pixel (the object or the class), so save those, in "
            f"8 or 16 bits"
        )
    if info.dtype.kind not in "uibf":  # some programs write whole numbers as floats
        raise AnnotationError(f"{name}: holds {info.dtype}: a label image holds whole numbers, so save it as uint16")
    if info.plane_shape != image.info.plane_shape:
        (height, width), (image_height, image_width) = info.plane_shape, image.info.plane_shape
        raise AnnotationError(
            f"{name}: is {height} × {width} px high and wide, its image {image.name} {image_height} × {image_width}: "
            f"they must be of one size"
        )
    for axis in "TZ":
        there, wanted = info.length(axis), image.info.length(axis)
        if there != wanted and not (there == 1 and len(image.planes) == 1):
            raise AnnotationError(
                f"{name}: has {there} plane{'s' * (there > 1)} along {axis}, its image {image.name} has {wanted}: "
                f"each plane needs labels of its own"
            )


def without_label_images(recipe: Recipe, found: list[Scanned]) -> list[Scanned]:
    """Return the sources that are not the label images of others.

    Those are: everything in the folder of label images where that is inside the folder of images, what has a suffix
    after another source's name where both folders are one, and the one file that is named.
    """
    labels, media = recipe.annotations.labels, recipe.media.folder
    if labels is None or OPEN_LAYERS in (labels, media):
        return found
    root, folder = os.path.realpath(labels), os.path.realpath(media)
    if root == folder:
        stems = {(folder_of(item.found.name), bare_stem(item.found.name)) for item in found}
        return [
            item
            for item in found
            if (folder_of(item.found.name), without_suffix(bare_stem(item.found.name))) not in stems
        ]
    if Path(folder).is_relative_to(root):
        return found
    return [item for item in found if not Path(os.path.realpath(item.found.path)).is_relative_to(root)]
