"""A model fitted to an image: it may look at all of it first, which is shown and can be stopped."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.segmenting.watched import StoppedError, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.predicting.models.base import Model


def fitting_steps(
    model: Model, pixels: Callable[[], Generator[NDArray[Any], None, None]], total: int
) -> Generator[float, None, Model]:
    """Return the model as it is for one image; yield how much of the image it has looked at, 0…1.

    Parameters
    ----------
    model : Model
        The model.
    pixels : callable
        Gives the pixels of the image, each once: what each tile owns, array (y, x[, c]).
    total : int
        How many tiles there are.
    """
    seen, stop = [0], threading.Event()

    def told() -> Generator[NDArray[Any], None, None]:
        with closing(pixels()) as every:
            for part in every:
                if stop.is_set():
                    raise StoppedError
                seen[0] += 1
                yield part

    def work() -> Model:
        # Closed here, not when the last reference goes: no thread cuts after the image is closed.
        with closing(told()) as every:
            return model.fitted(every)

    # The model asks for the pixels: only from another thread can it be told how far it is.
    return (yield from watched(work, lambda: seen[0] / max(1, total), stop.set))
