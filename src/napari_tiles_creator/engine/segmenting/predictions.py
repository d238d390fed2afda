"""What a model says of the tiles of one plane, made when it is asked for and kept no longer than it is needed."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.segmenting.watched import StoppedError
from napari_tiles_creator.engine.steps import in_order
from napari_tiles_creator.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import Model, TileForm
    from napari_tiles_creator.geometry.grid import TileGrid

# Asked for a tile that is so many batches ahead, what lies between is passed over.
BATCHES_AHEAD = 4


class NoSuchClassError(ModelError):
    """The class that is wanted is none of the model's, in whatever image."""


class Predictions:
    """The results of a plane's tiles, in the order of a grid's rows.

    Tiles are cut by threads while the model, called by one thread at a time, is at those before them. A result that
    was asked for is not kept: it is made anew where it is asked for once more.

    Parameters
    ----------
    grid : TileGrid
        Where the tiles lie, row by row.
    cut : callable
        ``cut(number)`` returns a tile's pixels as the model takes them, array (y, x[, c]), padding included; called
        from several threads.
    model : Model
        Segments the tiles.
    form : TileForm
        What the tiles are.
    wanted : int or None
        The class whose probability is wanted, None for all of them; labels are given as they are.
    workers : int
        Threads that cut.
    """

    def __init__(
        self,
        grid: TileGrid,
        cut: Callable[[int], NDArray[Any]],
        model: Model,
        form: TileForm,
        *,
        wanted: int | None,
        workers: int,
    ) -> None:
        self._grid, self._cut, self._model, self._form = grid, cut, model, form
        self._wanted, self._workers = wanted, workers
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._made: dict[int, NDArray[Any]] = {}
        self._stream: Generator[tuple[int, NDArray[Any]], None, None] | None = None
        self._next = self._classes = 0

    @property
    def tiles(self) -> PlaneTiles:
        """The results as tiles over the plane, to be merged."""
        planned = list(self._grid)
        boxes = tuple(tile.box for tile in planned)
        places = tuple((tile.row, tile.column) for tile in planned if tile.row is not None and tile.column is not None)
        return PlaneTiles(self._grid.shape, boxes, self.read, self._grid, places)

    def read(self, number: int) -> NDArray[Any]:
        """Return a tile's result without padding, array (y, x), or (y, x, k) for all classes; from any thread.

        Raises
        ------
        SourceError
            If the tile cannot be cut.
        ModelError
            If the model fails, or has no such class.
        StoppedError
            If it was stopped.
        """
        with self._lock:
            if number not in self._made:
                self._make(number)
            return self._made.pop(number)

    @property
    def share(self) -> float:
        """How many of the tiles the model has been at / all of them."""
        return self._next / len(self._grid)

    def stop(self) -> None:
        """Call the model no more once it is through with what it is at: who asks for a tile is refused."""
        self._stopped.set()

    def close(self) -> None:
        """End the threads and give the memory back; no tile can be asked for any more."""
        self.stop()
        with self._lock:
            self._restart(0)

    def _make(self, number: int) -> None:
        """Go on until a tile's result is there."""
        ahead = BATCHES_AHEAD * max(self._model.batch, self._workers)
        if not self._next <= number < self._next + ahead:
            self._restart(number)
        if self._stream is None:
            self._stream = self._results(self._next)
        try:
            while number not in self._made:
                if self._stopped.is_set():
                    raise StoppedError
                at, result = next(self._stream)
                self._made[at], self._next = result, at + 1
        except BaseException:
            self._restart(self._next)  # whoever asks next is told the same, not that there is no more
            raise

    def _restart(self, number: int) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream, self._next, self._made = None, number, {}

    def _results(self, first: int) -> Generator[tuple[int, NDArray[Any]], None, None]:
        """Yield the number and the result of each tile from one on."""
        batch: list[NDArray[Any]] = []
        # Closed with this generator, not when the last reference goes: no thread cuts after the image is closed.
        with closing(in_order(self._cut, range(first, len(self._grid)), self._workers)) as tiles:
            for number, tile in enumerate(tiles, first):
                batch.append(tile)
                if len(batch) == self._model.batch or number == len(self._grid) - 1:
                    start = number + 1 - len(batch)
                    yield from enumerate(self._predicted(start, np.stack(batch)), start)
                    batch = []

    def _predicted(self, start: int, batch: NDArray[Any]) -> list[NDArray[Any]]:
        """Return the results of a batch, each with an array of its own."""
        results = self._model.predict(batch, self._form)
        if self._model.gives == "probabilities":
            self._classes = self._classes or results.shape[1]
            if results.shape[1] != self._classes:
                found = f"{self._classes} classes for some tiles and {results.shape[1]} for others"
                raise ModelError(f"the model {self._model.spec} returned {found}")
            results = _chosen(results, self._wanted, self._model.spec)
        boxes = [self._grid[start + at].box for at in range(len(batch))]
        return [np.array(result[: box.height, : box.width]) for result, box in zip(results, boxes, strict=True)]


def _chosen(probabilities: NDArray[Any], wanted: int | None, spec: str) -> NDArray[Any]:
    """Return the probabilities (n, k, y, x) of one class, (n, y, x), or of all of them, (n, y, x, k)."""
    if wanted is None:
        return np.moveaxis(probabilities, 1, -1)
    classes = probabilities.shape[1]
    if wanted >= classes:
        known = f"the model {spec} tells {classes} classes apart: give 0 to {classes - 1}"
        raise NoSuchClassError(f"--class {wanted}: {known}")
    return probabilities[:, wanted]
