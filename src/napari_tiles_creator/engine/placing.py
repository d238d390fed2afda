"""A result appears under its name when it is whole, and never in the place of anything else."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import ExportError, TilesError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@contextmanager
def placed(path: Path) -> Iterator[Path]:
    """Give a hidden name beside the final one; what is there gets the final name if the block succeeds.

    A file or a folder; that which it lies in is made where it is missing. Nothing stays of a block that fails.

    Raises
    ------
    ExportError
        If something has the name already, or it cannot be written.
    """
    part = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        place(part, path)
    except TilesError:
        raise
    except OSError as error:
        raise not_written(path, error) from error
    finally:
        remove(part)


def part_of(path: Path) -> Path:
    """Return what a file or folder is called until it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def place(part: Path, path: Path) -> None:
    """Give what is whole its name; ExportError where something else has it."""
    refuse_taken([path])
    part.rename(path)


def remove(part: Path) -> None:
    """Remove a file or folder, if it is there."""
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    with suppress(OSError):
        part.unlink(missing_ok=True)


def refuse_taken(paths: Iterable[Path]) -> None:
    """Raise ExportError where one of the files or folders is there already."""
    for path in paths:
        if os.path.lexists(path):
            raise ExportError(
                f"{path} is there already and is never overwritten: choose another folder for the results, or move it"
            )


def not_written(path: Path, error: OSError) -> ExportError:
    """Return what it means for the user that a file could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportError(f"the disk of {path.parent} is full: free some space, then run this again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return ExportError(f"no permission to write to {path.parent}: choose another folder")
    return ExportError(f"cannot write {path}: {error.strerror or error}")


def real_path(path: Path) -> Path:
    """Return where a path leads, links followed."""
    return Path(os.path.realpath(path))


def same_place(a: Path, b: Path) -> bool:
    """Whether two paths are one place, even where the file system ignores case."""
    if a == b:
        return True
    try:
        return a.samefile(b)
    except OSError:
        return False
