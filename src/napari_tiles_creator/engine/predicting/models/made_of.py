"""What models are made of: packages that may be missing, files that tell one model from another."""

from __future__ import annotations

import importlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import CodeError, ModelError

if TYPE_CHECKING:
    from pathlib import Path

PART_BYTES = 1 << 22


def imported(package: str, extra: str, spec: str) -> Any:
    """Return a package that only some models need.

    Parameters
    ----------
    package : str
        What is imported.
    extra : str
        Which extra of ours installs it.
    spec : str
        The model that needs it.

    Raises
    ------
    ModelError
        If it cannot be imported.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        missing = isinstance(error, ModuleNotFoundError) and (error.name or "") == package.partition(".")[0]
        reason = "which is not installed" if missing else f"which cannot be imported ({error})"
        raise ModelError(
            f'{spec} needs {package.partition(".")[0]}, {reason}: pip install "napari-tiles-creator[{extra}]"'
        ) from error


def fingerprint_of(path: Path) -> str:
    """Return a checksum of a file, or of the names and contents of all files in a folder.

    Raises
    ------
    ModelError
        If they cannot be read.
    """
    digest = sha256()
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    try:
        for file in files:
            if path.is_dir():
                digest.update(file.relative_to(path).as_posix().encode())
            with open(file, "rb") as content:
                while part := content.read(PART_BYTES):
                    digest.update(part)
    except OSError as error:
        raise ModelError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def refuse_code(what: str, allow_code: bool) -> None:
    """Refuse a model that can run code of its own, unless that was allowed.

    Raises
    ------
    CodeError
        What would be run.
    """
    if not allow_code:
        raise CodeError(what)


def told(error: BaseException) -> str:
    """Return what a foreign program says, on one line and not at length."""
    if isinstance(error, SystemExit):
        return f"it asked the program to end (sys.exit({'' if error.code is None else repr(error.code)}))"
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:299] + "…"
