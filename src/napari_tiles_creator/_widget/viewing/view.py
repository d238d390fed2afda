"""What the canvas shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_tiles_creator._widget.viewing.placement import world_units

MARGIN = 0.05


def fit_view(viewer: Any, *layers: Any) -> None:
    """Let some layers fill the canvas, whatever else is open; nothing happens without any.

    napari 0.9.2's own ``fit_to_view`` fails where the viewer has more axes than a layer, and takes the layer's unit for
    the viewer's.
    """
    if not layers:
        return
    unit = world_units(viewer, str(layers[0].units[-1]))
    extents = np.array([layer.extent.world[:, -2:] for layer in layers]) * unit
    first, last = extents[:, 0].min(axis=0), extents[:, 1].max(axis=0)
    size = np.maximum(last - first, np.finfo(np.float32).tiny)
    viewer.scene.camera.center = tuple(float(value) for value in (first + last) / 2)
    viewer.scene.camera.zoom = float((1 - MARGIN) * np.min(np.array(viewer.canvas.size) / size))
