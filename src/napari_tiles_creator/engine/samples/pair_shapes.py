"""Irregular areas of any size that are known without drawing them: where a smooth random function is above a level."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Side of the squares that a mask is drawn and stored in, px.
TILE = 512
# Side of the squares that are looked at on their own: most of a tile that a border crosses is uniform, and products
# this small are not worth several threads to a linear algebra library, whose threads would fight with ours.
BLOCK = 64
# Cells of the function along the longer side: few enough to hold, many enough that one is nearly flat.
CELLS = 1024
# The noise is drawn this much coarser and refined twice, which costs a fraction of smoothing it in full.
COARSER = 4
# Widths of the noise's features as shares of the longer side, and how much each adds to the outline.
FEATURES = ((1 / 31, 1.0), (1 / 80, 0.3), (1 / 190, 0.09))
# Coefficients and weights are whole numbers that float64 sums exactly in any order (19 + 15 + 15 bits of 53), so that
# every processor and linear algebra library draws the same pixels.
COEFFICIENT_UNIT, WEIGHT_UNIT = 1 << 15, 1 << 15

PER_TILE = TILE // BLOCK
EMPTY, FULL, MIXED = 0, 255, -1


@dataclass(frozen=True, eq=False)
class Area:
    """The pixels of a plane where a cubic B-spline lies above a level.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the plane, px.
    coefficients : array (cells + 4, cells + 4), float64
        Coefficients of the spline, whole numbers: one a cell of the plane, and four more.
    level : float
        What a pixel must exceed, in units of ``COEFFICIENT_UNIT * WEIGHT_UNIT ** 2``; no whole number.
    """

    shape: tuple[int, int]
    coefficients: NDArray[np.float64]
    level: float

    @property
    def states(self) -> NDArray[np.int16]:
        """What each tile holds, array (rows, columns): `EMPTY`, `FULL`, or `MIXED` where that takes drawing."""
        return self._survey[0]

    def draw(self, row: int, column: int) -> NDArray[np.uint8]:
        """Return a mixed tile, array (`TILE`, `TILE`), 0 or 255; what lies beyond the plane is 0."""
        inside = np.zeros((TILE, TILE), np.bool_)
        blocks = self._survey[1][row, column]
        for y, x in np.argwhere(blocks != EMPTY):
            down, across = self._rows[row * PER_TILE + y], self._columns[column * PER_TILE + x]
            block = inside[y * BLOCK :, x * BLOCK :][: len(down.weights), : len(across.weights)]
            if blocks[y, x] == FULL:
                block[:] = True
            else:
                held = self.coefficients[down.cells, across.cells]
                np.greater(down.weights @ held @ across.weights.T, self.level, out=block)
        return np.negative(inside.view(np.int8)).view(np.uint8)

    @cached_property
    def _rows(self) -> list[_Weights]:
        return _weights_of_blocks(self.shape[0], max(self.shape))

    @cached_property
    def _columns(self) -> list[_Weights]:
        return _weights_of_blocks(self.shape[1], max(self.shape))

    @cached_property
    def _survey(self) -> tuple[NDArray[np.int16], dict[tuple[int, int], NDArray[np.int16]]]:
        """The states of all tiles, and those of the blocks of each mixed tile."""
        states = np.empty([-(-length // TILE) for length in self.shape], np.int16)
        starts = np.arange(0, len(self._columns), PER_TILE)
        mixed = {}
        for row in range(len(states)):
            low, high = self._bounds(row)
            blocks = np.where(low > self.level, FULL, np.where(high <= self.level, EMPTY, MIXED)).astype(np.int16)
            all_full = np.minimum.reduceat(low.min(axis=0), starts) > self.level
            all_empty = np.maximum.reduceat(high.max(axis=0), starts) <= self.level
            states[row] = np.where(all_full, FULL, np.where(all_empty, EMPTY, MIXED))
            for column in np.flatnonzero(states[row] == MIXED).tolist():
                mixed[row, column] = blocks[:, column * PER_TILE : (column + 1) * PER_TILE].copy()
        return states, mixed

    def _bounds(self, tile_row: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the values of each block of a row of tiles are at least and at most, arrays (rows, columns).

        Inside a block of side h the function differs from the linear interpolation of its corners, which is between
        the least and the greatest of them, by at most h²/8 times the sum of its curvatures.
        """
        top = tile_row * TILE
        corners = _values(
            self.coefficients,
            _borders(top, min(top + TILE, self.shape[0])),
            _borders(0, self.shape[1]),
            max(self.shape),
        )
        rows = np.minimum(corners[1:], corners[:-1]), np.maximum(corners[1:], corners[:-1])
        return (
            np.minimum(rows[0][:, 1:], rows[0][:, :-1]) - self._slack,
            np.maximum(rows[1][:, 1:], rows[1][:, :-1]) + self._slack,
        )

    @cached_property
    def _slack(self) -> float:
        """How much a value may exceed those at the corners of its block."""
        # The second differences of the coefficients bound the second derivatives.
        curvatures = sum(float(np.abs(np.diff(self.coefficients, 2, axis=axis)).max()) for axis in (0, 1))
        side = BLOCK * CELLS / max(self.shape)
        # Rounded, the four weights of an axis are off by at most 3 together: on two axes, at a corner and at a pixel.
        rounding = 2 * 2 * 3 / WEIGHT_UNIT * float(np.abs(self.coefficients).max())
        return (side**2 / 8 * curvatures + rounding) * WEIGHT_UNIT**2


