"""A tile maker that threads work with, closed once by whoever leaves last."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.measure import Range
    from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan

    Ranges = tuple[Range, ...] | None


class Workbench:
    """Cuts tiles of one image of one plan; its file stays open between them.

    Parameters
    ----------
    plan, image : Plan, ImagePlan
        What is cut.
    ranges : tuple of Range or None
        What was measured earlier.
    """

    def __init__(self, plan: Plan, image: ImagePlan, ranges: Ranges) -> None:
        self.plan, self.image, self.ranges = plan, image, ranges
        self._maker: TileMaker | None = None
        self._release: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._is_busy = self._is_closed = False

    def cut(self, index: int) -> Generator[None, None, NDArray[Any]]:
        """Cut a tile, in a thread; measures first where that is needed."""
        from napari_tiles_creator.engine.pixels.tile_maker import TileMaker

        with self._lock:
            self._is_busy = True
        try:
            if self._maker is None:
                self._maker = maker = TileMaker(self.plan, self.image, ranges=self.ranges, by_box=True)
                # A window that closes tells nobody: then the file is released with this object.
                self._release = weakref.finalize(self, maker.close)
            yield from self._maker.prepare(self.image[index].plane)
            self.ranges = self._maker.ranges
            return self._maker.tile(index).pixels
        finally:
            with self._lock:
                self._is_busy = False
                if self._is_closed:
                    self._release()

    def close(self) -> None:
        """Release the file, now or when the thread is done with it."""
        with self._lock:
            self._is_closed = True
            if not self._is_busy:
                self._release()
