"""Place finished files: each is whole or absent, and known to the journal before it appears.

Every thread has a staging folder and a journal of its own: files are made without contention, renamed into place,
and no lock is held.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import shutil
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import imagecodecs

from napari_tiles_creator.engine.export import objects
from napari_tiles_creator.engine.export.rows import COLUMNS, WORK_FOLDER, Shows, WrittenFile, csv_line, tile_row
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.sinks.base import Buffers


@dataclass(frozen=True, slots=True)
class TileFiles:
    """The files of one tile: their paths, relative to the dataset, and their contents.

    Parameters
    ----------
    path : str
        Of the tile.
    content : Buffers
        Of the tile.
    mask, text : (str, Buffers) or None
        What stands beside it.
    label : str
        Name of its class.
    objects : int or None
        How many objects it shows, None without annotations.
    object_lines : str
        Their rows in ``objects.csv``.
    """

    path: str
    content: Buffers
    mask: tuple[str, Buffers] | None = None
    text: tuple[str, Buffers] | None = None
    label: str = ""
    objects: int | None = None
    object_lines: str = ""


class TileWriter:
    """Writes tiles into an export folder.

    Parameters
    ----------
    folder : Path
        The export folder.
    checksum : str or None
        ``"sha256"`` to add that digest to the rows.
    """

    def __init__(self, folder: Path, checksum: str | None = None) -> None:
        self.folder = folder
        self.checksum = checksum
        self._work = folder / WORK_FOLDER
        self._own = threading.local()
        # Journals of an earlier run are never appended to: their last line may be cut short.
        taken = [int(path.stem.rpartition("-")[2]) for path in self._work.glob("*-*.csv")]
        self._numbers = itertools.count(max(taken, default=-1) + 1)
        self._journals: list[int] = []
        self._lock = threading.Lock()
        self._made: set[str] = set()

    def write(self, image: ImagePlan, planned: PlannedTile, files: TileFiles, ranges: Sequence[Range]) -> TileRow:
        """Write a tile's files, its own last, and journal its row.

        Raises
        ------
        ExportError
            If a file cannot be written: disk full, no permission.
        """
        tile = _facts(files.path, files.content)
        mask, text = (beside and _facts(*beside) for beside in (files.mask, files.text))
        shows = Shows(files.label, files.objects, mask, text)
        row = tile_row(image, planned, ranges, tile, self._digest(files.content), shows)
        wanted = [beside for beside in (files.mask, files.text) if beside] + [(files.path, files.content)]
        try:
            place = self._workplace()
            for number, (_, buffers) in enumerate(wanted):
                _write_file(f"{place.stage}/{number}", buffers)
            if files.object_lines:
                _write_all(self._objects_journal(place), files.object_lines.encode())
            _write_all(place.journal, row.line().encode())
            for number, (path, _) in enumerate(wanted):
                target = self.folder / path
                self._ensure_folder(target.parent)
                os.replace(f"{place.stage}/{number}", target)
        except OSError as error:
            raise write_error(self.folder, error) from error
        return row

    def close(self) -> None:
        """Close the journals and remove what is staged."""
        for journal in self._journals:
            os.close(journal)
        self._journals.clear()
        for stage in self._work.glob("stage-*"):
            shutil.rmtree(stage, ignore_errors=True)

    def _workplace(self) -> _Workplace:
        """Return this thread's staging folder and journal."""
        if not hasattr(self._own, "place"):
            with self._lock:
                number = next(self._numbers)
            stage = self._work / f"stage-{number}"
            stage.mkdir(exist_ok=True)
            journal = self._open_journal(f"journal-{number:04d}.csv", COLUMNS)
            self._own.place = _Workplace(number, str(stage), journal)
        place: _Workplace = self._own.place
        return place

    def _objects_journal(self, place: _Workplace) -> int:
        """Return this thread's journal of objects, made when the first one is to be journaled."""
        if place.objects is None:
            place.objects = self._open_journal(f"objects-{place.number:04d}.csv", objects.COLUMNS)
        return place.objects

    def _open_journal(self, name: str, columns: Sequence[str]) -> int:
        journal = os.open(self._work / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        _write_all(journal, csv_line(columns).encode())
        with self._lock:
            self._journals.append(journal)
        return journal

    def _ensure_folder(self, folder: Path) -> None:
        if str(folder) not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(str(folder))

    def _digest(self, buffers: Buffers) -> str:
        if self.checksum != "sha256":
            return ""
        digest = hashlib.sha256()
        for buffer in buffers:
            digest.update(buffer)
        return digest.hexdigest()


@dataclass(slots=True)
class _Workplace:
    """What a thread writes to: its number, its staging folder, its journals."""

    number: int
    stage: str
    journal: int
    objects: int | None = None


def clear_staged(folder: Path) -> None:
    """Remove what a run that was killed had staged: it was put nowhere yet, and will be made anew."""
    work = folder / WORK_FOLDER
    for stage in work.glob("stage-*"):
        shutil.rmtree(stage, ignore_errors=True)
    for part in work.glob("*.part"):
        part.unlink(missing_ok=True)


def _facts(path: str, buffers: Buffers) -> WrittenFile:
    return WrittenFile(path, sum(len(buffer) for buffer in buffers), _crc32(buffers))


def _write_file(path: str, buffers: Buffers) -> None:
    with open(path, "wb", buffering=0) as file:
        for buffer in buffers:
            view = memoryview(buffer)
            while view:
                view = view[file.write(view) :]


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it: on a disk that fills up, a single call may write a part and say nothing."""
    while data:
        data = data[os.write(descriptor, data) :]


def _crc32(buffers: Buffers) -> int:
    crc = 0
    for buffer in buffers:
        crc = imagecodecs.deflate_crc32(buffer, crc)
    return crc


def write_error(folder: Path, error: OSError) -> ExportError:
    """Return what a failed write means for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = f"the disk of {folder} is full: free some space and export again; it goes on where it stopped"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        message = f"no permission to write to {folder}: choose another folder"
    elif error.errno == errno.ENOENT:
        message = f"{folder} has gone while tiles were written: make it again and export again"
    else:
        message = f"cannot write to {folder}: {error.strerror or error}"
    return ExportError(message, "export.folder")
