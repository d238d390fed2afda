"""JPEG tiles: 8 bit, grey and RGB, lossy; colour is kept at full resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.sinks.base import Buffers, TileFacts


def make_sink(compression: str, quality: int) -> JpegSink:
    """Return the sink; see `registry.make_sink`."""
    return JpegSink(quality)


class JpegSink:
    """Writes JPEG of a quality of 1…100."""

    extension = ".jpg"

    def __init__(self, quality: int = 95) -> None:
        self.quality = quality

    def refusal(self, axes: str, channels: int, dtype: str) -> str | None:
        """Return why JPEG cannot hold such tiles, or None."""
        if dtype != "uint8":
            return f"jpg cannot hold {dtype} tiles: use tif, or normalization.dtype uint8"
        if axes == "CYX":
            return f"jpg cannot hold {channels} channels: use tif, or pick one with media.channel"
        return None

    def encode(self, tile: NDArray[Any], facts: TileFacts) -> Buffers:
        """Return the bytes of the file."""
        data: bytes = imagecodecs.jpeg8_encode(np.ascontiguousarray(tile), level=self.quality, subsampling="444")
        return [data]
