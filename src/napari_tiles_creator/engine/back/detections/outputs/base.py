"""What every output can do, and the values that it is given."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from napari_tiles_creator.engine.placing import placed

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

    def paths_of(self, stem: str, suffixes: Sequence[str]) -> list[Path]:
        """Return the files that hold a source, by its stem and the suffixes of its planes."""
        ...

    def write(self, source: FoundSource, classes: Sequence[str]) -> list[Path]:
        """Write a source; return the files that are there now. Of its planes those that are there stay as they are."""
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
    with placed(path) as part, open(part, "w", encoding="utf-8", newline="\n") as file:
        yield file
