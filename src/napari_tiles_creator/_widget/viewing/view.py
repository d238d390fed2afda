"""What the canvas shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_tiles_creator._widget.viewing.placement import world_units

MARGIN = 0.05


def fit_view(viewer: Any, layer: Any) -> None:
    """Let a plane fill the canvas, whatever else is open.

    napari 0.9.2's own ``fit_to_view(layers=[layer])`` fails where the viewer has more axes than the layer, and takes
    the layer's unit for the viewer's.
    """
    unit = world_units(viewer, str(layer.units[-1]))
    first, last = np.asarray(layer.extent.world)[:, -2:] * unit
    size = np.maximum(last - first, np.finfo(np.float32).tiny)
    viewer.scene.camera.center = tuple(float(value) for value in (first + last) / 2)
    viewer.scene.camera.zoom = float((1 - MARGIN) * np.min(np.array(viewer.canvas.size) / size))
