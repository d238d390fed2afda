"""The sample: some images of the folder side by side, as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator._widget.layers import MOSAIC, NAMES
from napari_tiles_creator._widget.pattern import Placement

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_tiles_creator._widget.layers import Layers
    from napari_tiles_creator.engine.mosaic import Mosaic
    from napari_tiles_creator.engine.scan import Scanned
    from napari_tiles_creator.recipe.media import Media

LONGEST_NAME = 26


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
    from napari_tiles_creator.engine.mosaic import make_mosaic
    from napari_tiles_creator.engine.scan import scan

    if scanned is None:
        scanned = []
        for item in scan(media):
            scanned.append(item)
            yield
    return make_mosaic(scanned, media, seed=seed)


def show_sample(layers: Layers, mosaic: Mosaic) -> None:
    """Put a mosaic and its names into the viewer."""
    placement = Placement((1.0, 1.0), (0.0, 0.0), "pixel")
    layers.show_image(MOSAIC, mosaic.pixels, placement)
    corners = np.array([[thumb.box.y, thumb.box.x] for thumb in mosaic.thumbnails], float).reshape(-1, 2)
    layers.show_names(NAMES, corners, [shortened(thumb.source) for thumb in mosaic.thumbnails], placement)
    layers.viewer.fit_to_view(layers=[layers.find(MOSAIC)])


def shortened(name: str) -> str:
    """Return a name with its middle left out where it is long."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"
