"""A mask written as run lengths, band by band."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.steps import Progress
from napari_tiles_creator.errors import ExportError
from napari_tiles_creator.sources.run_lengths.file import write_run_lengths
from napari_tiles_creator.sources.run_lengths.mask_bands import mask_bands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_tiles_creator.engine.convert.request import Request
    from napari_tiles_creator.geometry.run_bands import Piece
    from napari_tiles_creator.sources.base import Source, SourceInfo

# How often progress is told, s.
EVERY_S = 0.2


def refuse_more_than_a_mask(request: Request, info: SourceInfo) -> None:
    """Refuse a source of several planes or colours: run lengths hold one mask.

    Raises
    ------
    ExportError
        If it is one.
    """
    planes = info.length("T") * info.length("Z") * info.length("C") * info.length("S")
    if planes > 1:
        raise ExportError(
            f"{info.path.name} ({info.axes}) holds {planes} planes or colours, {request.target.name} one mask: "
            f"convert to .tif or .zarr"
        )


def mask_steps(source: Source, path: Path) -> Iterator[Progress]:
    """Write a plane to a path: pixels other than 0 are inside; see `convert_steps`."""
    info = source.info
    height, width = info.plane_shape
    done, stop = [0], threading.Event()

    def told() -> Iterator[list[Piece]]:
        for band in mask_bands(source, channel=0 if info.has_channels else None):
            if stop.is_set():
                return
            yield band
            done[0] += band[0].shape[0]

    # The writer asks for the bands: it works in a thread, so that this one can tell how far it is, and stop it.
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_run_lengths, path, info.plane_shape, told(), info.pixel_size)
        try:
            while not wait([writing], EVERY_S).done:
                yield Progress(done[0] * width, height * width)
        finally:
            stop.set()
        writing.result()
    yield Progress(height * width, height * width)
