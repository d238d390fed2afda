"""The current tile as it will be exported, in place over the image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.viewing.layers import EXPORTED_TILE
from napari_tiles_creator._widget.viewing.workbench import Workbench
from napari_tiles_creator.engine.planning.pixels_key import ranges_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.placement import Placement
    from napari_tiles_creator._widget.viewing.workbench import Ranges
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import TilesError

PURPOSE = "tile as exported"


@dataclass(frozen=True, eq=False)
class Wanted:
    """A tile to be shown.

    Parameters
    ----------
    plan, image : Plan, ImagePlan
        What it belongs to.
    index : int
        Its number in the image.
    tiles : Placement
        Of calibrated pixels.
    contrast : tuple of float or None
        What is black and white in the image beneath: pixels that are exported as they are look the same.
    """

    plan: Plan
    image: ImagePlan
    index: int
    tiles: Placement
    contrast: tuple[float, float] | None = None

    def same_as(self, other: Wanted | None) -> bool:
        """Tell whether it is the same tile of the same plan."""
        return other is not None and self.index == other.index and self.plan is other.plan and self.image is other.image

    @property
    def measured(self) -> Hashable:
        """What the ranges depend on: the tiling does not change them."""
        return ranges_key(self.plan, self.image)

    def is_on_image_of(self, other: Wanted | None) -> bool:
        """Tell whether it lies on the same image."""
        return other is not None and self.image.info.path == other.image.info.path


class ExportedTile:
    """The layer of the tile's pixels; the latest wish counts.

    Parameters
    ----------
    layers : Layers
        Where it is shown.
    jobs : Jobs
        Where it is cut.
    failed : callable
        Told when it cannot be.
    """

    def __init__(self, layers: Layers, jobs: Jobs, failed: Callable[[TilesError], None]) -> None:
        self._layers, self._jobs, self._failed = layers, jobs, failed
        self._wanted: Wanted | None = None
        self._cutting: Wanted | None = None
        self._shown: Wanted | None = None
        self._bench: Workbench | None = None
        self._measured: tuple[Hashable, Ranges] = (None, None)

    @property
    def shown(self) -> tuple[Plan, int] | None:
        """The plan and the index of the tile that is in the viewer."""
        if self._shown is None or self._layers.find(EXPORTED_TILE) is None:
            return None
        return self._shown.plan, self._shown.index

    def show(self, wanted: Wanted) -> None:
        """Show a tile as soon as it is cut; until then one of another image is taken away."""
        if wanted.same_as(self._wanted) and self._layers.find(EXPORTED_TILE) is not None:
            return
        self._wanted = wanted
        if not wanted.is_on_image_of(self._shown):
            self._layers.remove(EXPORTED_TILE)
        # A tile is cut in no time, and slides would never come to an end; measuring another image may take long.
        if not self._jobs.is_running(PURPOSE) or not wanted.is_on_image_of(self._cutting):
            self._start(wanted)

    def hide(self) -> None:
        """Take it away."""
        self.leave()
        self._layers.remove(EXPORTED_TILE)

    def leave(self) -> None:
        """Follow nothing any more; what is shown stays."""
        self._wanted = self._cutting = None
        self._jobs.drop(PURPOSE)
        if self._bench is not None:
            self._bench.close()
            self._bench = None

    def _start(self, wanted: Wanted) -> None:
        bench = self._bench
        if bench is None or bench.plan is not wanted.plan or bench.image is not wanted.image:
            if bench is not None:
                bench.close()
            ranges = self._measured[1] if self._measured[0] == wanted.measured else None
            self._bench = bench = Workbench(wanted.plan, wanted.image, ranges)
        self._cutting = wanted
        self._jobs.start(PURPOSE, partial(bench.cut, wanted.index), partial(self._end, wanted, bench))

    def _end(self, wanted: Wanted, bench: Workbench, ending: Ending) -> None:
        if self._wanted is None:
            return
        if ending.result is not None:
            self._measured = (wanted.measured, bench.ranges)
            self._put(wanted, ending.result)
            if not wanted.same_as(self._wanted):
                self._start(self._wanted)
        elif ending.error is not None:
            self.hide()  # what is shown is never another tile than the current one
            self._failed(ending.error)

    def _put(self, wanted: Wanted, pixels: NDArray[Any]) -> None:
        self._shown = wanted
        box = wanted.image[wanted.index].tile.box
        limits = value_limits(wanted.plan, pixels)
        contrast = wanted.contrast if wanted.plan.recipe.normalization.scope == "none" else None
        self._layers.show_image(
            EXPORTED_TILE,
            pixels,
            wanted.tiles.moved(box.y, box.x),
            limits,
            contrast,
            rgb=wanted.image.tile_axes == "YXS",
            keep_contrast=True,
        )


def value_limits(plan: Plan, pixels: NDArray[Any]) -> tuple[float, float]:
    """Return the range of values to show: the recipe's bounds, else what the type holds."""
    normalization = plan.recipe.normalization
    if normalization.scope != "none":
        return normalization.bounds
    if pixels.dtype.kind in "iu":
        info = np.iinfo(pixels.dtype)
        return float(info.min), float(info.max)
    finite = pixels[np.isfinite(pixels)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    return (low, high) if low < high else (low, low + 1)
