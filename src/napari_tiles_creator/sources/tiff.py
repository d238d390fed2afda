"""TIFF in its forms: strips, tiles, BigTIFF, ImageJ, OME; read by rectangle, decoding only what it touches."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import tifffile

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.base import KNOWN_AXES, Opening, SourceInfo
from napari_tiles_creator.sources.tiff_metadata import channel_names, pixel_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

COLOURED = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR)


def open_file(path: Path, opening: Opening) -> TiffSource:
    """Open a TIFF file; see `registry.open_source`."""
    return TiffSource(path, opening)


class TiffSource:
    """One image (series) of a TIFF file.

    Parameters
    ----------
    path : Path
        The file.
    opening : Opening
        How it is to be understood; without `rgb` the file's photometric tag tells whether 3 or 4 samples per pixel
        are colour.

    Attributes
    ----------
    decoded_segments : int
        Strips or tiles decoded so far: what partial reading costs.
    """

    def __init__(self, path: Path, opening: Opening) -> None:
        self._lock = threading.RLock()
        self._others: list[tifffile.FileHandle] = []  # files beside this one that hold some of an OME image's planes
        self.decoded_segments = 0
        try:
            self._file = tifffile.TiffFile(path)
        except tifffile.TiffFileError as error:
            if "not a TIFF file" not in str(error):
                raise
            raise SourceError(f"{path.name} cannot be read: it is no TIFF file, whatever its name says") from error
        try:
            self._series = self._pick(opening.series, path)
            self._levels = _pyramid(self._series)
            self.info = self._describe(path, opening.rgb)
        except BaseException:
            self._file.close()
            raise

    def _pick(self, series: int, path: Path) -> tifffile.TiffPageSeries:
        count = len(self._file.series)
        if not count:
            raise SourceError(f"{path.name} cannot be read: it holds no image, it may be cut short")
        if series >= count:
            raise SourceError(f"{path.name}: has no image {series} (media.series): it holds {count}, from 0")
        return self._file.series[series]

    def _describe(self, path: Path, rgb: bool | None) -> SourceInfo:
        series, page = self._series, self._series.keyframe
        axes = series.axes
        self._samples_are_colour = (
            "S" in axes
            and series.shape[axes.index("S")] in (3, 4)
            and (page.photometric in COLOURED if rgb is None else rgb)
        )
        notes = []
        if len(self._file.series) > 1:
            notes.append(f"it holds {len(self._file.series)} images, of which one is taken (media.series)")
        shape = list(series.shape)
        if "S" in axes:
            at = axes.index("S")
            if not self._samples_are_colour:
                axes = axes.replace("S", "C")
            elif shape[at] == 4:
                shape[at] = 3
                notes.append("its alpha channel is left out")
        # An axis of length 1 that says nothing (a single page, one sample) is dropped.
        kept = [i for i, name in enumerate(axes) if name in KNOWN_AXES or shape[i] > 1]
        axes, shape = "".join(axes[i] for i in kept), [shape[i] for i in kept]
        if self._samples_are_colour and "C" in axes:
            raise SourceError(
                f"{path.name}: axes {axes} {tuple(shape)}: several channels, each in colour, are not read; "
                f"save one channel, or the colours as channels"
            )
        unknown = sorted(set(axes) - set(KNOWN_AXES))
        if unknown or axes.count("C") > 1:
            raise SourceError(
                f"{path.name}: axes {axes} {tuple(shape)}: the file does not say whether these planes are channels, "
                f"depth or time; save it as ImageJ or OME-TIFF"
            )
        if series.dtype.kind not in "uif b":
            raise SourceError(f"{path.name}: {series.dtype} pixels cannot be tiled; save the real part or magnitude")
        size, source = pixel_size(self._file, page)
        return SourceInfo(
            path=path,
            axes=axes,
            shape=tuple(shape),
            dtype=series.dtype.newbyteorder("="),
            pixel_size=size,
            pixel_size_from=source,
            # ImageJ labels every plane of a stack, channels fastest: the first ones name the channels.
            channel_names=channel_names(self._file)[: shape[axes.index("C")]] if "C" in axes else (),
            notes=tuple(notes),
            chunk_rows=self._chunk_rows(page),
            chunk_columns=_chunk_columns(series),
            levels=tuple((level.keyframe.imagelength, level.keyframe.imagewidth) for level in self._levels),
        )

    def _chunk_rows(self, page: tifffile.TiffPage) -> int:
        if _contiguous_at(self._series) is not None:
            return 1
        return page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength)

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle of one plane; see `Source.read`."""
        page_axes = self._page_axes
        in_pages = "C" in self.info.axes and "C" not in page_axes
        if not in_pages:
            pixels = self._read_page(box, self._page_number(z=z, t=t, c=0), level)
            if "C" in page_axes:
                pixels = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
                return pixels if channel is None else pixels[channel]
            return pixels[..., :3] if self.info.is_rgb else pixels[..., 0]
        if channel is not None:
            return self._read_page(box, self._page_number(z=z, t=t, c=channel), level)[..., 0]
        numbers = [self._page_number(z=z, t=t, c=c) for c in range(self.info.length("C"))]
        return np.stack([self._read_page(box, number, level)[..., 0] for number in numbers])

    def close(self) -> None:
        """Release the file."""
        self._file.close()
        for handle in self._others:
            handle.close()

    @property
    def _page_axes(self) -> str:
        """Axes that lie inside one page: rows, columns, and samples under the name this source gives them."""
        inside = "YX"
        if "S" in self._series.axes:
            inside += "S" if self._samples_are_colour else "C"
        return inside

    def _page_number(self, **position: int) -> int:
        """Return the position of a plane among the series' pages, whose order is that of its outer axes."""
        outer = [(a, n) for a, n in zip(self._series.axes, self._series.shape, strict=True) if a not in "YXS"]
        number = 0
        for axis, length in outer:
            number = number * length + position.get(axis.lower(), 0)
        return number

    def _read_page(self, box: Box, number: int, level: int) -> NDArray[Any]:
        """Return a rectangle of a page, array (y, x, samples)."""
        series = self._levels[level]
        offset = _contiguous_at(series)
        try:
            if offset is not None:
                return self._read_contiguous(series, box, number, offset)
            return self._read_segments(series, box, number)
        except (SourceError, MemoryError):
            raise
        except Exception as error:  # codecs raise whatever they like
            raise SourceError(f"{self.info.path.name} cannot be decoded: {' '.join(str(error).split())}") from error

    def _read_contiguous(self, series: tifffile.TiffPageSeries, box: Box, number: int, offset: int) -> NDArray[Any]:
        """Read rows of an uncompressed image that lies in one piece (an ImageJ stack may have one page only)."""
        page = series.keyframe
        height, width = page.imagelength, page.imagewidth
        samples = page.samplesperpixel
        planar = samples > 1 and page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
        stored = series.dtype.newbyteorder(self._file.byteorder)
        inner = 1 if planar else samples
        parts = []
        for plane in range(number * samples, (number + 1) * samples) if planar else [number]:
            first = offset + (plane * height + box.y) * width * inner * stored.itemsize
            shape = (box.height, width, inner)
            if self.info.path.stat().st_size < first + math.prod(shape) * stored.itemsize:
                raise SourceError(f"{self.info.path.name} is cut short: its pixels end before row {box.y_stop}")
            if box.width * 2 > width:
                with self.info.path.open("rb") as file:
                    rows = np.fromfile(file, stored, math.prod(shape), offset=first).reshape(shape)
                part = rows.astype(self.info.dtype, copy=False)[:, box.x : box.x_stop]
            else:  # of wide rows only the pages of the disk that hold the columns are read
                mapped = np.memmap(self.info.path, stored, "r", first, shape)
                part = np.array(mapped[:, box.x : box.x_stop], self.info.dtype)
            parts.append(part)
        return np.concatenate(parts, axis=-1) if planar else parts[0]

    def _read_segments(self, series: tifffile.TiffPageSeries, box: Box, number: int) -> NDArray[Any]:
        """Decode the strips or tiles of a page that touch the box."""
        page = series.pages[number]
        if page is None:
            raise SourceError(f"{self.info.path.name}: plane {number} is missing: is a file that belongs to it?")
        frame = page.keyframe or series.keyframe
        samples = frame.samplesperpixel
        length, width = (
            (frame.tilelength, frame.tilewidth) if frame.is_tiled else (frame.rowsperstrip, frame.imagewidth)
        )
        across, down = -(-frame.imagewidth // width), -(-frame.imagelength // length)
        planes = samples if samples > 1 and frame.planarconfig == tifffile.PLANARCONFIG.SEPARATE else 1
        wanted = [
            (plane * down + row) * across + column
            for plane in range(planes)
            for row in range(box.y // length, -(-box.y_stop // length))
            for column in range(box.x // width, -(-box.x_stop // width))
        ]
        out = np.zeros((*box.shape, samples), self.info.dtype)
        handle = self._handle(page)
        offsets, counts = [page.dataoffsets[i] for i in wanted], [page.databytecounts[i] for i in wanted]
        if any(offset + count > handle.size for offset, count in zip(offsets, counts, strict=True)):
            raise SourceError(f"{self.info.path.name} is cut short: some of its pixels are missing")
        segments = handle.read_segments(offsets, counts, lock=self._lock)
        extra = {"jpegtables": frame.jpegtables, "jpegheader": frame.jpegheader} if frame.jpegtables else {}
        for encoded, position in cast("Iterator[tuple[bytes | None, int]]", segments):
            decoded, (plane, _, y, x, _), shape = frame.decode(encoded, wanted[position], **extra)
            self.decoded_segments += 1
            if decoded is None:  # a segment that was never written
                out_value: Any = frame.nodata
                decoded = np.full(shape, out_value, self.info.dtype)
            part = Box(y, x, shape[1], shape[2]).intersection(box)
            target = part.moved(-box.y, -box.x).slices
            held = decoded[0][part.moved(-y, -x).slices]
            out[(*target, slice(plane, plane + held.shape[-1]))] = held
        return out

    def _handle(self, page: tifffile.TiffPage | tifffile.TiffFrame) -> tifffile.FileHandle:
        """Return the open file that holds a page: an OME image may lie in several files."""
        handle = page.parent.filehandle
        with self._lock:
            if handle.closed:
                handle.open()
                self._others.append(handle)
        return handle


def _contiguous_at(series: tifffile.TiffPageSeries) -> int | None:
    """Return where the pixels begin if they lie uncompressed and in one piece in the file."""
    return None if series.is_multifile else series.dataoffset


def _chunk_columns(series: tifffile.TiffPageSeries) -> int:
    """Return the columns that are read together, 0 for whole rows."""
    if _contiguous_at(series) is not None:
        return 1
    return series.keyframe.tilewidth if series.keyframe.is_tiled else 0


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
