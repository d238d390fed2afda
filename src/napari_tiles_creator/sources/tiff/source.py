"""TIFF in its forms: strips, tiles, BigTIFF, ImageJ, OME, slides; read by rectangle, decoding only what it touches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import tifffile

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import Opening, SourceInfo
from napari_tiles_creator.sources.headers.choice import check_series
from napari_tiles_creator.sources.tiff.axes import ImageAxes, UnusualOrderError, image_axes
from napari_tiles_creator.sources.tiff.claims import check_metadata, check_page
from napari_tiles_creator.sources.tiff.image import TiffImage
from napari_tiles_creator.sources.tiff.mapped import mapped_source
from napari_tiles_creator.sources.tiff.metadata import metadata_of
from napari_tiles_creator.sources.tiff.notes import notes_of, set_notes
from napari_tiles_creator.sources.tiff.structure import check_structure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.base import Source


def open_file(path: Path, opening: Opening) -> Source:
    """Open a TIFF file; see `registry.open_source`."""
    stream = path.open("rb")
    try:
        check_structure(stream, path)
        file = tifffile.TiffFile(stream)
        if file.pages:
            check_metadata(path.name, file.pages.first)
        series = _picked(file, opening.series, path.name)
        check_page(path.name, series.keyframe)
        _check_whole(file, series, path.name)
        image = TiffImage(path, _pyramid(series))
        try:
            axes = image_axes(path.name, series, opening)
        except UnusualOrderError as order:
            with stream:
                return mapped_source(path, series, order.axes, metadata_of(file, series))
        return TiffSource(path, stream, image, axes, file, series)
    except BaseException:
        stream.close()
        raise


class TiffSource:
    """One image (series) of a TIFF file.

    Parameters
    ----------
    path : Path
        The file.
    stream : binary file
        The same, opened; closed with the source.
    image : TiffImage
        Its pages.
    axes : ImageAxes
        What their axes are.
    file : TiffFile
        Where the metadata is.
    series : TiffPageSeries
        The image in it.
    """

    def __init__(
        self,
        path: Path,
        stream: BinaryIO,
        image: TiffImage,
        axes: ImageAxes,
        file: tifffile.TiffFile,
        series: tifffile.TiffPageSeries,
    ) -> None:
        self._stream, self._image, self._axes = stream, image, axes
        metadata = metadata_of(file, series)
        files = _files_of(path, series)
        notes = [*notes_of(file, series, axes.samples), *metadata.notes]
        if len(files) > 1:
            notes += set_notes(path, files)
        self.info = SourceInfo(
            path=path,
            axes=axes.axes,
            shape=axes.shape,
            dtype=series.dtype.newbyteorder("="),
            pixel_size=metadata.pixel_size,
            pixel_size_from=metadata.pixel_size_from,
            # ImageJ labels every plane of a stack, channels fastest: the first ones name the channels.
            channel_names=metadata.channel_names[: axes.shape[axes.axes.index("C")]] if "C" in axes.axes else (),
            notes=tuple(notes),
            chunk_rows=self._image.chunk_rows,
            chunk_columns=self._image.chunk_columns,
            levels=self._image.level_shapes,
            files=files,
            whole_bytes=image.keep_huge_segments(dict(axes.outer).get("C", 1)),
        )

    @property
    def decoded_segments(self) -> int:
        """Strips or tiles decoded so far: what partial reading costs."""
        return self._image.decoded_segments

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle of one plane; see `Source.read`."""
        pages = self._pages(z, t, channel)
        if self._axes.samples == "C":
            pixels = self._image.read(box, pages[0], self._depth(z), level)
            pixels = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
            return pixels if channel is None else pixels[channel]
        if self._axes.samples == "S":
            return self._image.read(box, pages[0], self._depth(z), level)[..., :3]
        planes = [self._image.read(box, page, self._depth(z), level)[..., 0] for page in pages]
        return np.stack(planes) if channel is None and "C" in self.info.axes else planes[0]

    def uniform_value(
        self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0
    ) -> int | float | None:
        """Return the value of segments that were never written, or are stored once; see `Source.uniform_value`."""
        samples = slice(None)
        if self._axes.samples == "C" and channel is not None:
            samples = slice(channel, channel + 1)
        elif self._axes.samples == "S":
            samples = slice(0, 3)
        found: int | float | None = None
        for page in self._pages(z, t, channel):
            value = self._image.uniform_value(box, page, self._depth(z), level, samples)
            if value is None or (found is not None and value != found):
                return None
            found = value
        return found

    def close(self) -> None:
        """Release the file."""
        self._image.close()
        self._stream.close()

    def _pages(self, z: int, t: int, channel: int | None) -> list[int]:
        """Return the pages of a plane: one, or one a channel."""
        position = {"Z": z, "T": t}
        channels = dict(self._axes.outer).get("C", 1)
        wanted = range(channels) if channel is None else [channel]
        return [self._axes.page({**position, "C": c}) for c in wanted]

    def _depth(self, z: int) -> int:
        """Return the plane inside a page, which may be a volume."""
        return 0 if "Z" in dict(self._axes.outer) else z


def _picked(file: tifffile.TiffFile, number: int, name: str) -> tifffile.TiffPageSeries:
    series = file.series
    if not series:
        raise SourceError(f"{name} cannot be read: it holds no image, it may be cut short")
    check_series(name, number, len(series))
    return series[number]


def _check_whole(file: tifffile.TiffFile, series: tifffile.TiffPageSeries, name: str) -> None:
    """Check that the image is what its file says, no part of it that a library made do with.

    Raises
    ------
    SourceError
        If planes are missing, or its values would have to be calculated.
    """
    if series.transform is not None or series.dtype != series.keyframe.dtype:
        raise SourceError(f"{name}: its values are stored in a scale of their own (gel scanner); save it as plain TIFF")
    if series.kind == "generic" and file.pages.first.is_imagej:
        # What tifffile falls back to where ImageJ's metadata cannot be true.
        raise SourceError(f"{name} is cut short: by its metadata it holds more planes than there are (ImageJ)")


def _files_of(path: Path, series: tifffile.TiffPageSeries) -> tuple[Path, ...]:
    """Return the files whose pages make the image, by name."""
    if not series.is_multifile:
        return (path,)
    names = {page.parent.filehandle.name for page in series if page is not None}
    return tuple(sorted(path.parent / Path(name).name for name in names))


def _pyramid(series: tifffile.TiffPageSeries) -> tuple[tifffile.TiffPageSeries, ...]:
    """Return the levels that go with the full one: the same planes and samples, each smaller than the one before."""
    kept = [series]
    for level in series.levels[1:]:
        same = level.axes == series.axes and level.dtype == series.dtype
        pairs = list(zip(series.axes, series.shape, level.shape, strict=True)) if same else []
        page, before = level.keyframe, kept[-1].keyframe
        is_smaller = 0 < page.imagelength <= before.imagelength and 0 < page.imagewidth <= before.imagewidth
        if not (same and is_smaller and all(a == b for axis, a, b in pairs if axis not in "YX")):
            break
        kept.append(level)
    return tuple(kept)