def noise(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return random coefficients for a plane, array (cells + 4, cells + 4); mean about 0, deviation about 1."""
    from scipy import ndimage

    cells = [-(-CELLS * length // max(shape)) for length in shape]
    coarse = [-(-n // COARSER) + 6 for n in cells]
    total = np.zeros(coarse)
    for width, amount in FEATURES:
        layer = ndimage.gaussian_filter(rng.standard_normal(coarse), width * CELLS / COARSER, mode="wrap")
        # What smoothing leaves of the deviation of white noise, so that a small plane is no flatter than a large one.
        total += amount * layer * (2 * np.sqrt(np.pi) * width * CELLS / COARSER)
    for _ in range(2):
        total = _refined(_refined(total).T).T
    return total[: cells[0] + 4, : cells[1] + 4]


def area_above(coefficients: NDArray[np.float64], shape: tuple[int, int], share: float, within: Area | None) -> Area:
    """Return the area of a given size.

    Parameters
    ----------
    coefficients : array
        See `noise`.
    shape : (int, int)
        Height and width of the plane, px.
    share : float
        The share of the plane, or of the area `within`, that the area covers; met to about a part in a thousand.
    within : Area or None
        An area of the same plane.
    """
    rounded = np.rint(coefficients * COEFFICIENT_UNIT)
    values = _looked_at(rounded, shape)
    if within is not None:
        values = values[_looked_at(within.coefficients, shape) > within.level]
    return Area(shape, rounded, float(np.floor(np.quantile(values, 1 - share))) + 0.5)


def _looked_at(coefficients: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the spline at some pixels of the plane, evenly spread; at all of a small one."""
    rows, columns = (2 * np.linspace(0, n - 1, min(n, CELLS)).astype(np.int64) + 1 for n in shape)
    return _values(coefficients, rows, columns, max(shape))


def _values(
    coefficients: NDArray[np.float64], y: NDArray[np.int64], x: NDArray[np.int64], longest: int
) -> NDArray[np.float64]:
    """Return the spline where these rows and columns cross, array (y, x); positions in half pixels."""
    for halves in (y, x):
        index, weights = _weights(halves, longest)
        coefficients = np.add.reduce([weights[:, k, None] * coefficients[index + k] for k in range(4)]).T
    return coefficients


def _borders(start: int, stop: int) -> NDArray[np.int64]:
    """Return where blocks begin and end along an axis, half pixels."""
    return 2 * np.minimum(np.arange(start, stop + BLOCK, BLOCK), stop)


@dataclass(frozen=True, slots=True)
class _Weights:
    """The cells that a block's rows or columns depend on, and by how much: array (pixels, cells)."""

    cells: slice
    weights: NDArray[np.float64]


def _weights_of_blocks(length: int, longest: int) -> list[_Weights]:
    """Return the weights of each block along an axis."""
    index, weights = _weights(2 * np.arange(length) + 1, longest)
    found = []
    for start in range(0, length, BLOCK):
        near, part = index[start : start + BLOCK], weights[start : start + BLOCK]
        first, stop = int(near[0]), int(near[-1]) + 4
        matrix = np.zeros((len(part), stop - first))
        matrix[np.arange(len(part))[:, None], (near - first)[:, None] + np.arange(4)] = part
        found.append(_Weights(slice(first, stop), matrix))
    return found


def _weights(halves: NDArray[np.int64], longest: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the first of the four cells that each position depends on, and their weights, array (n, 4)."""
    index, rest = np.divmod(halves * CELLS, 2 * longest)
    t = rest / (2 * longest)
    basis = [(1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, np.zeros_like(t), t**3 / 6]
    weights = np.rint(np.stack(basis, axis=1) * WEIGHT_UNIT)
    weights[:, 2] = WEIGHT_UNIT - weights.sum(axis=1)
    return index, weights


def _refined(coarse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the coefficients of the same cubic spline on cells of half the height."""
    fine = np.empty((2 * len(coarse) - 3, coarse.shape[1]))
    fine[0::2] = (coarse[:-1] + coarse[1:]) / 2
    fine[1::2] = (coarse[:-2] + 6 * coarse[1:-1] + coarse[2:]) / 8
    return fine
