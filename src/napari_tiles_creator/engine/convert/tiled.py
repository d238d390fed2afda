"""An image written as tiles in all sizes: BigTIFF or OME-Zarr."""

from __future__ import annotations

from contextlib import closing
from itertools import product
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.convert.bands import Bands, band_rows
from napari_tiles_creator.engine.image_files.pyramid import TilePyramid
from napari_tiles_creator.engine.image_files.tiff_file import TiffFile
from napari_tiles_creator.engine.image_files.zarr_folder import ZarrFolder
from napari_tiles_creator.engine.steps import Progress, Warned, default_workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_tiles_creator.engine.convert.request import Request
    from napari_tiles_creator.engine.image_files.layout import Layout
    from napari_tiles_creator.sources.base import Source, SourceInfo


def tiled_steps(request: Request, source: Source, layout: Layout, path: Path) -> Iterator[Warned | Progress]:
    """Write all planes of a source in all sizes to a path; see `convert_steps`."""
    info, workers = source.info, request.workers or default_workers()
    rows, once = band_rows(info, layout.tile, request.memory_bytes // 4)
    if not once:
        yield Warned(f"{info.path.name} has chunks too large for --memory: they are decoded several times")
    if info.is_rgb and request.format == "zarr":
        yield Warned(f"{request.target.name}: OME-Zarr has no colours: red, green and blue become channels")
    bands = Bands(source, rows, workers)
    pyramid = TilePyramid(
        layout.shapes,
        bands.planes,
        bands.samples,
        info.dtype,
        tile=layout.tile,
        nearest=info.dtype.kind == "b" or request.labels,
        workers=workers,
    )
    positions = list(_positions(info))
    height, width = info.plane_shape
    made = TiffFile(path, layout) if request.format == "tif" else ZarrFolder(path, layout, request.target.name)
    with closing(made) as target:
        for number, position in enumerate(positions):
            taker = target.at(position)
            at = {axis.lower(): place for axis, place in position.items()}
            for row in pyramid.cut(bands.read(at), taker):
                done = number * height + min((row + 1) * layout.tile, height)
                yield Progress(done * width, len(positions) * height * width)
        target.finish()


def _positions(info: SourceInfo) -> Iterator[dict[str, int]]:
    """Yield the positions on Z and T, in the order of the source's axes: all channels of each are read together."""
    axes = [axis for axis in info.axes if axis in "TZ"]
    for position in product(*(range(info.length(axis)) for axis in axes)):
        yield dict(zip(axes, position, strict=True))
