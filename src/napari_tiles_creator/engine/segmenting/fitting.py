"""A model fitted to an image: it may look at all of it first, which is shown and can be stopped."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.segmenting.cutting import every_pixel

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
    from napari_tiles_creator.engine.predicting.models.base import Model

# How often it is told how far it is, s.
EVERY_S = 0.2


class _StoppedError(Exception):
    """Nobody waits for the model any more."""


def fitting_steps(model: Model, maker: TileMaker, workers: int) -> Generator[float, None, Model]:
    """Return the model as it is for one image; yield how much of the image it has looked at, 0…1.

    Parameters
    ----------
    model : Model
        The model.
    maker : TileMaker
        Cuts the tiles of the image; prepared.
    workers : int
        Threads that cut them.
    """
    seen, stop = [0], threading.Event()
    total = max(1, len(maker.image))

    def told() -> Iterator[NDArray[Any]]:
        for pixels in every_pixel(maker, workers):
            if stop.is_set():
                raise _StoppedError
            seen[0] += 1
            yield pixels

    # The model asks for the pixels: it does so in a thread, so that this one can tell how far it is, and stop it.
    with ThreadPoolExecutor(1) as pool:
        fitting = pool.submit(model.fitted, told())
        try:
            while not wait([fitting], EVERY_S).done:
                yield seen[0] / total
        finally:
            stop.set()
    return fitting.result()
