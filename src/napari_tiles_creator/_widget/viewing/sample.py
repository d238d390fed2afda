"""The sample: some images of the folder side by side, as layers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator._widget.controls.naming import names_apart
from napari_tiles_creator._widget.viewing.layers import MOSAIC, NAMES, PREVIEW_ROLES
from napari_tiles_creator._widget.viewing.picking import Picking
from napari_tiles_creator._widget.viewing.placement import Placement
from napari_tiles_creator._widget.viewing.sources import scan_layers
from napari_tiles_creator._widget.viewing.turns import Turns
from napari_tiles_creator._widget.viewing.view import fit_view
from napari_tiles_creator._widget.work.worker import Ending
from napari_tiles_creator.errors import TilesError
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_tiles_creator._widget.controls.progress import ProgressRow
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.work.worker import Jobs
    from napari_tiles_creator.engine.pictures.mosaic import Mosaic
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.media import Media

MOST_IMAGES = 25
PURPOSE = "sample"
# A line of napari's text in a window of usual height, which does not scale with the zoom: its share of the mosaic.
LINE_SHARE = 0.028
# Letters that fit over a row of thumbnails in a window of usual width.
LETTERS_PER_ROW = 60
FEWEST_LETTERS = 8


def draw_sample(media: Media, scanned: list[Scanned] | None, seed: int) -> Generator[tuple[int, int], None, Mosaic]:
    """Read some images, reduced.

    Parameters
    ----------
    media : Media
        The recipe's section.
    scanned : list of Scanned or None
        What a scan of it found; with None the folder is listed, and only what is drawn is opened.
    seed : int
        Seed of the draw.

    Yields
    ------
    done, total : int
        Images that are through.
    """
    from napari_tiles_creator.engine.pictures.mosaic import drawn, mosaic_steps
    from napari_tiles_creator.engine.planning.scan import scan_one
    from napari_tiles_creator.sources.channel_files import grouped
    from napari_tiles_creator.sources.folder import find_sources, left_out

    if scanned is None:
        found = find_sources(media.folder, media.pattern, media.recursive, media.exclude)
        if media.channels_from:
            found = grouped(found, media.channels_from)
            out = left_out([image.name for image in found], media.exclude)
            found = [image for image in found if image.name not in out]
        scanned = [scan_one(file, media) for file in drawn(found, MOST_IMAGES, seed)]
    return (yield from mosaic_steps(scanned, media, count=MOST_IMAGES, seed=seed, line_share=LINE_SHARE))


class Sample:
    """What Show sample and Shuffle do.

    Parameters
    ----------
    layers : Layers
        Where the sample is shown.
    jobs : Jobs
        Where images are read.
    progress : ProgressRow
        Tells how far it is; its button stops it.
    ended : callable
        Told what could not be shown, or why nothing could.
    opened : callable
        Gets the name of an image that was double-clicked.
    """

    def __init__(
        self,
        layers: Layers,
        jobs: Jobs,
        progress: ProgressRow,
        ended: Callable[[Ending], None],
        opened: Callable[[str], None],
    ) -> None:
        self._layers, self._jobs, self._progress = layers, jobs, progress
        self._ended, self._opened = ended, opened
        self._seed = 0
        self._mosaic: Mosaic | None = None
        self._turns = Turns()
        self._picking = Picking(layers.viewer, self._pick, lambda: None)
        progress.stopAsked.connect(lambda: jobs.cancel(PURPOSE))

    @property
    def mosaic(self) -> Mosaic | None:
        """The sample that was shown last."""
        return self._mosaic

    def close(self) -> None:
        """Leave the viewer's double click alone."""
        self._turns.stop()
        self._picking.stop()
        self._progress.stop()

    def show(self, media: Media, scanned: list[Scanned] | None) -> None:
        """Show some of the images."""
        if scanned is None and media.folder == OPEN_LAYERS:
            try:
                scanned = scan_layers(self._layers.viewer, media)
            except TilesError as error:
                self._ended(Ending(error=error))
                return
        self._progress.start()
        self._jobs.start(PURPOSE, partial(draw_sample, media, scanned, self._seed), self._end, self._report)

    def shuffle(self) -> None:
        """Let the next sample be another one."""
        self._seed += 1

    def forget(self) -> None:
        """Show nothing that is under way, and take no more clicks."""
        self._jobs.drop(PURPOSE)
        self.close()

    def removed(self, role: str) -> None:
        """React to the removal of a layer by the user, or by a viewer that closes: names alone mean nothing."""
        if role == MOSAIC:
            self._turns.stop()

    def _report(self, steps: list[tuple[int, int]]) -> None:
        self._progress.step(*steps[-1])

    def _end(self, ending: Ending) -> None:
        self._progress.stop()
        if ending.result is not None and ending.result.thumbnails:
            self._mosaic = ending.result
            self._picking.start()  # a preview ends here, not before: the sample may be stopped
            self._turns.run(*mosaic_layers(self._layers, ending.result))
        self._ended(ending)

    def _pick(self, position: Any) -> bool:
        layer = self._layers.find(MOSAIC)
        if layer is None or self._mosaic is None:
            return False
        y, x = (round(float(value)) for value in layer.world_to_data(position)[-2:])
        name = next((t.source for t in self._mosaic.thumbnails if t.cell.holds(y, x)), None)
        if name is not None:
            self._opened(name)
        return name is not None


def mosaic_layers(layers: Layers, mosaic: Mosaic) -> list[Callable[[], object]]:
    """Return the steps that put a mosaic and its names into the viewer."""
    placement = Placement((1.0, 1.0), (0.0, 0.0), "pixel")
    columns = mosaic.pixels.shape[1] // mosaic.cell_px
    names = names_apart([t.source for t in mosaic.thumbnails], max(FEWEST_LETTERS, LETTERS_PER_ROW // columns))
    line_px = mosaic.thumbnails[0].cell.height - mosaic.cell_px
    places = [[t.cell.y + line_px / 2, t.cell.x + t.cell.width / 2 - 0.5] for t in mosaic.thumbnails]
    return [
        # A preview's pixels are of another kind: side by side napari could show no unit.
        *(partial(layers.remove, role) for role in PREVIEW_ROLES if layers.find(role) is not None),
        partial(layers.show_image, MOSAIC, mosaic.pixels, placement),
        lambda: fit_view(layers.viewer, *filter(None, [layers.find(MOSAIC)])),
        partial(layers.show_names, NAMES, np.array(places), names, placement),
    ]
