"""The bundled sample images for napari's File > Open Sample."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any


def sample_fields() -> list[tuple[Any, dict[str, Any], str]]:
    """Return generated microscopy fields as layers, with their pixel size."""
    from napari_tiles_creator.engine.samples.bundled import write_samples
    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.registry import open_source

    layers = []
    with tempfile.TemporaryDirectory() as folder:
        for path in write_samples(Path(folder)):
            source = open_source(path)
            info = source.info
            pixels = source.read(Box(0, 0, *info.plane_shape)).copy()
            source.close()
            layers.append((pixels, _look(info), "image"))
    return layers


def _look(info: Any) -> dict[str, Any]:
    size = info.pixel_size
    placed = {"scale": (size.y_um, size.x_um), "units": ("µm", "µm")} if size else {}
    return {"name": info.path.stem, "rgb": info.is_rgb, "axis_labels": ("y", "x"), **placed}
