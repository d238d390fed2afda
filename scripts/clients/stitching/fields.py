"""Fields of cells whose truth is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import ndimage

from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["apart", "touching", "large"]


@dataclass(frozen=True)
class FieldForm:
    """What a field is made of.

    Parameters
    ----------
    kind : {"apart", "touching", "large"}
        Cells smaller than the overlap, apart or pressed against each other; or of all sizes, some larger than a tile,
        with long ones that cross several tiles.
    side, size, overlap : int
        Of the field and of its tiles, px. Tiles fit the field exactly, so that every program's grid is the same.
    seed : int
        What everything random follows from.
    """

    kind: Kind
    side: int
    size: int
    overlap: int
    seed: int = 0

    @property
    def grid(self) -> TileGrid:
        """The grid of tiles."""
        grid = TileGrid((self.side, self.side), self.size, self.overlap)
        if (self.side - self.overlap) % (self.size - self.overlap):
            raise ValueError(f"tiles of {self.size} px that share {self.overlap} px do not fit {self.side} px")
        return grid

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.kind}-{self.side}-{self.size}-{self.overlap}-{self.seed}"


def truth(form: FieldForm) -> NDArray[np.int32]:
    """Return the field: a label image, ids from 1, each object in one piece."""
    random = np.random.default_rng([form.seed, form.side, form.overlap, len(form.kind)])
    field = np.zeros((form.side, form.side), np.int32)
    if form.kind == "large":
        masks = [_long(random, form) for _ in range(form.side // form.size * 3)]
        masks += [_blob(random, form.size * factor) for factor in (0.7, 0.6)]
        masks += [_blob(random, form.overlap * random.uniform(0.5, 1.5)) for _ in range(form.side // form.size * 10)]
        masks += [_blob(random, _radius(random, form)) for _ in range(_number(form) // 2)]
    else:
        masks = [_blob(random, _radius(random, form)) for _ in range(_number(form))]
    gap = 0 if form.kind == "touching" else 4
    for mask in masks:
        _place(field, mask, random, gap)
    return _in_one_piece(field)


def _number(form: FieldForm) -> int:
    """Return how many small cells are tried: about as many pixels as the field has, five times that to crowd it."""
    mean = (np.pi * (form.overlap * 0.155) ** 2) * (0.5 if form.kind == "touching" else 3)
    return round(form.side**2 / mean)


def _radius(random: np.random.Generator, form: FieldForm) -> float:
    # The largest extent stays below the overlap less what the blocks of StarDist keep for context.
    return form.overlap * random.uniform(0.09, 0.25)


def _blob(random: np.random.Generator, radius: float) -> NDArray[np.bool_]:
    """Return a star-shaped cell of about this radius, px."""
    reach = int(radius * 1.3) + 2
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    angle, away = np.arctan2(y, x), np.hypot(y, x)
    waves = sum(random.uniform(0, 0.12) / k * np.cos((k + 1) * angle + random.uniform(0, 6.3)) for k in (1, 2, 3))
    return away < radius * (1 + waves)


def _long(random: np.random.Generator, form: FieldForm) -> NDArray[np.bool_]:
    """Return a curved process, two to four tiles long and much thinner than the overlap."""
    length, width = form.size * random.uniform(1.6, 3.2), form.overlap * random.uniform(0.06, 0.12)
    along = np.linspace(0, 1, int(length * 2))
    bend = form.overlap * random.uniform(0.5, 1.2) * np.sin(along * random.uniform(3, 7))
    turn = random.uniform(0, np.pi)
    y = along * length * np.sin(turn) + bend * np.cos(turn)
    x = along * length * np.cos(turn) - bend * np.sin(turn)
    margin = int(width) + 2
    y, x = (np.rint(values - values.min()).astype(int) + margin for values in (y, x))
    line = np.ones((y.max() + margin + 1, x.max() + margin + 1), bool)
    line[y, x] = False
    return ndimage.distance_transform_edt(line) < width


def _place(field: NDArray[np.int32], mask: NDArray[np.bool_], random: np.random.Generator, gap: int) -> None:
    """Draw an object where there is room; with a gap of 0 what is there keeps its pixels, up to a quarter."""
    height, width = mask.shape
    if height >= field.shape[0] or width >= field.shape[1]:
        return
    claimed = ndimage.binary_dilation(mask, iterations=gap) if gap else mask
    for _ in range(12):
        y, x = (int(random.integers(0, side - part)) for side, part in zip(field.shape, mask.shape, strict=True))
        window = field[y : y + height, x : x + width]
        taken = np.count_nonzero(window[claimed])
        if taken == 0 or (gap == 0 and taken < mask.sum() / 4):
            window[mask & (window == 0)] = field.max() + 1
            return


def _in_one_piece(field: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the field with the largest piece of every object, ids from 1."""
    pieces = pieces_of(field)
    areas = np.bincount(pieces.ravel())
    owners = np.zeros(len(areas), np.int64)
    owners[pieces.ravel()] = field.ravel()
    ids = np.zeros(len(areas), np.int32)
    order = np.lexsort((-areas, owners))
    order = order[owners[order] > 0]
    first = order[np.unique(owners[order], return_index=True)[1]]
    ids[first] = np.arange(1, len(first) + 1)
    return ids[pieces]


def pieces_of(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return connected regions of one id, numbered from 1."""
    from skimage.measure import label

    return label(labels, connectivity=1).astype(np.int32)
