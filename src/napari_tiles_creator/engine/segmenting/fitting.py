"""A model fitted to an image: it may look at all of it first, which is shown and can be stopped."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.segmenting.cutting import every_pixel
from napari_tiles_creator.engine.segmenting.watched import StoppedError, watched

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
    from napari_tiles_creator.engine.predicting.models.base import Model


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

    def told() -> Generator[NDArray[Any], None, None]:
        with closing(every_pixel(maker, workers)) as every:
            for pixels in every:
                if stop.is_set():
                    raise StoppedError
                seen[0] += 1
                yield pixels

    def work() -> Model:
        # Closed here, not when the last reference goes: no thread cuts after the image is closed.
        with closing(told()) as pixels:
            return model.fitted(pixels)

    # The model asks for the pixels: only from another thread can it be told how far it is.
    return (yield from watched(work, lambda: seen[0] / total, stop.set))
