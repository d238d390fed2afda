"""What an export wrote: ``tiles.csv`` (a row a tile), ``tiles.json`` (the export), and the journals of a running one.

A row is journaled just before its file is renamed into place, so that after any interruption every tile of this
export that stands in the folder has a row, and a row whose file is missing or has another size is simply not done.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import zlib
from dataclasses import dataclass, field, fields
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from napari_tiles_creator import __version__
from napari_tiles_creator.engine.planning.scan import plain_pixel_size
from napari_tiles_creator.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.engine.planning.plan import Failure, Plan
    from napari_tiles_creator.sources.base import SourceInfo

TABLE = "tiles.csv"
HEAD = "tiles.json"
WORK_FOLDER = ".tiles-creator"
SCHEMA = 1
# Of each of three places in a source's file.
SAMPLED_BYTES = 1 << 14


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


def head(
    plan: Plan,
    failed: Iterable[Failure],
    checksum: str | None,
    table: str | None = None,
    ranges: list[list[float | None]] | None = None,
) -> dict[str, Any]:
    """Return the content of ``tiles.json``: nothing in it depends on when, where or how fast it was made.

    Parameters
    ----------
    plan : Plan
        The export.
    failed : iterable of Failure
        Sources without tiles.
    checksum : str or None
        Digest that the rows hold.
    table : str, optional
        Content of ``tiles.csv``, once the export is finished.
    ranges : list of [low, high], optional
        What all images share with scope dataset, once the export is finished: one range, or one a channel.
    """
    recipe = plan.recipe.to_dict()
    del recipe["media"]["folder"], recipe["export"]["folder"]
    # A region in a file stands here itself: no path, and the same bytes wherever the file lay.
    inline = plan.recipe.tiling.model_copy(update={"roi": plan.roi}).model_dump(mode="json", include={"roi"})
    recipe["tiling"] |= inline
    reasons = {failure.source: failure.reason for failure in failed}
    sources = [_source(image, reasons.pop(image.name, None)) for image in plan.images]
    sources += [{"path": name, "failed": reason} for name, reason in reasons.items()]
    return {
        "schema": SCHEMA,
        "program": f"napari-tiles-creator {__version__}",
        "finished": table is not None,
        "table_crc32": None if table is None else zlib.crc32(table.encode()),
        "checksum": checksum,
        "recipe": recipe,
        "ranges": ranges,
        "sources": sorted(sources, key=lambda source: source["path"]),
    }


def _source(image: ImagePlan, failed: str | None) -> dict[str, Any]:
    return {
        "path": image.name,
        "stem": image.stem,
        "bytes": image.size_bytes,
        "fingerprint": fingerprint(image.info),
        "axes": image.info.axes,
        "shape": list(image.info.shape),
        "dtype": image.info.dtype.name,
        "pixel_size_um": plain_pixel_size(image.pixel_size),
        "calibrated_shape": list(image.shape),
        "tiles": image.tiles,
        "failed": failed,
    }


def fingerprint(info: SourceInfo) -> int | None:
    """Return a checksum of some of a file's bytes, which tells it from another one of the same name and size.

    Its beginning, middle and end: a whole slide is not read for it. None for what is no file, or cannot be read: the
    export tells that.
    """
    if info.opener is not None:
        return None
    crc = 0
    try:
        with open(info.path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            for start in (0, (size - SAMPLED_BYTES) // 2, size - SAMPLED_BYTES):
                file.seek(max(0, start))
                crc = zlib.crc32(file.read(SAMPLED_BYTES), crc)
    except OSError:
        return None
    return crc


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is the old one or the new one, never a part; same text, same bytes anywhere."""
    work = path.parent / WORK_FOLDER
    staged = (work if work.is_dir() else path.parent) / f"{path.name}.part"
    staged.write_bytes(text.encode("utf-8"))
    os.replace(staged, path)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a dataset as it stands on disk.

    Parameters
    ----------
    folder : Path
        The dataset.
    head : dict
        Content of ``tiles.json``.
    rows : dict
        `TileRow` by tile path, in the order they were written; for a finished dataset, the plan's.
    """

    folder: Path
    head: dict[str, Any]
    rows: dict[str, TileRow] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether the export came to its end."""
        return bool(self.head.get("finished"))

    def table_state(self) -> str:
        """Return whether ``tiles.csv`` is the ``"same"`` as when the export ended, ``"changed"`` or ``"missing"``."""
        try:
            crc = zlib.crc32((self.folder / TABLE).read_bytes())
        except OSError:
            return "missing" if self.finished else "same"
        return "same" if not self.finished or crc == self.head.get("table_crc32", crc) else "changed"

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Whether the folder holds a manifest, finished or not."""
        return (folder / HEAD).is_file()

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read ``tiles.json``, ``tiles.csv`` and the journals.

        Raises
        ------
        DatasetError
            If the folder is no dataset or a file of the manifest is damaged.
        """
        content = cls.read_head(folder)
        rows: dict[str, TileRow] = {}
        for path in [folder / TABLE, *sorted((folder / WORK_FOLDER).glob("journal-*.csv"))]:
            if path.is_file():
                rows |= {row.tile: row for row in read_rows(path)}
        for tile in rows:
            parts = PurePosixPath(tile).parts
            if not parts or ".." in parts or PurePosixPath(tile).is_absolute() or PureWindowsPath(tile).drive:
                raise DatasetError(f"{folder / TABLE} is damaged: {tile!r} lies outside the dataset")
        return cls(folder, content, rows)

    @staticmethod
    def read_head(folder: Path) -> dict[str, Any]:
        """Read ``tiles.json`` alone; see `read`."""
        try:
            content = json.loads((folder / HEAD).read_text(encoding="utf-8"))
            if not isinstance(content, dict) or "recipe" not in content or "sources" not in content:
                raise ValueError("it has no recipe or sources")
        except FileNotFoundError as error:
            raise DatasetError(f"{folder}: no dataset: there is no {HEAD}") from error
        except (OSError, ValueError) as error:
            raise DatasetError(f"{folder / HEAD} is damaged: {error}") from error
        if content.get("schema") != SCHEMA:
            raise DatasetError(f"{folder / HEAD}: schema {content.get('schema')!r} is not known to this version")
        return content


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
