"""The coverage of every tile as a CSV file."""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_tiles_creator.engine.coverage.coverage import Coverage

COLUMNS = ("row", "column", "y", "x", "height", "width", "body_px", "signal_px", "inside_px", "coverage", "positive")
HEADER = (",".join(COLUMNS) + "\r\n").encode()


def check_table(path: Path) -> None:
    """Refuse a place where no table can be written.

    Raises
    ------
    ExportError
        If another file than a table of this kind stands there, or there is no such folder.
    """
    if path.suffix.lower() != ".csv":
        raise ExportError(f"{path}: the table of tiles is a CSV file: give a name that ends in .csv")
    if not path.parent.is_dir():
        raise ExportError(f"{path}: there is no folder {path.parent}: make it, or choose another place")
    try:
        if path.exists() and (not path.is_file() or not _is_table(path)):
            raise ExportError(f"{path} is there already and no table of this program: choose another name")
    except PermissionError as error:
        raise ExportError(f"{path} is there already and cannot be read: choose another name") from error


def write_table(path: Path, coverage: Coverage) -> None:
    """Write a row a tile, row by row (UTF-8, RFC 4180); the file is whole or absent.

    Coverage and verdict are empty where a tile holds nothing of the body.

    Raises
    ------
    ExportError
        If another file stands there, or the disk is full.
    """
    check_table(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(_rows(coverage))
        temporary.replace(path)
    except OSError as error:
        raise ExportError(f"cannot write the table {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _is_table(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(HEADER)) == HEADER


def _rows(coverage: Coverage) -> Iterator[tuple[int | float | str | None, ...]]:
    (height, width), (tile_height, tile_width) = coverage.shape, coverage.size
    counts = np.stack([coverage.body, coverage.signal, coverage.inside], axis=-1).tolist()
    for row, line in enumerate(counts):
        y = row * tile_height
        rows = min(tile_height, height - y)
        for column, (body, signal, inside) in enumerate(line):
            x = column * tile_width
            share = inside / body if body else None
            positive = None if share is None else str(share >= coverage.threshold).lower()
            yield row, column, y, x, rows, min(tile_width, width - x), body, signal, inside, share, positive
