"""Which reader opens which file: extension → module, imported when first needed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import Opening

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import Source, SourceInfo

AS_IT_IS = Opening()
_MODULE_OF = {
    ".tif": "tiff",
    ".tiff": "tiff",
    ".btf": "tiff",
    ".tf8": "tiff",
    ".lsm": "tiff",
    ".svs": "tiff",
    ".ndpi": "tiff",
    ".scn": "tiff",
    ".png": "png",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".jp2": "jpeg2000",
    ".jpx": "jpeg2000",
    ".j2k": "jpeg2000",
    ".j2c": "jpeg2000",
    ".webp": "webp",
    ".bmp": "bmp",
    ".h5": "hdf5",
    ".hdf5": "hdf5",
    ".zarr": "ome_zarr",
    ".npy": "npy",
    ".npz": "npz",
    ".rle": "run_lengths",
    ".czi": "bioio",
    ".lif": "bioio",
    ".nd2": "bioio",
}
EXTENSIONS = tuple(_MODULE_OF)
# What is a folder on disk and one image all the same.
FOLDERS = (".zarr",)


class _Reader(Protocol):
    def open_file(self, path: Path, opening: Opening) -> Source: ...


def open_source(path: Path, opening: Opening = AS_IT_IS) -> Source:
    """Open a file with the reader for its extension; reads the header only.

    Parameters
    ----------
    path : Path
        The file, or the folder of a Zarr store.
    opening : Opening, optional
        How it is to be understood.

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
        if path.is_file() and not path.stat().st_size:
            raise SourceError(f"{path.name} cannot be read: the file is empty")
        source = reader.open_file(path, opening)
    except SourceError:
        raise
    except FileNotFoundError as error:
        raise SourceError(f"{path.name}: the file is not there any more") from error
    except PermissionError as error:
        raise SourceError(f"{path.name}: no permission to read the file") from error
    except Exception as error:  # readers meet every kind of damage
        raise SourceError(f"{path.name} cannot be read: {first_sentence(error, path)}") from error
    source.info = replace(source.info, opener=FileOpener(path, opening))
    return source


@dataclass(frozen=True, slots=True)
class FileOpener:
    """Opens a file again, as it was opened; equal to another one that would open the same."""

    path: Path
    opening: Opening

    def __call__(self) -> Source:
        """Return the source."""
        return open_source(self.path, self.opening)


def reopen(info: SourceInfo) -> Source:
    """Open a source again of which the header is known, as it was opened before.

    Raises
    ------
    SourceError
        If the source cannot be read any more.
    """
    return info.opener() if info.opener else open_source(info.path)


def first_sentence(error: BaseException, path: Path) -> str:
    """Return an exception's text on one line, short enough for a table, without the folders of the file."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    text = " ".join(text.replace(str(path), path.name).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:197] + "…"
