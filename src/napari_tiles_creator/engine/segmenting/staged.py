"""Results of tiles that are needed again, out of memory for a while."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.placing import not_written
from napari_tiles_creator.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Labels are long runs of equal numbers: the fastest level makes them hardly larger than the best.
LEVEL = 1


class StagedTiles:
    """Labels of a plane's tiles, each a compressed file.

    Parameters
    ----------
    folder : Path
        Where they go; it is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._forms: dict[int, tuple[tuple[int, ...], np.dtype[Any]]] = {}

    def write(self, number: int, labels: NDArray[Any]) -> None:
        """Keep a tile's labels, array (y, x); from any thread.

        Raises
        ------
        ExportError
            If there is no room for them.
        """
        path = self._path(number)
        try:
            path.write_bytes(zlib.compress(np.ascontiguousarray(labels).data, LEVEL))
        except OSError as error:
            raise not_written(path, error) from error
        self._forms[number] = labels.shape, labels.dtype

    def read(self, number: int) -> NDArray[Any]:
        """Return a tile's labels; from any thread.

        Raises
        ------
        ExportError
            If they are gone.
        """
        shape, dtype = self._forms[number]
        path = self._path(number)
        try:
            data = zlib.decompress(path.read_bytes())
        except OSError as error:
            raise ExportError(f"{path}, which is needed for a while, cannot be read: {error.strerror}") from error
        return np.frombuffer(data, dtype).reshape(shape)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.labels"
