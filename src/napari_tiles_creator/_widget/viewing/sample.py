"""The sample: some images of the folder side by side, as layers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator._widget.viewing.layers import ALL_TILES, CURRENT_TILE, MOSAIC, NAMES, PICTURE
from napari_tiles_creator._widget.viewing.pattern import Placement

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.pictures.mosaic import Mosaic
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.recipe.media import Media

# Letters that fit over a row of thumbnails in a window of usual width; napari does not scale text with the zoom.
LETTERS_PER_ROW = 66


def draw_sample(media: Media, scanned: list[Scanned] | None, seed: int) -> Generator[None, None, Mosaic]:
    """Read some images, reduced.

    Parameters
    ----------
    media : Media
        The recipe's section.
    scanned : list of Scanned or None
        What a scan of it found; None scans first.
    seed : int
        Seed of the draw.
    """
    from napari_tiles_creator.engine.pictures.mosaic import make_mosaic
    from napari_tiles_creator.engine.planning.scan import scan

    if scanned is None:
        scanned = []
        for item in scan(media):
            scanned.append(item)
            yield
    return make_mosaic(scanned, media, seed=seed)


class Sample:
    """What Show sample and Shuffle do.

    Parameters
    ----------
    layers : Layers
        Where the sample is shown.
    jobs : Jobs
        Where images are read.
    ended : callable
        Told what could not be shown, or why nothing could.
    """

    def __init__(self, layers: Layers, jobs: Jobs, ended: Callable[[Ending], None]) -> None:
        self._layers, self._jobs, self._ended = layers, jobs, ended
        self._seed = 0

    def show(self, media: Media, scanned: list[Scanned] | None) -> None:
        """Show some of the images."""
        self._jobs.start("sample", partial(draw_sample, media, scanned, self._seed), self._end)

    def shuffle(self) -> None:
        """Let the next sample be another one."""
        self._seed += 1

    def _end(self, ending: Ending) -> None:
        if ending.result is not None and ending.result.thumbnails:
            show_mosaic(self._layers, ending.result)
        self._ended(ending)


def show_mosaic(layers: Layers, mosaic: Mosaic) -> None:
    """Put a mosaic and its names into the viewer."""
    placement = Placement((1.0, 1.0), (0.0, 0.0), "pixel")
    # A preview's pixels are of another kind: side by side napari could show no unit.
    layers.remove(PICTURE, ALL_TILES, CURRENT_TILE)
    layers.show_image(MOSAIC, mosaic.pixels, placement)
    corners = np.array([[thumb.box.y, thumb.box.x] for thumb in mosaic.thumbnails], float).reshape(-1, 2)
    longest = LETTERS_PER_ROW * mosaic.cell_px // mosaic.pixels.shape[1]
    names = [shortened(thumb.source, longest) for thumb in mosaic.thumbnails]
    layers.show_names(NAMES, corners, names, placement)
    layers.viewer.fit_to_view(layers=[layers.find(MOSAIC)])


def shortened(name: str, longest: int) -> str:
    """Return a name with its middle left out where it has more letters than that."""
    half = longest // 2
    return name if len(name) <= longest else f"{name[: longest - half - 1]}…{name[-half:]}"
