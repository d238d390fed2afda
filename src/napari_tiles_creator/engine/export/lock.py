"""One process at a time works in an export folder."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from napari_tiles_creator.engine.export.rows import WORK_FOLDER
from napari_tiles_creator.engine.export.writer import write_error
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the export folder for this process; the work folder goes at the end where nothing else is in it.

    Raises
    ------
    ExportError
        If another process holds it, or it cannot be written to.
    """
    work = folder / WORK_FOLDER
    lock = FileLock(work / "lock", timeout=0)
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise ExportError(f"another export is writing to {folder}: wait for it, or choose another folder") from error
    except OSError as error:
        raise write_error(folder, error) from error
    try:
        yield
    finally:
        # Gone before it is released: whoever waits for this very file must not share it with who makes a new one.
        with suppress(OSError):  # Windows removes no open file
            (work / "lock").unlink()
        lock.release()
        with suppress(OSError):
            work.rmdir()  # stays where journals of an unfinished export are
