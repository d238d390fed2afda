"""Shares of foreground of the previewed plane's tiles, computed in a thread and remembered."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

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
        key = (recipe.media, recipe.calibration, recipe.tiling.foreground)
        of_image = (image.info.path, image.info.opener, image.size_bytes, image.pixel_size)
        key = (*key, *of_image, image.tiling, image.region, plane)  # type: ignore[assignment]
        if key != self._key:
            from napari_tiles_creator.engine.pixels.foreground import foreground_shares

            self._key, self._shares = key, None
            stop = threading.Event()
            work = partial(foreground_shares, plan, image, plane, stop)
            self._jobs.start(PURPOSE, work, self._end, stop=stop)
        return self._shares

    @property
    def is_known(self) -> bool:
        """Whether nothing is being computed."""
        return self._key is None or self._shares is not None

    def forget(self) -> None:
        """Give up."""
        self._jobs.drop(PURPOSE)
        self._key = self._shares = None

    def _end(self, ending: Ending) -> None:
        if ending.error is not None:
            self._failed(ending.error)
        elif ending.result is not None:
            self._shares = ending.result
            self._ready()
