"""Write an image in a format that is read by rectangle at any size."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.convert.request import Converted, Request, check_target, layout_of
from napari_tiles_creator.engine.convert.run_lengths import mask_steps, refuse_more_than_a_mask
from napari_tiles_creator.engine.convert.tiled import tiled_steps
from napari_tiles_creator.engine.placing import placed
from napari_tiles_creator.engine.planning.named_file import open_named
from napari_tiles_creator.engine.steps import Progress, Warned

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


def convert_steps(request: Request) -> Generator[Warned | Progress, None, Converted]:
    """Convert one image; returns what was written.

    All planes, channels and colours are kept, and each chunk of the source is decoded once. The result appears under
    its name when it is complete; nothing is ever overwritten.

    Yields
    ------
    Warned or Progress
        Warnings first; pixels are counted over all planes that are read one after the other.

    Raises
    ------
    ExportError
        If the result cannot go there, or its format cannot hold the image.
    SourceError
        If the source cannot be read.
    """
    check_target(request)
    with closing(open_named(request.source, request.media)) as source:
        info = source.info
        if info.whole_bytes > request.memory_bytes:
            size = f"{info.whole_bytes / 1e9:.1f} GB"
            yield Warned(f"{info.path.name} cannot be read in parts: this takes {size} of memory, this once")
        if request.format == "rle":
            refuse_more_than_a_mask(request, info)
            levels: tuple[tuple[int, int], ...] = (info.plane_shape,)
            with placed(request.target) as path:
                yield from mask_steps(source, path)
        else:
            layout = layout_of(request, info)
            levels = layout.shapes
            with placed(request.target) as path:
                yield from tiled_steps(request, source, layout, path)
    return Converted(request.target, request.format, info, levels, _bytes_of(request.target))


def _bytes_of(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
