"""Tiles read ahead in threads, in the order of the plane's rows, all of one type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.steps import in_order

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles


def tiles_shown(tiles: PlaneTiles, workers: int = 1) -> Generator[tuple[int, NDArray[Any]], None, None]:
    """Yield the tiles that are there: from top to bottom, those that begin in one row from left to right.

    Parameters
    ----------
    tiles : PlaneTiles
        Which tiles.
    workers : int, default 1
        Threads that read ahead, a few tiles each.

    Yields
    ------
    number : int
        Number of the tile.
    pixels : array (y, x[, c])
        Its pixels.

    Raises
    ------
    ValueError
        If a tile has not the size of its box, or differs from the first in type or channels.
    """
    order = sorted(range(len(tiles)), key=lambda number: (tiles.boxes[number].y, tiles.boxes[number].x, number))
    first: tuple[int, NDArray[Any]] | None = None
    for number, pixels in zip(order, in_order(tiles.read, order, workers), strict=True):
        if pixels is None:
            continue
        if first is None:
            first = number, pixels[:0]
        box = tiles.boxes[number]
        if pixels.shape[:2] != box.shape:
            raise ValueError(f"tile {number} is {pixels.shape[:2]} px, not {box.shape}")
        if (pixels.dtype, pixels.shape[2:]) != (first[1].dtype, first[1].shape[2:]):
            raise ValueError(f"tile {number} is {_form(pixels)}, tile {first[0]} is {_form(first[1])}: they differ")
        yield number, pixels


def _form(pixels: NDArray[Any]) -> str:
    """Return type and channels in words."""
    channels = f" with {pixels.shape[2]} channels" if pixels.ndim > 2 else ""
    return f"{pixels.dtype}{channels}"
