"""A tile at half its size, for the next level of a pyramid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Types of which four values can be added up without overflow.
WIDER = {"u1": np.uint16, "i1": np.int16, "u2": np.uint32, "i2": np.int32, "u4": np.uint64, "i4": np.int64}


def halved_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Return ``(height, width)`` of half an image, rounded up, px."""
    return -(-shape[0] // 2), -(-shape[1] // 2)


def level_shapes(plane: tuple[int, int], longest_px: int) -> tuple[tuple[int, int], ...]:
    """Return ``(height, width)`` of the levels of a pyramid: the full one first, down to one within a length, px."""
    shapes = [plane]
    while max(shapes[-1]) > longest_px:
        shapes.append(halved_shape(shapes[-1]))
    return tuple(shapes)


def halved(pixels: NDArray[Any], nearest: bool) -> NDArray[Any]:
    """Return pixels at half their size: each stands for a square of two by two, at a border for what there is of it.

    Parameters
    ----------
    pixels : array (planes, y, x, samples)
        Real numbers or bool.
    nearest : bool
        Take the upper left pixel of each square, as masks and labels need it, rather than the mean. The mean of
        integers is rounded, a half up; where one pixel is no number (NaN), so is the mean.

    Returns
    -------
    halved : array (planes, y, x, samples), same dtype
    """
    if nearest:
        return pixels[:, ::2, ::2]
    # The last row and column stand in for what lies beyond: the mean is then that of the pixels there are.
    spare = [(0, length % 2) for length in pixels.shape[1:3]]
    if any(after for _, after in spare):
        pixels = np.pad(pixels, ((0, 0), *spare, (0, 0)), mode="edge")
    corners = [pixels[:, y::2, x::2] for y in (0, 1) for x in (0, 1)]
    if pixels.dtype.kind == "f":
        return _float_mean(corners, pixels.dtype)
    wider = WIDER.get(pixels.dtype.kind + str(pixels.dtype.itemsize))
    if wider is None:
        return _mean_without_overflow(corners)
    total = corners[0].astype(wider)
    for corner in corners[1:]:
        total += corner
    total += wider(2)
    total >>= wider(2)
    mean: NDArray[Any] = total.astype(pixels.dtype)
    return mean


def _float_mean(corners: list[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    # A quarter of each, so that the largest values do not overflow.
    total: NDArray[Any] = corners[0] * dtype.type(0.25)
    for corner in corners[1:]:
        total += corner * dtype.type(0.25)
    return total


def _mean_without_overflow(corners: list[NDArray[Any]]) -> NDArray[Any]:
    """Return the rounded mean of 64-bit integers: of their quarters, and of what the division leaves."""
    left = sum((corner & 3 for corner in corners), np.full_like(corners[0], 2))
    quarters = [corner >> 2 for corner in corners]
    mean: NDArray[Any] = quarters[0] + quarters[1] + quarters[2] + quarters[3] + (left >> 2)
    return mean
