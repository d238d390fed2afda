"""Shares of foreground of the previewed plane's tiles, computed in a thread and remembered."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.planning.pixels_key import pixels_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import TilesError

PURPOSE = "foreground"


class Foreground:
    """The shares of one plane at a time.

    Parameters
    ----------
    jobs : Jobs
        Where they are computed.
    ready : callable
        Called when they are known.
    failed : callable
        Told when an image cannot be read.
    """

    def __init__(self, jobs: Jobs, ready: Callable[[], None], failed: Callable[[TilesError], None]) -> None:
        self._jobs, self._ready, self._failed = jobs, ready, failed
        self._key: Hashable = None
        self._shares: NDArray[Any] | None = None

    def shares(self, plan: Plan, image: ImagePlan, plane: int) -> NDArray[Any] | None:
        """Return the share in each place, None where it is not asked for, or not known yet."""
        recipe = plan.recipe
        if not recipe.tiling.min_foreground:
            self.forget()
            return None
        # Whether a share is enough is asked afterwards: moving that limit computes nothing anew.
        key = (*pixels_key(image, recipe), recipe.tiling.foreground, image.tiling, image.region, plane)
        if key != self._key:
            from napari_tiles_creator.engine.pixels.foreground import foreground_shares

            self._key, self._shares = key, None
            stop = threading.Event()
            work = partial(foreground_shares, plan, image, plane, stop)
            self._jobs.start(PURPOSE, work, self._end, stop=stop)
        return self._shares

    def forget(self) -> None:
        """Give up."""
        self._jobs.drop(PURPOSE)
        self._key = self._shares = None

    def _end(self, ending: Ending) -> None:
        if ending.result is not None:
            self._shares = ending.result
            self._ready()
            return
        self._key = None  # the next one who asks tries again
        if ending.error is not None:
            self._failed(ending.error)
