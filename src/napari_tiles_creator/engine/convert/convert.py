"""Write an image in a format that is read by rectangle at any size: tiled BigTIFF or OME-Zarr, with a pyramid."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.convert import tiff_file, tile_codec, zarr_folder
from napari_tiles_creator.engine.convert.bands import Bands, band_rows
from napari_tiles_creator.engine.convert.halving import level_shapes
from napari_tiles_creator.engine.convert.layout import Layout, Target
from napari_tiles_creator.engine.convert.pyramid import TilePyramid
from napari_tiles_creator.engine.planning.named_file import open_named
from napari_tiles_creator.engine.steps import Progress, Warned
from napari_tiles_creator.errors import ExportError
from napari_tiles_creator.recipe.media import Media

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from napari_tiles_creator.sources.base import SourceInfo

# The smallest level is at most so long, px.
SMALLEST_PX = 1024
TILES = (512, 256, 128)
FORMAT_OF = {".tif": "tif", ".tiff": "tif", ".zarr": "zarr"}
COMPRESSIONS = {"tif": tile_codec.COMPRESSIONS, "zarr": zarr_folder.COMPRESSIONS}


@dataclass(frozen=True)
class Request:
    """What is to be converted.

    Parameters
    ----------
    source : str
        The file; may name an array in it: ``file.h5#/path``.
    target : Path
        Where it goes; its ending tells the format: ``.tif``, ``.tiff`` or ``.zarr``.
    media : Media
        How the file is to be understood; only the fields for that matter.
    pyramid : bool
        Whether smaller levels are written, too.
    labels : bool or None
        Whether smaller levels take the nearest pixel rather than a mean; None means of bits only.
    compression : str or None
        Its name; None takes the format's first.
    workers : int or None
        Threads; None is one a processor.
    memory_bytes : int
        Memory for pixels.
    """

    source: str
    target: Path
    media: Media = Media()
    pyramid: bool = True
    labels: bool | None = None
    compression: str | None = None
    workers: int | None = None
    memory_bytes: int = 512 << 20

    @property
    def format(self) -> str:
        """``tif`` or ``zarr``."""
        return FORMAT_OF.get(self.target.suffix.lower(), "")


@dataclass(frozen=True)
class Converted:
    """What was written.

    Parameters
    ----------
    path : Path
        The file or folder.
    format : str
        ``tif`` or ``zarr``.
    info : SourceInfo
        The source's header.
    levels : tuple of (int, int)
        ``(height, width)`` of the levels, px.
    bytes : int
        Size on disk.
    """

    path: Path
    format: str
    info: SourceInfo
    levels: tuple[tuple[int, int], ...]
    bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``convert --json`` prints."""
        size = self.info.pixel_size
        return {
            "path": str(self.path),
            "format": self.format,
            "axes": self.info.axes,
            "shape": list(self.info.shape),
            "dtype": self.info.dtype.name,
            "pixel_size_um": None if size is None else size.y_um if size.is_square else [size.y_um, size.x_um],
            "levels": [list(shape) for shape in self.levels],
            "bytes": self.bytes,
        }


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
    workers = request.workers or os.cpu_count() or 1
    with ExitStack() as stack:
        source = open_named(request.source, request.media)
        stack.callback(source.close)
        info = source.info
        layout = _layout(request, info)
        rows, once = band_rows(info, layout.tile, request.memory_bytes // 4)
        yield from _warnings(request, info, once)
        target, commit = stack.enter_context(_written(request, layout))
        positions = list(_positions(info))
        height, width = info.plane_shape
        total = len(positions) * height * width
        bands = Bands(source, rows, workers)
        pyramid = TilePyramid(
            layout.shapes,
            bands.planes,
            bands.samples,
            info.dtype,
            tile=layout.tile,
            nearest=info.dtype.kind == "b" or bool(request.labels),
            workers=workers,
        )
        for number, position in enumerate(positions):
            taker = target.at(position)
            at = {axis.lower(): place for axis, place in position.items()}
            for row in pyramid.cut(bands.read(at), taker):
                done = number * height + min((row + 1) * layout.tile, height)
                yield Progress(done * width, total)
        target.finish()
        target.close()
        size = commit()
    return Converted(request.target, request.format, info, layout.shapes, size)


def check_target(request: Request) -> None:
    """Refuse a place that is taken, and a format that is not written.

    Raises
    ------
    ExportError
        If nothing can be written there.
    """
    target, kind = request.target, request.format
    if not kind:
        raise ExportError(f"{target}: images are converted to {', '.join(FORMAT_OF)}: give a name that ends so")
    if os.path.lexists(target):
        raise ExportError(f"{target} is there already and is never overwritten: choose another name, or remove it")
    if not target.parent.is_dir():
        raise ExportError(f"{target}: there is no folder {target.parent}: make it, or choose another place")
    if request.compression not in (None, *COMPRESSIONS[kind]):
        known = ", ".join(COMPRESSIONS[kind])
        raise ExportError(f"--compression {request.compression}: {target.suffix} has {known}")


def _layout(request: Request, info: SourceInfo) -> Layout:
    if request.format == "tif" and info.dtype.name not in tiff_file.TYPES:
        raise ExportError(f"{request.target.name}: OME-TIFF holds no {info.dtype} pixels: convert to .ome.zarr")
    outer = tuple((axis, info.length(axis)) for axis in info.axes if axis in "TCZ")
    shapes = level_shapes(info.plane_shape, SMALLEST_PX) if request.pyramid else (info.plane_shape,)
    row_bytes = info.plane_shape[1] * info.length("C") * info.length("S") * info.dtype.itemsize
    # Two rows of tiles are in memory with a pyramid, and a band that is read.
    fitting = [tile for tile in TILES if 3 * tile * row_bytes <= request.memory_bytes]
    return Layout(
        outer=outer,
        shapes=shapes,
        samples=info.length("S"),
        dtype=info.dtype,
        tile=fitting[0] if fitting else TILES[-1],
        compression=request.compression or COMPRESSIONS[request.format][0],
        pixel_size=info.pixel_size,
        channel_names=info.channel_names,
    )


def _warnings(request: Request, info: SourceInfo, once: bool) -> Iterator[Warned]:
    if info.whole_bytes > request.memory_bytes:
        size = f"{info.whole_bytes / 1e9:.1f} GB"
        yield Warned(f"{info.path.name} cannot be read in parts: this takes {size} of memory, this once")
    if not once:
        yield Warned(f"{info.path.name} has chunks too large for --memory: they are decoded several times")
    if "S" in info.axes and request.format == "zarr":
        yield Warned(f"{request.target.name}: OME-Zarr has no colours: red, green and blue become channels")


def _positions(info: SourceInfo) -> Iterator[dict[str, int]]:
    """Yield the positions on Z and T, in the order of the source's axes: all channels of each are read together."""
    axes = [axis for axis in info.axes if axis in "TZ"]
    for position in product(*(range(info.length(axis)) for axis in axes)):
        yield dict(zip(axes, position, strict=True))


@contextmanager
def _written(request: Request, layout: Layout) -> Iterator[tuple[Target, Any]]:
    """Give a target under a temporary name beside the final one, and what gives it that name; leave nothing else."""
    final = request.target
    temporary = final.with_name(f".{final.name}.{os.getpid()}.part")

    def commit() -> int:
        check_target(request)
        temporary.rename(final)
        return sum(path.stat().st_size for path in (final.rglob("*") if final.is_dir() else [final]) if path.is_file())

    target: Target | None = None
    try:
        if request.format == "tif":
            target = tiff_file.TiffFile(temporary, layout)
        else:
            target = zarr_folder.ZarrFolder(temporary, layout, final.name)
        yield target, commit
    except OSError as error:
        if isinstance(error, (ExportError,)) or error.errno is None:
            raise
        raise ExportError(f"cannot write {final}: {error.strerror}") from error
    finally:
        if target is not None:
            target.close()
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
