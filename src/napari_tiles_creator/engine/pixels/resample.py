"""Rescale a plane by blocks: each needs only its own source pixels and a halo.

Interpolation is separable, so it is one weighted sum of rows and one of columns. ``cubic`` gives the values of
``skimage.transform.resize(order=3, mode="reflect")``: a B-spline on coefficients from a recursive filter whose
memory fades below 1e-13 within the halo of 24 pixels. ``lanczos`` gives those of Pillow's LANCZOS.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.source_axis import GAUSSIAN_TRUNCATE, LANCZOS_LOBES, SPLINE_HALO

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from napari_tiles_creator.recipe.calibration import Interpolation

# A block has so many rows, and columns, of the source or of the result, whichever are more: enough that its halo costs
# little, few enough for memory.
BLOCK_ROWS, BLOCK_COLUMNS = 512, 2048
# Blocks of a result that is many times smaller need more of the source rather than be smaller than this.
LEAST_BLOCK_SIDE = 32


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

    def matrix(self, start: int, stop: int, first: int, last: int) -> csr_array:
        """Return the taps of new samples as a sparse matrix (stop - start, last - first) over source samples."""
        index, weights = self.taps
        return _sparse(index[:, start:stop] - first, weights[:, start:stop], last - first)

    def block_length(self, wanted: int) -> int:
        """Return the length of a block, new px: fixed for an axis, so that a sample never depends on who asks."""
        length = int(wanted * min(1.0, self.new / self.old)) // LEAST_BLOCK_SIDE * LEAST_BLOCK_SIDE
        return min(max(length, LEAST_BLOCK_SIDE), self.new)

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
    def block_shape(self) -> tuple[int, int]:
        """Height and width of a block, new px: fixed for an image, so that a pixel is the same whoever asks for it."""
        return self.rows.block_length(BLOCK_ROWS), self.columns.block_length(BLOCK_COLUMNS)

    def span_of(self, rows: int, columns: int) -> tuple[int, int]:
        """Return how many source rows and columns, halo included, so many new ones need at most."""
        wanted = zip((rows, columns), (self.rows, self.columns), strict=True)
        spans = [min(axis.old, length * axis.old // axis.new + 8 + 2 * axis.halo) for length, axis in wanted]
        return spans[0], spans[1]

    def source_box(self, block: Box) -> Box:
        """Return the source pixels, halo included, that a block needs."""
        top, bottom = self.rows.source_span(block.y, block.y_stop)
        left, right = self.columns.source_span(block.x, block.x_stop)
        return Box.between(top, left, bottom, right)

    def block(self, pixels: NDArray[Any], span: Box, block: Box) -> NDArray[Any]:
        """Compute a block of the rescaled plane; interpolated values are not clipped to the plane's range yet.

        Parameters
        ----------
        pixels : array (y, x)
            Source pixels of `span`.
        span : Box
            What `source_box` says of the block.
        block : Box
            New pixels, one of the blocks of `block_shape` or a part that begins and ends where these do.

        Returns
        -------
        block : array (y, x), float64, or the source's dtype with ``nearest``
        """
        if self.interpolation == "nearest":
            ys = self.rows.taps[0][0, block.y : block.y_stop] - span.y
            xs = self.columns.taps[0][0, block.x : block.x_stop] - span.x
            return np.ascontiguousarray(pixels[ys][:, xs])
        # Columns first, then rows, each along the contiguous axis: twice as fast as filtering down the columns.
        part = self.columns.prepared(pixels.astype(np.float64))
        part = self.columns.matrix(block.x, block.x_stop, span.x, span.x_stop) @ np.ascontiguousarray(part.T)
        if self.interpolation == "lanczos" and pixels.dtype == np.uint8:
            part = np.clip(np.rint(part), 0, 255)  # as Pillow does between its two passes
        part = np.ascontiguousarray(self.rows.prepared(part).T)
        rows: NDArray[np.float64] = self.rows.matrix(block.y, block.y_stop, span.y, span.y_stop) @ part
        return rows


def _sparse(index: NDArray[np.intp], weights: NDArray[np.float64], old: int) -> csr_array:
    """Return taps (taps, new) as a sparse matrix (new, old)."""
    from scipy.sparse import csr_array

    starts = np.arange(0, weights.size + 1, len(weights))
    return csr_array((weights.T.ravel(), index.T.ravel(), starts), shape=(weights.shape[1], old))
