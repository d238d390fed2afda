"""The outline of the current tile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.drawing import Drawing
from napari_tiles_creator._widget.viewing.layers import CURRENT_TILE
from napari_tiles_creator._widget.viewing.pattern import corner_rectangle
from napari_tiles_creator._widget.viewing.placement import line_width, place

if TYPE_CHECKING:
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.placement import Placement
    from napari_tiles_creator.geometry.box import Box


class CurrentTile:
    """A rectangle that is moved; only a tile of another size is drawn anew.

    Parameters
    ----------
    layers : Layers
        Where it is drawn.
    """

    def __init__(self, layers: Layers) -> None:
        self._layers = layers
        self._placement: Placement | None = None

    def show(self, box: Box, tiles: Placement) -> None:
        """Draw a tile.

        Parameters
        ----------
        box : Box
            Where it lies, calibrated pixels.
        tiles : Placement
            Of calibrated pixels.
        """
        self._placement = tiles
        placement, shape = tiles.moved(box.y, box.x), corner_rectangle(box.shape)
        layer = self._layers.find(CURRENT_TILE)
        if layer is not None and layer.nshapes == 1 and np.array_equal(layer.data[0], shape):
            place(layer, placement)
            return
        drawing = Drawing()
        drawing.add([shape], "rectangle", colours.CURRENT)
        self._layers.show_shapes(CURRENT_TILE, drawing, self._width(tiles), placement)

    def follow_zoom(self) -> None:
        """Keep the line as wide on the screen as it was."""
        layer = self._layers.find(CURRENT_TILE)
        if layer is not None and layer.nshapes and self._placement is not None:
            set_width(layer, self._width(self._placement))

    def _width(self, placement: Placement) -> float:
        return line_width(self._layers.viewer, placement, colours.CURRENT_WIDTH)


def set_width(layer: object, width: float) -> None:
    """Set the width of a layer's lines where it differs enough to be seen."""
    widths = layer.edge_width  # type: ignore[attr-defined]
    if len(widths) and not 0.99 < widths[0] / width < 1.01:
        layer.edge_width = width  # type: ignore[attr-defined]
        layer.refresh(thumbnail=False, extent=False)  # type: ignore[attr-defined]  # napari 0.9 draws no new width
