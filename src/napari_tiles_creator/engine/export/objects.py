"""``objects.csv``: what each tile shows of which object, a row each; and the journals of a running export.

All rows of a tile are journaled at one go, before the tile's own row, so that every tile with a row has all of its
objects. Files are not held in memory: an index tells where the rows of each tile stand.
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator.datasets.base import WrittenObject
from napari_tiles_creator.engine.export.rows import WORK_FOLDER, csv_line, number
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from napari_tiles_creator.geometry.objects import TileAnnotations

OBJECTS = "objects.csv"
# The last one stands only where a layout needs it again.
COLUMNS = (
    "tile", "object", "source_object", "class", "y", "x", "height", "width", "area", "visible", "truncated",
    "segmentation",
)  # fmt: skip


def object_lines(
    tile: str,
    annotations: TileAnnotations,
    classes: Sequence[str],
    segmentation: Callable[[TileAnnotations, int], str],
) -> str:
    """Return the rows of a tile's objects as lines of CSV.

    Parameters
    ----------
    tile : str
        The tile's path.
    annotations : TileAnnotations
        What it shows.
    classes : sequence of str
        Names of the classes.
    segmentation : callable
        Returns what a layout needs to know again of the object of this number; see `Layout.segmentation`.
    """
    lines = []
    for seen in annotations.objects:
        bounds = seen.bounds
        numbers = (bounds.y, bounds.x, bounds.height, bounds.width, seen.area, seen.visible)
        lines.append(
            csv_line(
                [
                    tile,
                    str(seen.number),
                    str(seen.source_number),
                    classes[seen.class_number],
                    *(number(float(value)) for value in numbers),
                    str(int(seen.is_cut)),
                    segmentation(annotations, seen.number),
                ]
            )
        )
    return "".join(lines)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a tile's objects stand: in which file, from which byte to which."""

    path: Path
    start: int
    stop: int


class ObjectTable:
    """The objects of a dataset as they stand on the disk, found by tile.

    Parameters
    ----------
    folder : Path
        The dataset.
    classes : sequence of str
        Names of its classes.

    Raises
    ------
    DatasetError
        If a file is damaged.
    """

    def __init__(self, folder: Path, classes: Sequence[str]) -> None:
        self._places: dict[str, Place] = {}
        self._number_of = {name: i for i, name in enumerate(classes)}
        for path in [folder / OBJECTS, *journals(folder)]:
            if path.is_file():
                self._places |= _places(path)

    def of(self, tile: str) -> list[WrittenObject]:
        """Return the objects of a tile."""
        place = self._places.get(tile)
        if place is None:
            return []
        with open(place.path, "rb") as file:
            return self._parsed(place, self._text(file, place))

    def copy(self, tiles: Iterator[str], *, segmentation: bool) -> Iterator[str]:
        """Yield the lines of a whole table, of these tiles in their order, its header first."""
        columns = len(COLUMNS) if segmentation else len(COLUMNS) - 1
        yield csv_line(COLUMNS[:columns])
        with ExitStack() as stack:
            files: dict[Path, BinaryIO] = {}
            for tile in tiles:
                place = self._places.get(tile)
                if place is None:
                    continue
                if place.path not in files:
                    files[place.path] = stack.enter_context(open(place.path, "rb"))
                rows = csv.reader(self._text(files[place.path], place).splitlines())
                once = {row[1]: row[:columns] for row in rows}  # a tile may have been journaled twice
                yield "".join(csv_line(row) for row in once.values())

    @staticmethod
    def _text(file: BinaryIO, place: Place) -> str:
        file.seek(place.start)
        return file.read(place.stop - place.start).decode("utf-8", errors="replace")

    def _parsed(self, place: Place, text: str) -> list[WrittenObject]:
        found: dict[int, WrittenObject] = {}
        for row in csv.reader(text.splitlines()):
            try:
                one = self._object(row)
            except (ValueError, KeyError, IndexError) as error:
                raise DatasetError(f"{place.path} is damaged: {','.join(row)[:80]!r} is no object") from error
            found[one.number] = one
        return list(found.values())

    def _object(self, row: Sequence[str]) -> WrittenObject:
        y, x, height, width, area, visible = (float(value) for value in row[4:10])
        return WrittenObject(
            number=int(row[1]),
            source_number=int(row[2]),
            class_number=self._number_of[row[3]],
            y=y,
            x=x,
            height=height,
            width=width,
            area=area,
            visible=visible,
            is_cut=row[10] == "1",
            segmentation=row[11] if len(row) > 11 else "",
        )


def journals(folder: Path) -> list[Path]:
    """Return the journals of a running export."""
    return sorted((folder / WORK_FOLDER).glob("objects-*.csv"))


def _places(path: Path) -> Mapping[str, Place]:
    """Return where the rows of each tile stand in a file; a tile that was cut twice counts as it was last."""
    found: dict[str, Place] = {}
    tile, start, at = "", 0, 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break  # a journal that was cut short
            name = _first_field(line)
            if name != tile:
                tile, start = name, at
            at += len(line)
            found[tile] = Place(path, start, at)
    found.pop(COLUMNS[0], None)
    return found


def _first_field(line: bytes) -> str:
    text = line.decode("utf-8", errors="replace")
    return next(csv.reader([text]))[0] if text.startswith('"') else text.partition(",")[0]
