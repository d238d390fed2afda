"""Rescale a plane by bands of rows: each band needs only its own source rows and a halo.

Interpolation is separable, so it is one weighted sum of rows and one of columns. ``cubic`` gives the values of
``skimage.transform.resize(order=3, mode="reflect")``: a B-spline on coefficients from a recursive filter whose
memory fades below 1e-13 within the halo of 24 pixels. ``lanczos`` gives those of Pillow's LANCZOS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from napari_tiles_creator.recipe.calibration import Interpolation

# The spline filter's pole is sqrt(3) - 2; its 24th power is 2e-14.
SPLINE_HALO = 24
# A band has as many rows as fit into so many pixels: enough that its halo costs little, few enough for memory.
BAND_PIXELS = 1 << 21
MOST_BAND_ROWS, LEAST_BAND_ROWS = 512, 64
GAUSSIAN_TRUNCATE = 4.0  # scipy.ndimage.gaussian_filter's default
LANCZOS_LOBES = 3


@dataclass(frozen=True)
class ResampledAxis:
    """How the samples of one axis come from those of the source.

    Parameters
    ----------
    old, new : int
        Length before and after, px.
    interpolation : Interpolation
        Kind of kernel.
    antialias : bool
        Smooth before shrinking (linear and cubic).
    """

    old: int
    new: int
    interpolation: Interpolation
    antialias: bool

    @property
    def sigma(self) -> float:
        """Standard deviation, px, of scikit-image's Gaussian before shrinking: (old / new - 1) / 2."""
        if not self.antialias or self.interpolation in ("nearest", "lanczos"):
            return 0.0
        return max(0.0, (self.old / self.new - 1) / 2)

    @property
    def halo(self) -> int:
        """Source pixels needed beyond those that the taps touch."""
        spline = SPLINE_HALO if self.interpolation == "cubic" else 0
        return spline + (int(GAUSSIAN_TRUNCATE * self.sigma + 0.5) if self.sigma else 0)

    @cached_property
    def taps(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Source index and weight of each tap: two arrays (taps, new)."""
        if self.interpolation == "lanczos":
            return _lanczos_taps(self.old, self.new)
        if self.interpolation == "nearest":
            i = np.arange(self.new)
            return ((2 * i + 1) * self.old // (2 * self.new))[None], np.ones((1, self.new))
        position = (np.arange(self.new) + 0.5) * (self.old / self.new) - 0.5
        base = np.floor(position).astype(np.intp)
        t = position - base
        if self.interpolation == "linear":
            weights, first = np.stack([1 - t, t]), 0
        else:
            weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]) / 6
            first = -1
        index = base + np.arange(first, first + len(weights))[:, None]
        return _mirrored(index, self.old), weights

    @cached_property
    def matrix(self) -> csr_array:
        """The taps as a sparse matrix (new, old)."""
        return _sparse(*self.taps, self.old)

    def prepared(self, lines: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the taps weigh: lines (n, old) smoothed where shrinking, then as spline coefficients."""
        from scipy import ndimage

        if self.sigma:
            lines = ndimage.gaussian_filter1d(lines, self.sigma, mode="mirror", truncate=GAUSSIAN_TRUNCATE)
        if self.interpolation == "cubic":
            lines = ndimage.spline_filter1d(lines, 3, output=np.float64, mode="mirror")
        return lines

    def source_span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the source samples, halo included, that the new samples ``start…stop`` need."""
        index = self.taps[0][:, start:stop]
        return max(0, int(index.min()) - self.halo), min(self.old, int(index.max()) + 1 + self.halo)


def _mirrored(index: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Return indices reflected about the first and last sample (numpy.pad's ``reflect``)."""
    if length == 1:
        return np.zeros_like(index)
    period = 2 * (length - 1)
    index = np.abs(index) % period
    return np.where(index >= length, period - index, index)


def _lanczos_taps(old: int, new: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return Pillow's taps: a windowed sinc, widened when shrinking, cut off at the border and normalized."""
    stretch = max(1.0, old / new)
    centre = (np.arange(new) + 0.5) * (old / new)
    reach = LANCZOS_LOBES * stretch
    count = int(np.ceil(reach)) * 2 + 1
    first = np.floor(centre - reach + 0.5).astype(np.intp)
    index = first + np.arange(count)[:, None]
    distance = (index + 0.5 - centre) / stretch
    inside = (np.abs(distance) < LANCZOS_LOBES) & (index >= 0) & (index < old)
    weights = np.where(inside, np.sinc(distance) * np.sinc(distance / LANCZOS_LOBES), 0.0)
    return np.clip(index, 0, old - 1), weights / weights.sum(axis=0)


@dataclass(frozen=True)
class Resampler:
    """Rescaling of planes of one shape to another.

    Parameters
    ----------
    old, new : tuple of int
        ``(height, width)`` before and after, px.
    interpolation : Interpolation
        Kind of kernel.
    antialias : bool
        Smooth before shrinking.
    """

    old: tuple[int, int]
    new: tuple[int, int]
    interpolation: Interpolation = "cubic"
    antialias: bool = True

    @cached_property
    def rows(self) -> ResampledAxis:
        """The axis y."""
        return ResampledAxis(self.old[0], self.new[0], self.interpolation, self.antialias)

    @cached_property
    def columns(self) -> ResampledAxis:
        """The axis x."""
        return ResampledAxis(self.old[1], self.new[1], self.interpolation, self.antialias)

    @property
    def clips(self) -> bool:
        """Whether the result is clipped to the source plane's own range, as scikit-image does."""
        return self.interpolation in ("linear", "cubic")

    @property
    def band_rows(self) -> int:
        """Rows of a band: fixed for an image, so that a row has the same value whichever tile asks for it."""
        widest = max(self.old[1], self.new[1])
        return min(MOST_BAND_ROWS, max(LEAST_BAND_ROWS, BAND_PIXELS // widest // 64 * 64))

    def band(
        self,
        read_rows: Callable[[int, int], NDArray[Any]],
        start: int,
        stop: int,
        limits: tuple[float, float] | None = None,
    ) -> NDArray[Any]:
        """Compute the rows ``start…stop`` of the rescaled plane.

        Parameters
        ----------
        read_rows : callable
            Returns the source rows from a first to a last-plus-one, array (y, x).
        start, stop : int
            Multiples of `band_rows`, or the plane's end.
        limits : tuple of float, optional
            Range of the whole source plane, to which the result is clipped.

        Returns
        -------
        rows : array (y, x), float64, or the source's dtype with ``nearest``
        """
        first, last = self.rows.source_span(start, stop)
        part = read_rows(first, last)
        index, weights = self.rows.taps
        index, weights = index[:, start:stop] - first, weights[:, start:stop]
        if self.interpolation == "nearest":
            return np.ascontiguousarray(part[index[0]][:, self.columns.taps[0][0]])
        source_type = part.dtype
        # Columns first, then rows, each along the contiguous axis: twice as fast as filtering down the columns.
        part = self.columns.prepared(part.astype(np.float64))
        part = self.columns.matrix @ np.ascontiguousarray(part.T)
        if self.interpolation == "lanczos" and source_type == np.uint8:
            part = np.clip(np.rint(part), 0, 255)  # as Pillow does between its two passes
        part = np.ascontiguousarray(self.rows.prepared(part).T)
        rows: NDArray[np.float64] = _sparse(index, weights, part.shape[0]) @ part
        if limits is not None and self.clips:
            np.clip(rows, *limits, out=rows)
        return rows


def _sparse(index: NDArray[np.intp], weights: NDArray[np.float64], old: int) -> csr_array:
    """Return taps (taps, new) as a sparse matrix (new, old)."""
    from scipy.sparse import csr_array

    starts = np.arange(0, weights.size + 1, len(weights))
    return csr_array((weights.T.ravel(), index.T.ravel(), starts), shape=(weights.shape[1], old))
