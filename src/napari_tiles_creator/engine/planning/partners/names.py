"""Which file belongs to which image, by their names."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import AnnotationError
from napari_tiles_creator.sources.channel_files import CHANNEL
from napari_tiles_creator.sources.registry import FOLDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan

# What may stand after an image's name in that of its label image, whatever the case.
SUFFIXES = ("_cp_masks", *(f"{mark}{word}" for mark in "_-" for word in ("mask", "masks", "label", "labels")))


@dataclass(frozen=True, slots=True)
class PartnerFile:
    """A file that may belong to an image.

    Parameters
    ----------
    name : str
        Path relative to the folder, with forward slashes.
    path : Path
        The file.
    modified_ns, size_bytes : int
        When it was last written, ns, and its size.
    """

    name: str
    path: Path
    modified_ns: int
    size_bytes: int

    @classmethod
    def of(cls, path: Path, name: str = "") -> PartnerFile:
        """Return one file; OSError where it cannot be looked at."""
        stat = path.stat()
        return cls(name or path.name, path, stat.st_mtime_ns, stat.st_size)


def files_in(folder: Path, extensions: Collection[str], recursive: bool, inside: str = "") -> Iterator[PartnerFile]:
    """Yield the files with these extensions; hidden ones, and folders that are links, are passed over.

    Raises
    ------
    OSError
        If the folder cannot be listed.
    """
    with os.scandir(folder) as entries:
        for entry in entries:
            extension = os.path.splitext(entry.name)[1].lower()
            if entry.name.startswith("."):
                continue
            if entry.is_dir() and not (extension in FOLDERS and extension in extensions):
                if recursive and not entry.is_symlink():
                    yield from files_in(Path(entry.path), extensions, recursive, f"{inside}{entry.name}/")
            elif extension in extensions:
                yield _file(f"{inside}{entry.name}", entry)


def _file(name: str, entry: os.DirEntry[str]) -> PartnerFile:
    """Return a file; of a link that leads nowhere, whoever opens it will tell."""
    try:
        stat = entry.stat()
    except OSError:
        return PartnerFile(name, Path(entry.path), 0, 0)
    return PartnerFile(name, Path(entry.path), stat.st_mtime_ns, stat.st_size)


def folder_of(name: str) -> str:
    """Return the folder in a relative path, empty where there is none."""
    return name.rpartition("/")[0]


def bare_stem(name: str) -> str:
    """Return a file's name without folder and extension; ``.ome`` before it is part of it.

    Accents are composed: macOS writes them as characters of their own.
    """
    stem = unicodedata.normalize("NFC", os.path.splitext(name.rpartition("/")[2])[0])
    return stem[:-4] if stem.lower().endswith(".ome") else stem


def file_name_of(image: ImagePlan) -> str:
    """Return an image's relative path without the array in it, where one is named."""
    file, hash_, _ = image.name.partition(f"{image.info.path.name}#")
    return f"{file}{image.info.path.name}" if hash_ else image.name


def stems_of(image: ImagePlan) -> tuple[str, ...]:
    """Return what the files of an image may be called: its own name first, then those of its channels' files."""
    base = file_name_of(image).rpartition("/")[2]
    if CHANNEL in base:
        before, _, after = base.partition(CHANNEL)
        plain = before.rstrip("_-. ") + after if before.rstrip("_-. ") else before + after
        return tuple(
            dict.fromkeys(bare_stem(name) for name in (plain, *(file.name for file in image.info.files or ())))
        )
    stem = bare_stem(base)
    return (stem,) if image.info.files else tuple(dict.fromkeys((base, stem)))


def without_suffix(stem: str) -> str | None:
    """Return whose label image a file of this stem may be, None where it has none of the suffixes."""
    for suffix in SUFFIXES:
        if stem.lower().endswith(suffix) and len(stem) > len(suffix):
            return stem[: -len(suffix)]
    return None


class FilesByName:
    """The files of a folder, to be found by the names of images.

    Files in the image's own folder, relative to that of all images, come first. Where there is none, those at the top
    are taken, as long as no other image has the same name.

    Parameters
    ----------
    files : sequence of PartnerFile
        All files that may belong to an image.
    images : sequence of ImagePlan
        All images.
    with_suffixes : bool
        Whether one of `SUFFIXES` may stand after the image's name.
    """

    def __init__(self, files: Sequence[PartnerFile], images: Sequence[ImagePlan], with_suffixes: bool) -> None:
        self.files = files
        self._shared = Counter(stem for image in images for stem in set(stems_of(image)))
        self._image_names = {file_name_of(image) for image in images}
        self._shared_here = Counter((folder_of(file_name_of(i)), stem) for i in images for stem in set(stems_of(i)))
        self._by_name: dict[tuple[str, str], list[PartnerFile]] = {}
        for file in sorted(files, key=lambda file: file.name):
            folder, stem = folder_of(file.name), bare_stem(file.name)
            self._by_name.setdefault((folder, stem), []).append(file)
            image_stem = without_suffix(stem) if with_suffixes else None
            # What is named exactly as an image is that image's.
            if image_stem is not None and not self._shared_here[folder, stem]:
                self._by_name.setdefault((folder, image_stem), []).append(file)

    def of(self, image: ImagePlan) -> list[PartnerFile]:
        """Return the files that may belong to an image: none, one, or several among which nothing decides.

        Raises
        ------
        AnnotationError
            If a file may belong to another image as well.
        """
        name = file_name_of(image)
        folder = folder_of(name)
        for stem in stems_of(image):
            found = self._by_name.get((folder, stem), [])
            if self._shared_here[folder, stem] > 1:
                found = self._told_apart(found, name)
            if not found and folder and self._shared[stem] == 1:
                found = self._by_name.get(("", stem), [])
            if found:
                return found
        return []

    def _told_apart(self, found: Sequence[PartnerFile], name: str) -> list[PartnerFile]:
        """Return those of an image where others have its stem: of a.tif and a.png, what is called exactly so."""
        exact = [file for file in found if file.name.rpartition("/")[2] == name.rpartition("/")[2]]
        if exact or name not in self._image_names:
            return exact or list(found)
        of_any = [file for file in found if file.name not in self._image_names]
        if of_any:
            raise AnnotationError(
                f"{of_any[0].name} may belong to {name} or to another image of that name: give one of them another "
                f"name, or leave it out (media.exclude)"
            )
        return []
