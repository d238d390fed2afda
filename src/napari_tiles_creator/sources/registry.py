"""Which reader opens which file: extension → module, imported when first needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import Source, SourceInfo

_MODULE_OF = {
    ".tif": "tiff",
    ".tiff": "tiff",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".bmp": "bmp",
}
EXTENSIONS = tuple(_MODULE_OF)


class _Reader(Protocol):
    def open_file(self, path: Path, series: int = 0, rgb: bool | None = None) -> Source: ...


def open_source(path: Path, series: int = 0, rgb: bool | None = None) -> Source:
    """Open a file with the reader for its extension; reads the header only.

    Parameters
    ----------
    path : Path
        The file.
    series : int, default 0
        Which image of a file that holds several.
    rgb : bool or None, default None
        Whether a last axis of 3 or 4 samples is colour; None takes the file's word.

    Raises
    ------
    SourceError
        If the file cannot be read: one sentence that says why.
    """
    name = _MODULE_OF.get(path.suffix.lower())
    if name is None:
        raise SourceError(
            f"{path.name}: files ending in {path.suffix or 'nothing'} are not read; these are: {', '.join(EXTENSIONS)}"
        )
    reader = cast("_Reader", importlib.import_module(f"napari_tiles_creator.sources.{name}"))
    try:
        if not path.stat().st_size:
            raise SourceError(f"{path.name} cannot be read: the file is empty")
        return reader.open_file(path, series, rgb)
    except SourceError:
        raise
    except FileNotFoundError as error:
        raise SourceError(f"{path.name}: the file is not there any more") from error
    except PermissionError as error:
        raise SourceError(f"{path.name}: no permission to read the file") from error
    except Exception as error:  # readers meet every kind of damage
        raise SourceError(f"{path.name} cannot be read: {first_sentence(error, path)}") from error


def reopen(info: SourceInfo, series: int = 0, rgb: bool | None = None) -> Source:
    """Open a source again of which the header is known.

    Parameters
    ----------
    info : SourceInfo
        The header; it knows how to open a source that is no file.
    series, rgb
        As they were when the header was read; see `open_source`.

    Raises
    ------
    SourceError
        If the source cannot be read any more.
    """
    return info.opener() if info.opener else open_source(info.path, series, rgb)


def first_sentence(error: BaseException, path: Path) -> str:
    """Return an exception's text on one line, short enough for a table, without the folders of the file."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text.replace(str(path), path.name).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "…"
