"""Which reader opens which file: extension → module, imported when first needed."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.wording import first_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from napari_tiles_creator.sources.base import Source, SourceInfo

AS_IT_IS = Opening()
_MODULE_OF = {
    ".tif": "tiff.source",
    ".tiff": "tiff.source",
    ".btf": "tiff.source",
    ".tf8": "tiff.source",
    ".lsm": "tiff.source",
    ".svs": "tiff.source",
    ".ndpi": "tiff.source",
    ".scn": "tiff.source",
    ".png": "pictures.png",
    ".jpg": "pictures.jpeg",
    ".jpeg": "pictures.jpeg",
    ".jp2": "pictures.jpeg2000",
    ".jpx": "pictures.jpeg2000",
    ".j2k": "pictures.jpeg2000",
    ".j2c": "pictures.jpeg2000",
    ".webp": "pictures.webp",
    ".bmp": "pictures.bmp",
    ".h5": "hdf5.source",
    ".hdf5": "hdf5.source",
    ".zarr": "zarr.source",
    ".npy": "numpy_files.npy",
    ".npz": "numpy_files.npz",
    ".rle": "run_lengths.source",
    ".czi": "bioio.source",
    ".lif": "bioio.source",
    ".nd2": "bioio.source",
}
EXTENSIONS = tuple(_MODULE_OF)
# What is a folder on disk and one image all the same.
FOLDERS = (".zarr",)
# What holds arrays by name.
ARCHIVES = (".h5", ".hdf5", ".zarr", ".npz")


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
        if path.is_file():
            if not path.stat().st_size:
                raise SourceError(f"{path.name} cannot be read: the file is empty")
        elif path.exists() and not path.is_dir():  # reading from it might never end
            raise SourceError(f"{path.name} cannot be read: it is a pipe or a device, not a file")
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
