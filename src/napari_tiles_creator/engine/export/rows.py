"""The rows of ``tiles.csv`` and of the journals of a running export: one a tile."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.planning.scan import plain_pixel_size
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile

# Where a running export keeps its journals and unfinished files.
WORK_FOLDER = ".tiles-creator"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of a dataset: its path relative to the dataset, its size and the CRC-32 of its content."""

    path: str
    bytes: int
    crc32: int


@dataclass(frozen=True, slots=True)
class Shows:
    """What a row tells of a tile's annotations: class, number of objects (None without annotations), files."""

    label: str = ""
    objects: int | None = None
    mask: WrittenFile | None = None
    text: WrittenFile | None = None


@dataclass(frozen=True, slots=True)
class TileRow:
    """One row of ``tiles.csv``; every field as text, empty where it does not apply.

    The fields are documented in ``docs/reference/manifest.md``.
    """

    tile: str
    source: str
    index: str
    row: str
    column: str
    y: str
    x: str
    height: str
    width: str
    pad_top: str
    pad_left: str
    pad_bottom: str
    pad_right: str
    scale_y: str
    scale_x: str
    z: str
    t: str
    channel: str
    dtype: str
    norm_low: str
    norm_high: str
    pixel_size_um: str
    split: str
    label: str
    objects: str
    bytes: str
    crc32: str
    sha256: str = ""
    mask: str = ""
    mask_bytes: str = ""
    mask_crc32: str = ""
    text: str = ""
    text_bytes: str = ""
    text_crc32: str = ""

    @property
    def files(self) -> list[WrittenFile]:
        """The tile's own file, then those beside it."""
        every = [(self.tile, self.bytes, self.crc32), (self.mask, self.mask_bytes, self.mask_crc32)]
        every.append((self.text, self.text_bytes, self.text_crc32))
        return [WrittenFile(path, int(size), int(crc)) for path, size, crc in every if path]

    def line(self) -> str:
        """Return the row as a line of CSV (RFC 4180)."""
        return csv_line([getattr(self, column) for column in COLUMNS])


COLUMNS = tuple(column.name for column in fields(TileRow))
# Of tiles that have files beside them.
BESIDE = ("mask", "mask_bytes", "mask_crc32", "text", "text_bytes", "text_crc32")
# In a table where they are needed.
OPTIONAL = ("sha256", *BESIDE)
# Columns that never are empty and hold whole numbers.
NUMBERS = ("index", "y", "x", "height", "width", "pad_bottom", "pad_right", "bytes", "crc32")


def csv_line(values: Sequence[str]) -> str:
    """Return the values as one line of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue()


def tile_row(
    image: ImagePlan,
    planned: PlannedTile,
    ranges: Sequence[Range],
    tile_file: WrittenFile,
    sha256: str,
    shows: Shows,
) -> TileRow:
    """Return the row of a tile that is about to be placed."""
    tile, box = planned.tile, planned.tile.box
    scale_y, scale_x = image.scale
    norm_low, norm_high = ranges_text(ranges)
    return TileRow(
        tile=tile_file.path,
        source=image.name,
        index=str(planned.index),
        row=_text(tile.row),
        column=_text(tile.column),
        y=str(box.y),
        x=str(box.x),
        height=str(box.height),
        width=str(box.width),
        pad_top="0",
        pad_left="0",
        pad_bottom=str(tile.pad_bottom),
        pad_right=str(tile.pad_right),
        scale_y=number(scale_y),
        scale_x=number(scale_x),
        z=_text(planned.plane.z),
        t=_text(planned.plane.t),
        channel=_text(image.channel),
        dtype=image.dtype,
        norm_low=norm_low,
        norm_high=norm_high,
        pixel_size_um=str_pixel_size(image),
        split=planned.split,
        label=shows.label,
        objects=_text(shows.objects),
        bytes=str(tile_file.bytes),
        crc32=str(tile_file.crc32),
        sha256=sha256,
        **_columns("mask", shows.mask),
        **_columns("text", shows.text),
    )


def _columns(name: str, file: WrittenFile | None) -> dict[str, str]:
    """Return the columns that tell of a file beside a tile."""
    if file is None:
        return {}
    return {name: file.path, f"{name}_bytes": str(file.bytes), f"{name}_crc32": str(file.crc32)}


def ranges_text(ranges: Sequence[Range]) -> tuple[str, str]:
    """Return ``norm_low`` and ``norm_high``: the source values mapped to the bounds, in channel order."""
    return ";".join(number(found.low) for found in ranges), ";".join(number(found.high) for found in ranges)


def number(value: float) -> str:
    """Return the shortest text that reads back as the same number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))


def str_pixel_size(image: ImagePlan) -> str:
    """Return the pixel size of an image's tiles, µm; ``y;x`` where they differ, empty where it is unknown."""
    plain = plain_pixel_size(image.tile_pixel_size)
    if plain is None:
        return ""
    return ";".join(number(size) for size in plain) if isinstance(plain, list) else number(plain)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def read_rows(path: Path) -> list[TileRow]:
    """Read the rows of a table or journal; an unfinished last line of a journal is passed over."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    complete = text[: text.rfind("\n") + 1]
    lines = list(csv.reader(io.StringIO(complete, newline="")))
    if not lines:
        return []
    header, *body = lines
    if not set(COLUMNS) - set(OPTIONAL) <= set(header):
        raise DatasetError(f"{path} is damaged: its first line must name the columns {', '.join(COLUMNS[:5])}, …")
    columns = [header.index(name) if name in header else None for name in COLUMNS]
    rows = []
    for number_of_line, values in enumerate(body, start=2):
        if len(values) != len(header):
            if path.parent.name == WORK_FOLDER and number_of_line == len(lines):
                break  # a journal may end within a name that holds a line break
            raise DatasetError(f"{path} is damaged: line {number_of_line} has {len(values)} of {len(header)} fields")
        for name in NUMBERS:
            if not values[header.index(name)].isdecimal():
                raise DatasetError(
                    f"{path} is damaged: line {number_of_line}: {name} is {values[header.index(name)]!r}, no number"
                )
        for name in BESIDE:
            if name in header and not name.isalpha() and not (values[header.index(name)] or "0").isdecimal():
                raise DatasetError(
                    f"{path} is damaged: line {number_of_line}: {name} is {values[header.index(name)]!r}, no number"
                )
        # Most values stand in many rows: shared texts keep a million rows small.
        rows.append(TileRow(*("" if at is None else sys.intern(values[at]) for at in columns)))
    return rows


def table_text(rows: Iterable[TileRow], *, sha256: bool, beside: bool) -> str:
    """Return the content of ``tiles.csv``, with digests and with the files beside the tiles where there are any."""
    without = (() if sha256 else ("sha256",)) + (() if beside else BESIDE)
    columns = [name for name in COLUMNS if name not in without]
    return csv_line(columns) + "".join(csv_line([getattr(row, name) for name in columns]) for row in rows)
