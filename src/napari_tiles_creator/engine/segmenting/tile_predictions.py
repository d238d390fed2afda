"""What a model says of the tiles of one image of a dataset, made when it is asked for and kept no longer."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.back.tiled_image import box_of
from napari_tiles_creator.engine.predicting.batches import HOPELESS
from napari_tiles_creator.engine.predicting.dataset_tiles import form_of, read_tile
from napari_tiles_creator.engine.predicting.maps import check_class
from napari_tiles_creator.engine.segmenting.watched import StoppedError
from napari_tiles_creator.errors import ModelError, SourceError, named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.tiled_image import TiledSource
    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.predicting.models.base import Model


class TilePredictions:
    """Probabilities of an image's tiles, which lie in files.

    Tiles are read in the threads that ask for them; the model is called by one at a time. A tile that cannot be read,
    or that the model fails on, is missing, and remembered.

    Parameters
    ----------
    source : TiledSource
        The image.
    model : Model
        Fitted to it; gives probabilities.
    wanted : int or None
        The class whose probability is wanted, None for all of them.

    Attributes
    ----------
    failed : list of str
        Why tiles are missing: a sentence each, which names the tile.
    """

    def __init__(self, source: TiledSource, model: Model, wanted: int | None) -> None:
        self._source, self._model, self._wanted = source, model, wanted
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._classes = self._asked = self._made = 0
        self.failed: list[str] = []

    @property
    def share(self) -> float:
        """How many of the tiles the model has been at / all of them."""
        return min(1.0, self._asked / len(self._source.rows))

    def classes(self) -> int:
        """Return how many classes the model tells apart: the first tile that it does not fail on shows it.

        Raises
        ------
        ModelError
            If it fails on all of them, or on many.
        """
        for row in self._source.rows:
            if self._read(row) is not None:
                break
        self.check()
        self._asked = self._made = 0
        self.failed.clear()
        return self._classes

    def plane(self, position: tuple[int, ...]) -> PlaneTiles:
        """Return the results of a plane's tiles, to be merged; they are probabilities (y, x), or (y, x, k) of all.

        They can be asked for until the next `stop`.
        """
        self._stopped.clear()
        rows = self._source.planes.get(position, ())
        grid = self._source.grid
        places = tuple((int(row.row), int(row.column)) for row in rows) if grid else ()

        def read(number: int, rows: Sequence[TileRow]) -> NDArray[Any] | None:
            return self._read(rows[number])

        return PlaneTiles(self._source.plane_shape, tuple(map(box_of, rows)), partial(read, rows=rows), grid, places)

    def check(self) -> None:
        """Raise ModelError, with the first reason, if there was no result at all."""
        if not self._made:
            raise ModelError(self.failed[0] if self.failed else f"{self._model.spec} was given no tile")

    def stop(self) -> None:
        """Call the model no more once it is through with what it is at: who asks for a tile is refused."""
        self._stopped.set()

    def _read(self, row: TileRow) -> NDArray[Any] | None:
        """Return a tile's result without padding, None where it failed."""
        try:
            tile = read_tile(self._source, row)
            with self._lock:
                if self._stopped.is_set():
                    raise StoppedError
                result = self._chosen(self._model.predict(tile[None], form_of(self._source, row))[0])
                self._made += 1
        except (SourceError, ModelError) as error:
            with self._lock:
                self.failed.append(named(error, row.tile))
                if len(self.failed) >= HOPELESS and not self._made:
                    raise ModelError(f"the first {HOPELESS} tiles failed, at last {self.failed[-1]}") from error
            return None
        finally:
            self._asked += 1
        return np.array(result[: int(row.height), : int(row.width)])

    def _chosen(self, probabilities: NDArray[Any]) -> NDArray[Any]:
        """Return the probabilities (k, y, x) of one class, (y, x), or of all, (y, x, k)."""
        count = len(probabilities)
        self._classes = self._classes or count
        if count != self._classes:
            raise ModelError(f"{self._model.spec} returned {self._classes} classes for some tiles and {count} for this")
        if self._wanted is None:
            return np.moveaxis(probabilities, 0, -1)
        check_class(self._wanted, count)
        chosen: NDArray[Any] = probabilities[self._wanted]
        return chosen
