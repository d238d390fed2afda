"""Measure how much of a body a signal covers, in one pass over both files, block by block."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.coverage.counts import counted_by_tile, tiles_of
from napari_tiles_creator.engine.coverage.coverage import Coverage
from napari_tiles_creator.engine.coverage.mask import Mask
from napari_tiles_creator.engine.coverage.outline import Outline
from napari_tiles_creator.engine.coverage.pair import MaskFile, fitting, pixel_size_of
from napari_tiles_creator.engine.planning.chunks import chunk_of
from napari_tiles_creator.engine.steps import MEMORY_BYTES, Progress, Warned, default_workers, in_order
from napari_tiles_creator.errors import PlanError
from napari_tiles_creator.geometry.blocks import block_shape, boxes_of
from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.sources.base import SourceInfo

# Blocks of so many pixels where the chunks of both files allow it: uniform ones are often passed over whole.
WANTED_PX, MOST_PX = 1 << 20, 1 << 23
# More tiles than this would take more memory than the images: 24 bytes each.
MOST_TILES = 1 << 22


@dataclass(frozen=True)
class Request:
    """What is to be measured.

    Parameters
    ----------
    body, signal : MaskFile
        The two masks.
    threshold : float, default 0.1
        Coverage from which on it is positive, 0 to 1.
    size : tuple of int, default (512, 512)
        ``(height, width)`` of a tile, px.
    outline_px : int, default 0
        Longest side of the body in small, 0 for none.
    workers : int or None
        Threads; None is one a processor.
    memory_bytes : int
        Memory for pixels; threads are fewer where chunks are so large that more would not fit.
    """

    body: MaskFile
    signal: MaskFile
    threshold: float = 0.1
    size: tuple[int, int] = (512, 512)
    outline_px: int = 0
    workers: int | None = None
    memory_bytes: int = MEMORY_BYTES


def coverage_steps(request: Request) -> Generator[Warned | Progress, None, Coverage]:
    """Measure a pair; returns the coverage.

    Every chunk of both files is decoded at most once, and not at all where the file tells that it is uniform.

    Yields
    ------
    Warned or Progress
        Warnings first.

    Raises
    ------
    PlanError
        If the two do not fit together, or have several planes.
    SourceError
        If a file cannot be read.
    """
    files = (request.body, request.signal)
    with ExitStack() as stack:
        sources = [stack.enter_context(closing(file.open())) for file in files]
        infos = (sources[0].info, sources[1].info)
        positions = [file.position(info) for file, info in zip(files, infos, strict=True)]
        fitting(files, infos)
        plane = infos[0].plane_shape
        rows, columns = (-(-length // size) for length, size in zip(plane, request.size, strict=True))
        if rows * columns > MOST_TILES:
            raise PlanError(f"{rows} × {columns} tiles are more than can be counted: give a larger --size")
        pixel_size, warning = pixel_size_of(infos)
        for message in (warning, *(_costly(info, request.memory_bytes) for info in infos)):
            if message:
                yield Warned(message)
        block = block_shape(plane, map(chunk_of, infos), WANTED_PX, MOST_PX)
        body, signal = (
            Mask(source, at, file.inverted, block) for source, at, file in zip(sources, positions, files, strict=True)
        )
        outline = Outline(plane, request.outline_px) if request.outline_px else None
        totals = np.zeros((3, rows, columns), np.int64)

        def measured(box: Box) -> tuple[Box, NDArray[np.int64], NDArray[np.bool_] | None]:
            inside_body, inside_signal = body.read(box), signal.read(box)
            counts = [
                counted_by_tile(mask, box, request.size)
                for mask in (inside_body, inside_signal, both(inside_body, inside_signal))
            ]
            return box, np.stack(counts), outline.of(inside_body, box) if outline else None

        done = 0
        boxes = boxes_of(Box(0, 0, *plane), block)
        for box, counts, small in in_order(measured, boxes, _workers(request, infos, block)):
            totals[(slice(None), *tiles_of(box, request.size))] += counts
            if outline is not None and small is not None:
                outline.put(small, box)
            done += box.area
            yield Progress(done, plane[0] * plane[1])
    return Coverage(
        shape=plane,
        size=request.size,
        body=totals[0],
        signal=totals[1],
        inside=totals[2],
        threshold=request.threshold,
        pixel_size=pixel_size,
        outline=outline.pixels if outline else None,
    )


def both(first: NDArray[np.bool_] | bool, second: NDArray[np.bool_] | bool) -> NDArray[np.bool_] | bool:
    """Return what lies inside of two masks."""
    if not isinstance(first, np.ndarray):
        return second if first else False
    if not isinstance(second, np.ndarray):
        return first if second else False
    return first & second


def _costly(info: SourceInfo, memory_bytes: int) -> str:
    """Return a warning about a file that must be decoded as a whole, empty where that costs little."""
    if info.whole_bytes <= memory_bytes // 2:
        return ""
    return (
        f"{info.path.name} cannot be read in parts and takes {info.whole_bytes / 1e9:.1f} GB of memory: "
        f"tiles-creator convert makes a tiled file of it"
    )


def _workers(request: Request, infos: tuple[SourceInfo, SourceInfo], block: tuple[int, int]) -> int:
    """Return how many blocks are read at once: as many as asked for, as far as memory goes."""
    most = request.workers or default_workers()
    read_bytes = 0
    for info in infos:
        height, width = chunk_of(info)
        read_bytes = max(read_bytes, 2 * height * width * info.dtype.itemsize)
    return max(1, min(most, request.memory_bytes // (4 * block[0] * block[1] + read_bytes)))
