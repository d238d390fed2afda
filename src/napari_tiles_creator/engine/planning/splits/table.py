"""A CSV file that tells of each image to which split, or group, it belongs."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import defaultdict
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.recipe.split import Split

FIELD = "export.split"
SPLIT_COLUMN = "split"
IMAGE_COLUMNS = ("image", "source", "file", "filename", "name", "path")
SEPARATORS = ",;\t"
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


def splits_in_table(images: Sequence[ImagePlan], split: Split) -> tuple[dict[str, str], list[str]]:
    """Return the split of each image, by its name, and what a user should know.

    Raises
    ------
    PlanError
        If the table cannot be read, does not name an image, or names a split that is none.
    """
    found, warnings = values_in_table(images, split.table or "", *filter(None, (split.group, SPLIT_COLUMN)))
    unknown = sorted({value for value in found.values() if value.lower() not in SPLIT_WORDS})
    if unknown:
        raise PlanError(
            f"{split.table} names {listed([repr(value) for value in unknown])} as a split: it must be train, val or "
            f"test ({FIELD})",
            FIELD,
        )
    return {name: SPLIT_WORDS[value.lower()] for name, value in found.items()}, warnings


def values_in_table(images: Sequence[ImagePlan], path: str, *columns: str) -> tuple[dict[str, str], list[str]]:
    """Return what stands in a column for each image, by the image's name, and what a user should know.

    Parameters
    ----------
    images : sequence of ImagePlan
        Each must be named by its relative path, file name or stem; a longer path that ends so is understood, too.
    path : str
        The file: CSV with commas, semicolons or tabs, and a column of `IMAGE_COLUMNS`, whatever the case.
    *columns : str
        Names of the column, whatever the case: the first that the table has is taken.

    Raises
    ------
    PlanError
        If the table cannot be read, has no such column, or does not name an image.
    """
    column, rows = _rows(path, columns)
    named = defaultdict[str, set[str]](set)
    for name in rows:
        for ending in _endings(name):
            named[ending].add(name)
    users = defaultdict[str, list[str]](list)
    found: dict[str, str] = {}
    for image in images:
        key = next((key for key in _keys(image) if key in named), "")
        names = {key} if key in rows else named[key] if key else set[str]()
        values = {rows[name] for name in names}
        if len(values) > 1:
            raise PlanError(
                f"{path} names several files that {image.name} may be, with different values of {column}: "
                f"{listed(sorted(names))}: write paths as they are in media.folder ({FIELD})",
                FIELD,
            )
        if values and (value := values.pop()):
            found[image.name] = value
        for name in names:
            users[name].append(image.name)
    _check(images, found, users, path, column)
    strange = [name for name in rows if name not in users]
    return found, [f"{Path(path).name} names what is no image here ({FIELD}): {listed(strange)}"] if strange else []


def _check(
    images: Sequence[ImagePlan], found: dict[str, str], users: dict[str, list[str]], path: str, column: str
) -> None:
    for name, several in users.items():
        if len(several) > 1:
            raise PlanError(
                f"{path}: {name!r} may be any of {listed(several)}: write paths as they are in media.folder ({FIELD})",
                FIELD,
            )
    missing = [image.name for image in images if image.name not in found]
    if missing:
        raise PlanError(
            f"{path} tells no {column} of {len(missing)} of {len(images)} images: {listed(missing)}: "
            f"add them, or leave them out with media.exclude ({FIELD})",
            FIELD,
        )


def _keys(image: ImagePlan) -> Iterator[str]:
    """Yield the names that a table may have for an image, the most exact first."""
    path = PurePosixPath(image.name.partition("#/")[0])
    bare = path.with_suffix("")
    shorter = bare.with_suffix("") if bare.suffix == ".ome" else bare
    yield from (image.name, path.name, str(bare), str(shorter), bare.name, shorter.name, image.stem)


def _endings(name: str) -> Iterator[str]:
    """Yield a path, and the same without its first folders."""
    parts = name.split("/")
    return ("/".join(parts[first:]) for first in range(len(parts)))


def _rows(path: str, columns: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Return the first of the columns, and its value by the name of the image, blanks around both removed."""
    lines = _lines(path)
    header = [name.strip().lower() for name in lines[0]] if lines else []
    image_column = next((name for name in IMAGE_COLUMNS if name in header), None)
    column = next((name for name in columns if name.strip().lower() in header), columns[0])
    if not lines:
        raise PlanError(f"{path} is empty: its first line must name the columns image and {column} ({FIELD})", FIELD)
    if image_column is None or column.strip().lower() not in header:
        wanted = column if image_column else f"image (or {', '.join(IMAGE_COLUMNS[1:])})"
        raise PlanError(f"{path} has no column {wanted}: its first line is {','.join(lines[0])!r} ({FIELD})", FIELD)
    at_image, at_value = header.index(image_column), header.index(column.strip().lower())
    rows: dict[str, str] = {}
    for line in lines[1:]:
        values = [value.strip() for value in line] + [""] * len(header)
        name = values[at_image].replace("\\", "/").removeprefix("./")
        if name and rows.setdefault(name, values[at_value]) != values[at_value]:
            raise PlanError(
                f"{path} names {name} twice, with the {column} {rows[name]!r} and {values[at_value]!r} ({FIELD})", FIELD
            )
    return column, rows


def _lines(path: str) -> list[list[str]]:
    try:
        data = Path(path).read_bytes()
        encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8"
        text = data.decode(encoding).lstrip("\ufeff")
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror} ({FIELD})", FIELD) from error
    except UnicodeDecodeError as error:
        raise PlanError(f"{path} cannot be read: it is no text in UTF-8; save it so ({FIELD})", FIELD) from error
    first = text.partition("\n")[0]
    try:
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count))
        return [line for line in lines if any(value.strip() for value in line)]
    except csv.Error as error:
        raise PlanError(f"{path} is no CSV table: {error} ({FIELD})", FIELD) from error
