"""Which sink writes which format, imported when first needed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.sinks.base import Sink

_MODULE_OF = {"tif": "tiff", "png": "png", "jpg": "jpeg"}
FORMATS = tuple(_MODULE_OF)


def make_sink(format_name: str, compression: str = "none", quality: int = 95) -> Sink:
    """Return the sink of a format.

    Parameters
    ----------
    format_name : str
        One of `FORMATS`.
    compression : str, default "none"
        Lossless compression of TIFF tiles.
    quality : int, default 95
        Quality of JPEG tiles, 1…100.
    """
    module = importlib.import_module(f"napari_tiles_creator.sinks.{_MODULE_OF[format_name]}")
    sink: Sink = module.make_sink(compression, quality)
    return sink
