"""What a merge of many images meets of an earlier one: results that are there, and how to go on."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def is_there(path: Path) -> bool:
    """Tell whether something has this name, be it a link that leads nowhere."""
    return os.path.lexists(path)


def refuse_there(paths: Iterable[Path]) -> None:
    """Raise ExportError where one of the results is there already."""
    for path in paths:
        if is_there(path):
            raise ExportError(
                f"{path} is there already and is never overwritten: pass over what is there with --skip-existing, or "
                f"choose another folder for the results"
            )


def with_way_on(error: ExportError) -> ExportError | None:
    """Return how a merge goes on that a full disk has stopped; None where it was something else."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return ExportError(f"{error} with --skip-existing, which passes over what is there already")
    return None
