"""A made-up slide of any size: every pixel follows from where it is, so that any part can be computed alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE_PX = 100_000
PIXEL_SIZE_UM = 0.325
CHUNK_PX = 512
COARSEST_PX = 1024
# Cells lie in a lattice of so many pixels, each somewhere in its place.
LATTICE_PX = 96
RADIUS_PX = (10.0, 26.0)
# Where a pixel is larger than this, cells cannot be told apart: their mean stands for them.
FINEST_MEAN_PX = 64
MEAN_LIGHT = 0.074
BRIGHTEST = 4095


def pyramid(side_px: int = SIDE_PX) -> list[Any]:
    """Return the levels, dask arrays (y, x) of uint16, each half of the one before; computes nothing."""
    import dask.array as da

    levels, step, side = [], 1, side_px
    while True:
        chunks = tuple(min(CHUNK_PX, side - start) for start in range(0, side, CHUNK_PX))
        compute = partial(_block, step=step, side_px=side_px, side=side)
        blocks: Any = da.map_blocks  # dask has no types
        levels.append(blocks(compute, chunks=(chunks, chunks), dtype=np.uint16, meta=np.empty((0, 0), np.uint16)))
        if side <= COARSEST_PX:
            return levels
        step, side = step * 2, -(-side // 2)


def _block(*, step: int, side_px: int, side: int, block_id: tuple[int, int]) -> NDArray[np.uint16]:
    y, x = (np.arange(b * CHUNK_PX, min((b + 1) * CHUNK_PX, side)) for b in block_id)
    return pixels(y * step + (step - 1) / 2, x * step + (step - 1) / 2, step, side_px)


def pixels(y: NDArray[Any], x: NDArray[Any], step: int, side_px: int) -> NDArray[np.uint16]:
    """Return the pixels at these rows and columns, array (y, x).

    Parameters
    ----------
    y, x : array (n,)
        Centres of the pixels, in pixels of the full plane.
    step : int
        Side of such a pixel.
    side_px : int
        Side of the full plane.
    """
    y, x = np.asarray(y, np.float32)[:, None], np.asarray(x, np.float32)[None, :]
    tissue = _tissue(y / side_px, x / side_px)
    cells = MEAN_LIGHT if step >= FINEST_MEAN_PX else _cells(y, x)
    light = 0.05 + tissue * (0.18 + 0.77 * cells)
    return np.rint(np.clip(light, 0, 1) * BRIGHTEST).astype(np.uint16)


def _tissue(v: NDArray[Any], u: NDArray[Any]) -> NDArray[np.float32]:
    """Return how much tissue there is, 0…1: a round section with folds."""
    angle = np.arctan2(v - 0.5, u - 0.5)
    edge = 0.4 + 0.03 * np.sin(3 * angle + 1) + 0.015 * np.sin(7 * angle)
    inside = np.clip((edge - np.hypot(v - 0.5, u - 0.5)) * 120, 0, 1)
    folds = 0.75 + 0.25 * np.sin(23 * u + 4 * np.sin(9 * v)) * np.sin(19 * v + 3 * np.sin(11 * u))
    tissue: NDArray[np.float32] = (inside * folds).astype(np.float32)
    return tissue


def _cells(y: NDArray[np.float32], x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the light of the cells at each pixel, 0…1; a cell reaches into the places beside its own."""
    row, column = (np.floor(places / LATTICE_PX).astype(np.int64) for places in (y, x))
    first_row, first_column = int(row.min()) - 1, int(column.min()) - 1
    rows = np.arange(first_row, int(row.max()) + 2)[:, None]
    columns = np.arange(first_column, int(column.max()) + 2)[None, :]
    seed = _scrambled(rows * 73_856_093 ^ columns * 19_349_663)
    low, high = RADIUS_PX
    centre_y = (rows + _share(seed, 0)).astype(np.float32) * LATTICE_PX
    centre_x = (columns + _share(seed, 10)).astype(np.float32) * LATTICE_PX
    sharpness = (low + (high - low) * _share(seed, 20)) ** -2
    light = 0.3 + 0.7 * _share(seed, 30)
    cells = np.zeros((y.size, x.size), np.float32)
    for down in range(3):
        for across in range(3):
            at = (row - first_row - 1 + down, column - first_column - 1 + across)
            distance = ((y - centre_y[at]) ** 2 + (x - centre_x[at]) ** 2) * sharpness[at]
            np.maximum(cells, light[at] * np.exp(-distance), out=cells)
    return cells


def _scrambled(numbers: NDArray[Any]) -> NDArray[np.uint64]:
    """Return numbers without any likeness to their neighbours' (the finalizer of splitmix64)."""
    mixed = numbers.astype(np.uint64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _share(seed: NDArray[np.uint64], bit: int) -> NDArray[np.float32]:
    """Return ten bits of a seed as 0…1."""
    return ((seed >> np.uint64(bit)) & np.uint64(1023)).astype(np.float32) / np.float32(1024)
