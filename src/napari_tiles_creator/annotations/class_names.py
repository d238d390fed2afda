"""Names of classes, in index order: from a text, from what was read, or made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.annotations.plain_text import lines_of, shortened
from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.annotations.drawn_objects import DrawnObjects

LONGEST_NAME = 100


def read_class_names(path: Path, name: str = "") -> tuple[str, ...]:
    """Return the names that a text holds, one a line; blank lines at its end are passed over.

    Parameters
    ----------
    path : Path
        The text.
    name : str, optional
        What it is called in messages; its own name where nothing is given.

    Raises
    ------
    AnnotationError
        If it cannot be read, holds no name, a name twice, or a line that is none: file, line, what was met.
    """
    name = name or path.name
    lines = lines_of(path, name)
    while lines and not lines[-1]:
        lines.pop()
    if not lines:
        raise AnnotationError(f"{name}: holds no name of a class: write one a line")
    for number, line in enumerate(lines, 1):
        if not line:
            raise AnnotationError(f"{name}, line {number}: is blank: each line names a class, in index order")
        if len(line) > LONGEST_NAME or not line.isprintable():
            raise AnnotationError(f"{name}, line {number}: {shortened(line)} is no name of a class")
        if line in lines[: number - 1]:
            raise AnnotationError(
                f"{name}, line {number}: names {shortened(line)} twice: each class needs its own name"
            )
    return tuple(lines)


def default_names(count: int) -> tuple[str, ...]:
    """Return names for so many classes that nobody has named; at least for one."""
    return ("object",) if count <= 1 else tuple(f"class_{number}" for number in range(count))


def unnamed_class(objects: DrawnObjects, names: Sequence[str]) -> tuple[int, int] | None:
    """Return source number and class number of the first object whose class has no name, None where all have one."""
    if objects.highest_class < len(names):
        return None
    at = int(np.argmax(objects.class_numbers >= len(names)))
    return int(objects.source_numbers[at]), int(objects.class_numbers[at])


def told(names: Sequence[str], most: int = 8) -> str:
    """Return names of classes with their numbers, as they stand in a message."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f"{number} {name}" for number, name in enumerate(names[:most])) + more
