"""Find the sources in a folder and give each a stem of its own."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.registry import ARCHIVES, EXTENSIONS, FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What makes a text a pattern rather than a name.
MAGIC = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is meant as a source.

    Parameters
    ----------
    name : str
        Path relative to the folder, with forward slashes; with ``#`` and the array where one was named.
    path : Path
        The file, or the folder of a Zarr store.
    stem : str
        What its tiles are called: letters, digits, _ and - only, unique among all files found, whatever the case.
    problem : str
        Why it can be no source, empty where it may be one: a folder inside that cannot be listed stands for its files.
    dataset : str, default ""
        Path of the array inside the file, where one was named.
    channels : tuple of (str, Path), optional
        Name and file of each channel, where an image is several files; see `channel_files`.
    """

    name: str
    path: Path
    stem: str
    problem: str = ""
    dataset: str = ""
    channels: tuple[tuple[str, Path], ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold it."""
        return tuple(file for _, file in self.channels) or (self.path,)


def find_sources(
    folder: str | Path, pattern: str = "*", recursive: bool = False, exclude: Sequence[str] = ()
) -> list[Found]:
    """List the files with a known extension, sorted by relative path in code-point order.

    Hidden files and folders are passed over. Stems are given before `exclude` is applied, so that leaving a
    file out renames no tile of another.

    Parameters
    ----------
    folder : str or Path
        A folder, or one file, which may name an array in it: ``file.h5#/path``.
    pattern : str, default "*"
        Which file names are meant; matched against the relative path where it holds a slash.
    recursive : bool, default False
        Look into the folders inside, too.
    exclude : sequence of str
        Relative paths or patterns of files to leave out.

    Raises
    ------
    SourceError
        If the folder does not exist or cannot be listed.
    """
    if not str(folder).strip():
        raise SourceError("no folder of images is named (media.folder)")
    root = Path(folder)
    try:
        one = _one_file(root)
        if one is not None:
            return [one]
        if not root.is_dir():
            raise SourceError(f"{root}: no such folder or file; check the path")
        closed: dict[str, str] = {}
        names = sorted(_walk(root, recursive, closed))
    except PermissionError as error:
        raise SourceError(f"{error.filename or root}: no permission to list the folder") from error
    names = matching(names, pattern)
    found = [Found(n, root / n, stem) for n, stem in zip(names, unique_stems(names), strict=True)]
    found += [Found(n, root / n, safe(n), problem) for n, problem in closed.items()]
    found.sort(key=lambda file: file.name)
    out = left_out([file.name for file in found], exclude)
    return [file for file in found if file.name not in out]


def _one_file(root: Path) -> Found | None:
    """Return the one image that a path means, None where it means a folder of images or nothing."""
    path, dataset = root, ""
    if not root.exists() and "#" in str(root):
        path, dataset = _array_in(str(root))
        if dataset and path.is_file() and path.suffix.lower() not in ARCHIVES:
            raise SourceError(f"{root}: {path.name} holds no arrays by name: leave out #{dataset}")
    if path.is_file() or (path.is_dir() and path.suffix.lower() in FOLDERS):
        name = f"{path.name}#{dataset}" if dataset else path.name
        return Found(name, path, unique_stems([path.name])[0], dataset=dataset)
    return None


def _array_in(text: str) -> tuple[Path, str]:
    """Return the file and the array that ``file#array`` means: names of files and folders may hold a #, too."""
    places = [at for at, letter in enumerate(text) if letter == "#"]
    there = [at for at in places if Path(text[:at]).exists()]
    at = there[0] if there else places[0]
    return Path(text[:at]), text[at + 1 :]


def matching(names: Iterable[str], pattern: str) -> list[str]:
    """Return the names that fit a pattern, which is matched against the whole path where it holds a slash."""
    if pattern == "*":
        return list(names)
    return [name for name in names if _matches(name, pattern)]


def left_out(names: Iterable[str], exclude: Sequence[str]) -> set[str]:
    """Return the names that are left out: those that are in `exclude`, and those that fit a pattern in it."""
    names, literal = set(names), set(exclude)
    patterns = [text for text in literal if MAGIC.search(text)]
    return {name for name in names if name in literal or any(fnmatchcase(name, text) for text in patterns)}


def literal_pattern(name: str) -> str:
    """Return what leaves out this name and no other."""
    return MAGIC.sub(r"[\g<0>]", name)


def _walk(root: Path, recursive: bool, closed: dict[str, str], inside: str = "") -> Iterable[str]:
    """Yield the names of files; folders inside that cannot be listed are noted in `closed`, each with the reason."""
    for entry in root.iterdir():
        if entry.name.startswith("."):
            continue
        is_image = entry.suffix.lower() in EXTENSIONS
        if entry.is_dir() and not (is_image and entry.suffix.lower() in FOLDERS):
            if recursive and not entry.is_symlink():
                name = f"{inside}{entry.name}"
                try:
                    yield from _walk(entry, recursive, closed, f"{name}/")
                except OSError as error:
                    closed[name] = f"{name}: the folder cannot be listed: {error.strerror or error}"
        elif is_image:
            yield f"{inside}{entry.name}"


def _matches(name: str, pattern: str) -> bool:
    if name == pattern:
        return True
    if "/" not in pattern:
        name = name.rpartition("/")[2]
    return fnmatchcase(name, pattern)


def stem_of(name: str) -> tuple[str, str]:
    """Return the safe stem of a file name, and its extension; ``.ome.tif`` counts as one extension."""
    base = name.rpartition("/")[2]
    stem, extension = Path(base).stem, Path(base).suffix
    if stem.lower().endswith(".ome") and extension.lower() in (".tif", ".tiff", ".zarr"):
        stem, extension = stem[:-4], stem[-4:] + extension
    return safe(stem), extension


def safe(text: str) -> str:
    """Return the text with every run of characters outside ``[A-Za-z0-9_-]`` as one ``_``."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)


def unique_stems(names: Sequence[str]) -> list[str]:
    """Return a stem for each name: stems equal but for case get the extension, the folder, then a number."""
    parts = [stem_of(name) for name in names]
    longer = [f"{stem}_{safe(extension.lstrip('.'))}" for stem, extension in parts]
    with_folder = [
        f"{long}_{safe(name.rpartition('/')[0])}" if "/" in name else long
        for name, long in zip(names, longer, strict=True)
    ]
    stems = [stem for stem, _ in parts]
    for candidates in (longer, with_folder):
        clashes = {key for key, n in Counter(stem.lower() for stem in stems).items() if n > 1}
        stems = [c if s.lower() in clashes else s for s, c in zip(stems, candidates, strict=True)]
    return _numbered(stems)


def _numbered(stems: Sequence[str]) -> list[str]:
    taken = Counter(stem.lower() for stem in stems)
    seen: set[str] = set()
    out = []
    for stem in stems:
        unique, number = stem, 2
        while unique.lower() in seen or (unique != stem and unique.lower() in taken):
            unique, number = f"{stem}_{number}", number + 1
        seen.add(unique.lower())
        out.append(unique)
    return out
