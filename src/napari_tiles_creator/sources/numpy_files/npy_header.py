"""What the header of a numpy array says, in a file of its own or inside another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.mapped import PlainPixels
from napari_tiles_creator.sources.headers.values import check_values

# More axes than numpy itself has.
MOST_AXES = 64


def read_header(file: IO[bytes], name: str) -> PlainPixels:
    """Read the header of an array, from where the file stands.

    Parameters
    ----------
    file : binary file
        It need not be seekable; offsets are counted from where it stands.
    name : str
        What to call it.

    Raises
    ------
    SourceError
        If this is no header of an array, or that of one without numbers.
    """
    counted = _Counted(file)
    try:
        version = np.lib.format.read_magic(counted)  # type: ignore[arg-type]
        if version == (3, 0):
            raise SourceError(f"{name}: its values are records, whose names are not plain; save one of them alone")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(counted)  # type: ignore[arg-type]
    except SourceError:
        raise
    except Exception as error:  # numpy parses the header as Python source
        raise SourceError(f"{name} cannot be read: its header is not that of a numpy array, or cut short") from error
    if dtype.hasobject:
        raise SourceError(f"{name}: holds pickled Python objects, which are never loaded; save it as plain numbers")
    check_values(name, dtype)
    if len(shape) > MOST_AXES or any(n < 0 for n in shape):
        raise SourceError(f"{name} is damaged: its header says shape {shape[:8]}")
    return PlainPixels(tuple(int(n) for n in shape), dtype, counted.at, bool(fortran))


@dataclass(slots=True)
class _Counted:
    """A file that tells how far it was read."""

    file: IO[bytes]
    at: int = 0

    def read(self, size: int) -> bytes:
        read = self.file.read(size)
        self.at += len(read)
        return read
