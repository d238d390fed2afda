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
from typing import TYPE_CHECKING

import imagecodecs

from napari_tiles_creator.engine.export.rows import COLUMNS, WORK_FOLDER, csv_line, tile_row
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.sinks.base import Buffers


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
        taken = [int(path.stem.removeprefix("journal-")) for path in self._work.glob("journal-*.csv")]
        self._numbers = itertools.count(max(taken, default=-1) + 1)
        self._journals: list[int] = []
        self._lock = threading.Lock()
        self._made: set[str] = set()

    def write(
        self, image: ImagePlan, planned: PlannedTile, path: str, buffers: Buffers, ranges: Sequence[Range]
    ) -> TileRow:
        """Write one tile's file and journal its row.

        Raises
        ------
        ExportError
            If the file cannot be written: disk full, no permission.
        """
        size = sum(len(buffer) for buffer in buffers)
        row = tile_row(image, planned, path, ranges, size, _crc32(buffers), self._digest(buffers))
        try:
            stage, journal = self._workplace()
            staged = f"{stage}/tile"
            with open(staged, "wb", buffering=0) as file:
                for buffer in buffers:
                    view = memoryview(buffer)
                    while view:
                        view = view[file.write(view) :]
            _write_all(journal, row.line().encode())
            target = self.folder / path
            self._ensure_folder(target.parent)
            os.replace(staged, target)
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

    def _workplace(self) -> tuple[str, int]:
        """Return this thread's staging folder and journal."""
        if not hasattr(self._own, "place"):
            with self._lock:
                number = next(self._numbers)
            stage = self._work / f"stage-{number}"
            stage.mkdir(exist_ok=True)
            journal = os.open(self._work / f"journal-{number:04d}.csv", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            _write_all(journal, csv_line(COLUMNS).encode())
            with self._lock:
                self._journals.append(journal)
            self._own.place = str(stage), journal
        place: tuple[str, int] = self._own.place
        return place

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
