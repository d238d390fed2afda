"""How sentences about files are put: sizes, and what libraries raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


ALPHA_LEFT_OUT = "its alpha channel is left out"
# A decoder's own word is told where it is at most so long.
LONGEST_WORD = 80


def first_sentence(error: BaseException, path: Path) -> str:
    """Return an exception's text on one line, short enough for a table, without the folders of the file."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, KeyError):  # whose text is the bare key
        text = f"{error.args[0]} is missing" if error.args else ""
    text = " ".join(text.replace(str(path), path.name).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "…"


def undecoded(name: str, error: BaseException, path: Path) -> str:
    """Return what is said of a file whose pixels cannot be decoded: of damage what it is, then the decoder's word."""
    word = first_sentence(error, path)
    if not _is_damage(error):
        return f"{name} cannot be decoded: {word}"
    told = f" ({word})" if len(word) <= LONGEST_WORD else ""
    return f"{name} is damaged or cut short: its pixels cannot be decoded{told}"


def _is_damage(error: BaseException) -> bool:
    """Tell whether a decoder says that its input is not what it should be; a codec that is not there is no damage."""
    if isinstance(error, EOFError | SystemError | UnicodeDecodeError):  # what codecs let through
        return True
    by_decoder = type(error).__module__.partition(".")[0] in ("imagecodecs", "zlib", "_lzma")
    return by_decoder and not isinstance(error, ImportError)


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    if size < 1000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if size < 1000 * factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size / 1e12:.3g} TB"
