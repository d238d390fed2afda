"""Calibrated pixels of one image, read by rectangle, in bands that are kept as long as memory allows.

An image that fits into its share of memory is decoded and rescaled once, whatever reads it how often; of a larger
one the bands used last are kept, so that tiles cut row by row still decode each band about once a pass.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.engine.pixels.resample import Resampler
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import reopen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable
    from types import EllipsisType

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, Plane
    from napari_tiles_creator.recipe.document import Recipe
    from napari_tiles_creator.sources.base import Source

# Pixels of a band of an image that is not rescaled.
BAND_PIXELS = 1 << 21
# Ranges of planes: two numbers a channel, apart from the bands that would push them out.
LIMITS_BYTES = 1 << 20


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    pixels: NDArray[Any] | None = None


class BandCache:
    """Arrays by key, computed once each while they fit; the least recently used go first.

    Parameters
    ----------
    limit_bytes : int
        What the arrays may hold together; the one in use is kept even if it is larger.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._held_bytes = 0

    def get(self, key: Hashable, compute: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array of this key, computing it if no other thread has."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
        with slot.lock:
            pixels = slot.pixels
            if pixels is None:
                pixels = slot.pixels = compute()
                self._make_room(pixels.nbytes)
        return pixels

    def holds(self, key: Hashable) -> bool:
        """Tell whether this array is there already."""
        with self._lock:
            return key in self._slots and self._slots[key].pixels is not None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._slots.clear()
            self._held_bytes = 0

    def _make_room(self, added_bytes: int) -> None:
        with self._lock:
            self._held_bytes += added_bytes
            for key in list(self._slots)[:-1]:
                if self._held_bytes <= self.limit_bytes:
                    break
                pixels = self._slots[key].pixels
                if pixels is not None:
                    self._held_bytes -= pixels.nbytes
                    del self._slots[key]


def calibrated_dtype(image: ImagePlan, recipe: Recipe) -> np.dtype[Any]:
    """Return the type of calibrated pixels: the source's, or float64 where values are interpolated."""
    if image.is_calibrated and recipe.calibration.interpolation != "nearest":
        return np.dtype(np.float64)
    return image.info.dtype


class CalibratedImage:
    """The pixels that tiles are cut from.

    Readable from several threads at once; the file is opened at the first read.

    Parameters
    ----------
    image : ImagePlan
        Which image, and its calibrated shape.
    recipe : Recipe
        How it is opened and rescaled.
    hold_bytes : int
        Memory for pixels that are kept.
    by_box : bool, default False
        For a tile here and there instead of all of them: where the file is cut into chunks and nothing is rescaled,
        read what is asked for and keep nothing, rather than bands of the whole width.
    """

    def __init__(self, image: ImagePlan, recipe: Recipe, hold_bytes: int, *, by_box: bool = False) -> None:
        self.image = image
        self._by_box = by_box and not image.is_calibrated and 0 < image.info.chunk_columns < image.shape[1]
        self._recipe = recipe
        self._media = recipe.media
        calibration = recipe.calibration
        self._resampler = (
            Resampler(image.info.plane_shape, image.shape, calibration.interpolation, calibration.antialias)
            if image.is_calibrated
            else None
        )
        self._cache = BandCache(hold_bytes)
        self._limits = BandCache(LIMITS_BYTES)
        self._lock = threading.Lock()
        self._source: Source | None = None

    @property
    def rows_axis(self) -> int:
        """Which axis of the arrays is y."""
        return 1 if self.image.axes == "CYX" else 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the calibrated pixels."""
        return calibrated_dtype(self.image, self._recipe)

    @property
    def band_rows(self) -> int:
        """Rows of a calibrated band."""
        return self._resampler.band_rows if self._resampler else self._source_band_rows

    def bands(self) -> list[Box]:
        """Return boxes of full width that partition a calibrated plane."""
        height, width = self.image.shape
        rows = self.band_rows
        return [Box.between(y, 0, min(y + rows, height), width) for y in range(0, height, rows)]

    def read(self, plane: Plane, box: Box) -> NDArray[Any]:
        """Read a rectangle of a calibrated plane.

        Parameters
        ----------
        plane : Plane
            Which plane.
        box : Box
            Calibrated pixels, inside the plane.

        Returns
        -------
        pixels : array (y, x), (c, y, x) or (y, x, s), `dtype`; not to be written to

        Raises
        ------
        SourceError
            If the file cannot be read or decoded.
        """
        if self._by_box:
            return self._read_source(plane, box)
        return self._gather(box, self.band_rows, lambda k: self._band(plane, k))

    def find_limits(self, plane: Plane) -> Generator[None, None, None]:
        """Find what interpolated values of a plane are clipped to, a band of the file between each two yields.

        Without this the first rectangle that is read of the plane finds it, at one go.

        Raises
        ------
        SourceError
            If the file cannot be read or decoded.
        """
        if self._resampler is None or not self._resampler.clips or self._limits.holds(plane):
            return
        found = []
        for k in range(self._source_bands):
            found.append(self._band_limits(plane, k))
            yield
        self._limits.get(plane, partial(_joined_limits, found))

    def reads_at_once(self, rows: int) -> int:
        """Return how many rectangles of so many rows, anywhere, can be read at once from bands that are kept."""
        band_bytes = self.band_rows * self.image.shape[1] * self.image.channels * self.dtype.itemsize
        needed = (rows // self.band_rows + 2) * band_bytes
        if self._resampler:
            info = self.image.info
            source_rows = self._source_band_rows
            span = rows * info.plane_shape[0] // self.image.shape[0] + 2 * self._resampler.rows.halo
            needed += (span // source_rows + 2) * source_rows * info.plane_shape[1] * self.image.channels * 8
        return max(1, self._cache.limit_bytes // needed)

    def close(self) -> None:
        """Release the file and the memory."""
        with self._lock:
            if self._source:
                self._source.close()
                self._source = None
        self._cache.clear()

    def _gather(self, box: Box, band_rows: int, band: Callable[[int], NDArray[Any]]) -> NDArray[Any]:
        """Return a rectangle put together from bands of so many rows."""
        parts = []
        for k in range(box.y // band_rows, -(-box.y_stop // band_rows)):
            top = k * band_rows
            rows = slice(max(0, box.y - top), min(band_rows, box.y_stop - top))
            where = (rows, slice(box.x, box.x_stop))
            parts.append(band(k)[(slice(None), *where) if self.rows_axis else where])
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=self.rows_axis)

    def _band(self, plane: Plane, k: int) -> NDArray[Any]:
        if self._resampler is None:
            return self._source_band(plane, k)
        return self._cache.get(("calibrated", plane, k), lambda: self._rescaled(plane, k))

    def _rescaled(self, plane: Plane, k: int) -> NDArray[Any]:
        """Return band `k` of the calibrated plane, all channels or samples."""
        resampler = self._resampler
        assert resampler is not None
        start = k * resampler.band_rows
        stop = min(start + resampler.band_rows, self.image.shape[0])

        def part(where: int | EllipsisType | tuple[EllipsisType, int], channel: int | None) -> NDArray[Any]:
            limits = self._limit(plane, channel)
            return resampler.band(lambda a, b: self._source_rows(plane, a, b)[where], start, stop, limits)

        channels = range(self.image.channels)
        if self.image.axes == "CYX":
            return np.stack([part(c, c) for c in channels])
        if self.image.axes == "YXS":
            return np.stack([part((..., s), None) for s in channels], axis=-1)
        return part(..., None)

    def _limit(self, plane: Plane, channel: int | None) -> tuple[float, float] | None:
        """Return the range of a source plane, to which interpolated values are clipped; RGB has one range."""
        assert self._resampler is not None
        if not self._resampler.clips:
            return None
        limits = self._limits.get(plane, lambda: self._source_limits(plane))
        low, high = limits[0 if channel is None else channel]
        return float(low), float(high)

    def _source_limits(self, plane: Plane) -> NDArray[np.float64]:
        """Return minimum and maximum of a source plane, array (ranges, 2): one range, or one a channel."""
        return _joined_limits([self._band_limits(plane, k) for k in range(self._source_bands)])

    def _band_limits(self, plane: Plane, k: int) -> list[tuple[Any, Any]]:
        band = self._source_band(plane, k)
        parts = list(band) if self.image.axes == "CYX" else [band]
        return [(np.fmin.reduce(part, axis=None), np.fmax.reduce(part, axis=None)) for part in parts]

    @property
    def _source_bands(self) -> int:
        return -(-self.image.info.plane_shape[0] // self._source_band_rows)

    @property
    def _source_band_rows(self) -> int:
        info = self.image.info
        height, width = info.plane_shape
        chunk = info.chunk_rows
        return min(height, max(1, BAND_PIXELS // width // chunk) * chunk)

    def _source_rows(self, plane: Plane, start: int, stop: int) -> NDArray[Any]:
        box = Box.between(start, 0, stop, self.image.info.plane_shape[1])
        return self._gather(box, self._source_band_rows, lambda k: self._source_band(plane, k))

    def _source_band(self, plane: Plane, k: int) -> NDArray[Any]:
        return self._cache.get(("source", plane, k), lambda: self._decoded(plane, k))

    def _decoded(self, plane: Plane, k: int) -> NDArray[Any]:
        height, width = self.image.info.plane_shape
        rows = self._source_band_rows
        return self._read_source(plane, Box.between(k * rows, 0, min((k + 1) * rows, height), width))

    def _read_source(self, plane: Plane, box: Box) -> NDArray[Any]:
        with self._lock:
            if self._source is None:
                self._source = reopen(self.image.info, self._media.series, self._media.rgb)
            source = self._source
        return source.read(box, z=plane.z or 0, t=plane.t or 0, channel=self.image.channel)


def _joined_limits(found: list[list[tuple[Any, Any]]]) -> NDArray[np.float64]:
    """Return minimum and maximum of all bands, array (ranges, 2)."""
    every = np.array(found, np.float64)
    return np.stack([np.fmin.reduce(every[..., 0]), np.fmax.reduce(every[..., 1])], axis=-1)
