"""Code of others that is run: whatever it prints or raises, the program goes on in its own words."""

from __future__ import annotations

import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.predicting.models.made_of import told
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def foreign(fails: str, mend: str = "", *, typed: bool = False) -> Iterator[None]:
    """Run code of others.

    What it prints goes to standard error, so that standard output is the result's alone. It cannot end the program
    either: ``sys.exit`` is an error as any other.

    Parameters
    ----------
    fails : str
        What it means if it fails, such as ``"net.onnx failed"``; the reason follows.
    mend : str, optional
        What can be done about it.
    typed : bool, default False
        Whether the kind of the error is told, too.

    Raises
    ------
    ModelError
        If it raises anything, unless that is one already, or memory is short.
    """
    try:
        with redirect_stdout(sys.stderr):
            yield
    except (ModelError, MemoryError):
        raise
    except (Exception, SystemExit) as error:  # frameworks and users raise what they like
        kind = f"{type(error).__name__}: " if typed else ""
        raise ModelError(f"{fails}: {kind}{told(error)}{f': {mend}' if mend else ''}") from error
