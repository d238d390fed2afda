"""What every output can do, and the values that it is given."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from napari_tiles_creator.engine.export.writer import write_error
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from napari_tiles_creator.engine.back.detections.detections import Detections


def suffix_of(t: int | None, z: int | None) -> str:
    """Return what tells a plane from others of its source in a name, empty where there is one alone."""
    return "".join(f"_{axis}{at:03d}" for axis, at in (("t", t), ("z", z)) if at is not None)


@dataclass(frozen=True, slots=True, eq=False)
class FoundPlane:
    """The objects of a plane.

    Parameters
    ----------
    detections : Detections
        px of the plane that is written.
    t, z : int or None
        Its position on time and depth, None where the source has no such axis.
    """

    detections: Detections
    t: int | None = None
    z: int | None = None

    @property
    def suffix(self) -> str:
        """What tells the plane from others of its source in a name, empty where there is one alone."""
        return suffix_of(self.t, self.z)


@dataclass(frozen=True, slots=True, eq=False)
class FoundSource:
    """The objects of a source.

    Parameters
    ----------
    name : str
        Path of the source relative to its media folder.
    stem : str
        What its files are called.
    shape : (int, int)
        Height and width of a plane, px, as it is written.
    planes : tuple of FoundPlane
        Its planes.
    """

    name: str
    stem: str
    shape: tuple[int, int]
    planes: tuple[FoundPlane, ...]


class DetectionsOutput(Protocol):
    """Writes the objects of sources, one after the other."""

    def paths(self, sources: Sequence[tuple[str, Sequence[str]]]) -> list[Path]:
        """Return the files of sources, of each its stem and the suffixes of its planes, and those of all."""
        ...

    def write(self, source: FoundSource, classes: Sequence[str]) -> list[Path]:
        """Write a source; return the files that are there now."""
        ...

    def finish(self, classes: Sequence[str]) -> list[Path]:
        """Write what is of all sources; return the files that are there now."""
        ...

    def close(self) -> None:
        """Remove what was begun and is not finished."""
        ...


@contextmanager
def placed_text(path: Path) -> Iterator[TextIO]:
    """Give a text in UTF-8 that gets its name when the block succeeds, and is gone otherwise.

    Raises
    ------
    ExportError
        If it cannot be written, or a file of that name is there.
    """
    part = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "w", encoding="utf-8", newline="\n") as file:
            yield file
        place(part, path)
    except OSError as error:
        raise error if isinstance(error, ExportError) else write_error(path.parent, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def part_of(path: Path) -> Path:
    """Return what a file is called until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def place(part: Path, path: Path) -> None:
    """Give a whole file its name; ExportError where another one has it."""
    refuse_existing([path])
    part.rename(path)


def refuse_existing(paths: Sequence[Path]) -> None:
    """Raise ExportError where one of the files is there already."""
    for path in paths:
        if os.path.lexists(path):
            raise ExportError(
                f"{path} is there already and may be a file of yours: choose another folder for the merged "
                f"detections, or move it"
            )
