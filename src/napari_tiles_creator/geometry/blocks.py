"""A plane cut into blocks that follow its chunks, so that little or nothing is decoded twice."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

from napari_tiles_creator.geometry.box import Box

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def block_shape(
    plane: tuple[int, int], chunks: Iterable[tuple[int, int]], wanted_px: int, most_px: int
) -> tuple[int, int]:
    """Return the height and width of blocks that hold whole chunks of one or several sources of a plane.

    Parameters
    ----------
    plane : tuple of int
        ``(height, width)`` of the plane, px.
    chunks : iterable of (int, int)
        ``(height, width)`` of what each source decodes together, px; more than the plane has means all of it.
    wanted_px : int
        Pixels below which a block is enlarged, by whole chunks.
    most_px : int
        Pixels that a block may have to suit all sources at once. Where this is too little, it suits some of them
        alone: the chunks of the others straddle its borders.

    Returns
    -------
    shape : tuple of int
        ``(height, width)`` of a block, px, at most the plane's.
    """
    kept = [(min(rows, plane[0]), min(columns, plane[1])) for rows, columns in chunks]
    heights, widths = (_lengths(lengths, most) for lengths, most in zip(zip(*kept, strict=True), plane, strict=True))
    by_area = sorted(product(heights, widths), key=lambda shape: shape[0] * shape[1], reverse=True)
    height, width = next((shape for shape in by_area if shape[0] * shape[1] <= most_px), by_area[-1])
    width = _enlarged(width, wanted_px // height, plane[1])
    return _enlarged(height, wanted_px // width, plane[0]), width


def boxes_of(plane: Box, shape: tuple[int, int]) -> Iterator[Box]:
    """Yield the boxes of a regular grid, from the plane's own corner, row by row; the last ones may be cut short."""
    height, width = shape
    for y in range(plane.y, plane.y_stop, height):
        for x in range(plane.x, plane.x_stop, width):
            yield Box.between(y, x, min(y + height, plane.y_stop), min(x + width, plane.x_stop))


def boxes_touching(box: Box, shape: tuple[int, int], plane: tuple[int, int]) -> Iterator[Box]:
    """Yield the boxes of a regular grid over a plane, from 0, that share pixels with a box, row by row."""
    height, width = shape
    y, x = box.y // height * height, box.x // width * width
    for whole in boxes_of(Box.between(y, x, box.y_stop, box.x_stop), shape):
        yield Box.between(whole.y, whole.x, min(whole.y + height, plane[0]), min(whole.x + width, plane[1]))


def spanned(wanted: tuple[int, int], shape: tuple[int, int], plane: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of the blocks that rectangles of a size may touch, wherever they lie; px.

    Parameters
    ----------
    wanted : tuple of int
        ``(height, width)`` of a rectangle, px.
    shape : tuple of int
        ``(height, width)`` of a block, px.
    plane : tuple of int
        ``(height, width)`` of the plane, px, which is never exceeded.
    """
    rows, columns = (
        min((length // block + 2) * block, most) for length, block, most in zip(wanted, shape, plane, strict=True)
    )
    return rows, columns


def _lengths(chunks: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Return lengths that suit all chunks of an axis, the longest of them, and the shortest."""
    return min(math.lcm(*chunks), most), max(chunks), min(chunks)


def _enlarged(length: int, wanted: int, most: int) -> int:
    """Return the largest multiple of a length within what is wanted, at least itself, at most all there is."""
    return min(max(1, wanted // length) * length, most)
