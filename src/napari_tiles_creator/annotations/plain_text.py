"""The lines of a text file that people and programs write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import AnnotationError

if TYPE_CHECKING:
    from pathlib import Path


def lines_of(path: Path, name: str) -> list[str]:
    """Return the lines of a text in UTF-8, without the blanks around them.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        What it is called in messages.

    Raises
    ------
    AnnotationError
        If it cannot be read or is no such text.
    """
    content = content_of(path, name)
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise AnnotationError(f"{name}: is a text in UTF-16: save it as UTF-8")
    if b"\0" in content:
        raise AnnotationError(f"{name}: is no text: it holds bytes of 0")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise AnnotationError(f"{name}, line {line}: is no UTF-8 (byte {byte:#04x}): save it as UTF-8") from error
    # Only what ends a line for every editor: `str.splitlines` knows more, and would shift the numbers.
    return [line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]


def content_of(path: Path, name: str) -> bytes:
    """Return the bytes of a file; AnnotationError where it cannot be read."""
    try:
        if path.exists() and not path.is_file():  # reading from a pipe might never end
            raise AnnotationError(f"{name}: cannot be read: it is no file")
        return path.read_bytes()
    except OSError as error:
        raise AnnotationError(f"{name}: cannot be read: {error.strerror or error}") from error


def shortened(text: str, most: int = 40) -> str:
    """Return a text as it stands in a message: quoted, and not the whole of a long one."""
    return repr(text if len(text) <= most else text[: most - 1] + "…")
