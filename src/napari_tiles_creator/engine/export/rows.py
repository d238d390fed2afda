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

    def line(self) -> str:
        """Return the row as a line of CSV (RFC 4180)."""
        return csv_line([getattr(self, column) for column in COLUMNS])


COLUMNS = tuple(column.name for column in fields(TileRow))
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
    path: str,
    ranges: Sequence[Range],
    size_bytes: int,
    crc32: int,
    sha256: str,
) -> TileRow:
    """Return the row of a tile that is about to be placed."""
    tile, box = planned.tile, planned.tile.box
    scale_y, scale_x = image.scale
    norm_low, norm_high = ranges_text(ranges)
    return TileRow(
        tile=path,
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
        split="",
        label="",
        objects="",
        bytes=str(size_bytes),
        crc32=str(crc32),
        sha256=sha256,
    )


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
    if not set(COLUMNS) - {"sha256"} <= set(header):
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
        # Most values stand in many rows: shared texts keep a million rows small.
        rows.append(TileRow(*("" if at is None else sys.intern(values[at]) for at in columns)))
    return rows


def table_text(rows: Iterable[TileRow], sha256: bool) -> str:
    """Return the content of ``tiles.csv``."""
    columns = COLUMNS if sha256 else COLUMNS[:-1]
    return csv_line(columns) + "".join(csv_line([getattr(row, name) for name in columns]) for row in rows)
