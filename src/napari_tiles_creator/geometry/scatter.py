"""Random positions of tiles: anywhere, or one in each cell of a coarse grid.

The draws of a source depend on the seed and on that source alone, so that adding another file to a
folder moves no tile of this one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.grid import pair
from napari_tiles_creator.geometry.tile import Tile

if TYPE_CHECKING:
    from collections.abc import Iterator

ScatterKind = Literal["random", "jittered"]
TRIES_PER_TILE = 200


@dataclass(frozen=True)
class TileScatter:
    """Tiles at random places of one plane.

    Parameters
    ----------
    shape : tuple of int
        ``(height, width)`` of the plane, px. Where it is smaller than the tile, the tile starts at 0
        and is padded.
    boxes : tuple of Box
        Where the tiles lie.
    size : tuple of int
        ``(height, width)`` of a tile, px.
    """

    shape: tuple[int, int]
    size: tuple[int, int]
    boxes: tuple[Box, ...]

    @property
    def covered(self) -> int:
        """Pixels of the plane that lie in at least one tile."""
        return covered_area(self.boxes)

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: int) -> Tile:
        box = self.boxes[index]
        height, width = self.size
        return Tile(
            index=index % len(self.boxes),
            row=None,
            column=None,
            box=box,
            core=box,
            pad_bottom=height - box.height,
            pad_right=width - box.width,
        )

    def __iter__(self) -> Iterator[Tile]:
        return (self[index] for index in range(len(self)))

    def tile_under(self, y: float, x: float) -> Tile:
        """Return the tile whose centre is nearest to this point, among those that hold it if any do."""
        holding = [i for i, box in enumerate(self.boxes) if box.holds(y, x)]

        def distance(i: int) -> float:
            box = self.boxes[i]
            return math.hypot(box.y + box.height / 2 - y, box.x + box.width / 2 - x)

        return self[min(holding or range(len(self)), key=distance)]


def scatter(
    shape: tuple[int, int],
    size: int | tuple[int, int],
    count: int,
    *,
    kind: ScatterKind = "random",
    seed: tuple[int, ...] = (0,),
    max_overlap: float = 1.0,
) -> TileScatter:
    """Draw the positions of `count` tiles.

    Parameters
    ----------
    shape : tuple of int
        ``(height, width)`` of the plane, px.
    size : int or tuple of int
        Tile size, px.
    count : int
        Number of tiles. ``jittered`` draws one in each cell of a k × k grid of cells, k = ceil(√count), row by
        row: the next square number of tiles where `count` is none.
    kind : {"random", "jittered"}
        Anywhere, or one in each cell.
    seed : tuple of int
        Entropy of the draw.
    max_overlap : float, default 1.0
        Largest share of a tile that another may cover, 0…1 (``random`` only). Fewer than `count` tiles
        come back where no more fit after `TRIES_PER_TILE` tries each.

    Raises
    ------
    ValueError
        If a cell of the jittered grid is smaller than a tile.
    """
    height, width = pair(size)
    rng = np.random.default_rng(seed)
    if kind == "jittered":
        boxes = _jittered(shape, (height, width), count, rng)
    else:
        boxes = _random(shape, (height, width), count, rng, max_overlap)
    return TileScatter(shape=shape, size=(height, width), boxes=tuple(boxes))


def _random(
    shape: tuple[int, int], size: tuple[int, int], count: int, rng: np.random.Generator, max_overlap: float
) -> list[Box]:
    room_y, room_x = (max(0, length - s) for length, s in zip(shape, size, strict=True))
    inside = (min(shape[0], size[0]), min(shape[1], size[1]))
    if max_overlap >= 1:
        ys = rng.integers(0, room_y, count, endpoint=True).tolist()
        xs = rng.integers(0, room_x, count, endpoint=True).tolist()
        return [Box(y, x, *inside) for y, x in zip(ys, xs, strict=True)]
    limit = max_overlap * inside[0] * inside[1]
    kept = np.empty((0, 2), np.int64)
    for _ in range(count):
        for _try in range(TRIES_PER_TILE):
            start = np.array([rng.integers(0, room_y, endpoint=True), rng.integers(0, room_x, endpoint=True)])
            shared = np.clip(np.array(inside) - np.abs(kept - start), 0, None)
            if not (shared[:, 0] * shared[:, 1] > limit).any():
                kept = np.vstack([kept, start])
                break
        else:
            break
    return [Box(int(y), int(x), *inside) for y, x in kept]


def _jittered(shape: tuple[int, int], size: tuple[int, int], count: int, rng: np.random.Generator) -> list[Box]:
    cells = math.isqrt(count - 1) + 1 if count else 0
    boxes = []
    for i in range(cells * cells):
        start = []
        for length, side, cell in zip(shape, size, divmod(i, cells), strict=True):
            first, last = cell * length // cells, (cell + 1) * length // cells
            if last - first < side:
                raise ValueError(
                    f"{count} jittered tiles need {cells} × {cells} cells; one of {last - first} px "
                    f"is smaller than a tile of {side} px"
                )
            start.append(int(rng.integers(first, last - side, endpoint=True)))
        boxes.append(Box(start[0], start[1], *size))
    return boxes


def covered_area(boxes: tuple[Box, ...]) -> int:
    """Return the number of pixels in the union of the boxes: a line sweeps over the rows where boxes begin and end."""
    if not boxes:
        return 0
    xs = np.unique([edge for box in boxes for edge in (box.x, box.x_stop)])
    widths = np.diff(xs)
    over = np.zeros(len(widths), np.int64)  # boxes over each stretch of the line
    turns = sorted([(box.y, 1, box) for box in boxes] + [(box.y_stop, -1, box) for box in boxes])
    area = 0
    for (y, change, box), (next_y, _, _) in pairwise(turns):
        first, last = np.searchsorted(xs, (box.x, box.x_stop))
        over[first:last] += change
        if next_y > y:
            area += (next_y - y) * int(widths[over > 0].sum())
    return area
