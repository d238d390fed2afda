"""The histograms of the chosen image, before and after normalization, kept up to date with the plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.planning.pixels_key import pixels_key, ranges_key

if TYPE_CHECKING:
    from napari_tiles_creator._widget.panels.normalization import NormalizationPanel
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan


def draw_histograms(plan: Plan, image: ImagePlan) -> Any:
    """Return the work of measuring an image's values."""
    from napari_tiles_creator.engine.pixels.histogram import histograms

    return histograms(plan, image)


class Histograms:
    """What the Normalization panel shows of the chosen image.

    Parameters
    ----------
    jobs : Jobs
        Where pixels are read.
    panel : NormalizationPanel
        Where they are drawn.
    """

    def __init__(self, jobs: Jobs, panel: NormalizationPanel) -> None:
        self._jobs, self._panel = jobs, panel
        self._shown: tuple[Any, ...] = ()

    def show(self, plan: Plan | None, number: int) -> None:
        """Measure an image of a plan, unless that is what is shown; without a plan the last ones stay."""
        if plan is None or not 0 <= number < len(plan.images):
            return
        image, normalization = plan.images[number], plan.recipe.normalization
        shown: tuple[Any, ...] = (
            *pixels_key(image, plan.recipe),
            ranges_key(plan, image),
            normalization,
            image.dtype,
            image.colours,
        )
        if normalization.scope == "tile":
            shown += (image.tiling,)
        if shown != self._shown:
            self._shown = shown
            self._jobs.start("histograms", partial(draw_histograms, plan, image), self._end)

    def clear(self) -> None:
        """Show none."""
        self._jobs.drop("histograms")
        self._shown = ()
        self._panel.show_histograms(None)

    def _end(self, ending: Ending) -> None:
        # What cannot be read is told by the preview and the export; here it only leaves nothing to draw.
        if ending.result is None:
            self._shown = ()
        self._panel.show_histograms(ending.result)
