"""A result appears under its name when it is whole, and never in the place of anything else."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.convert.request import check_target
from napari_tiles_creator.errors import ExportError, TilesError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_tiles_creator.engine.convert.request import Request


@contextmanager
def placed(request: Request) -> Iterator[Path]:
    """Give a temporary name beside the final one; what is there gets the final name if the block succeeds.

    Raises
    ------
    ExportError
        If it cannot be written.
    """
    final = request.target
    temporary = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        yield temporary
        check_target(request)
        temporary.rename(final)
    except TilesError:
        raise
    except OSError as error:
        raise ExportError(f"cannot write {final}: {error.strerror or error}") from error
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
