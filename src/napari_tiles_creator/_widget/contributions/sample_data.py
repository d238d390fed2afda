"""What napari's File > Open Sample offers: the bundled sample images, and one too large for any memory."""

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


def large_pyramid() -> list[tuple[Any, dict[str, Any], str]]:
    """Return a plane of 100,000 × 100,000 px as a lazy pyramid: of its 10 gigapixels only what is seen is computed."""
    from napari_tiles_creator._widget.contributions.large_plane import PIXEL_SIZE_UM, pyramid

    look = {
        "name": "100,000 × 100,000 px",
        "multiscale": True,
        "contrast_limits": (0, 3000),
        "scale": (PIXEL_SIZE_UM, PIXEL_SIZE_UM),
        "units": ("µm", "µm"),
        "axis_labels": ("y", "x"),
    }
    return [(pyramid(), look, "image")]


def _look(info: Any) -> dict[str, Any]:
    size = info.pixel_size
    placed = {"scale": (size.y_um, size.x_um), "units": ("µm", "µm")} if size else {}
    return {"name": info.path.stem, "rgb": info.is_rgb, "axis_labels": ("y", "x"), **placed}
