"""What a network that errs near the borders of its tiles says of each tile of a field: labels, boxes, probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from stitching.fields import pieces_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.grid import TileGrid
    from stitching.fields import FieldForm


def segmented(form: FieldForm, field: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Return each tile's labels, as a network would have segmented it.

    Outlines are off by about a pixel, near the sides where the image goes on by up to several. Of the objects that are
    cut there and that a neighbour sees whole, some are missed, some split, and some end short of the side. Ids of a
    tile are in a random order of its own.
    """
    grid = form.grid
    return [_segmented(form, field[tile.box.slices], _inner(grid, tile.index), tile.index) for tile in grid]


def inner_distance(shape: tuple[int, int], inner: tuple[bool, bool, bool, bool]) -> NDArray[np.float64]:
    """Return each pixel's distance to the nearest inner side, px from 0; `inner` is top, bottom, left, right."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    sides = (y, shape[0] - 1 - y, x, shape[1] - 1 - x)
    return np.min(
        [side if is_inner else np.full(shape, np.inf) for side, is_inner in zip(sides, inner, strict=True)], 0
    )


def _inner(grid: TileGrid, index: int) -> tuple[bool, bool, bool, bool]:
    tile = grid[index]
    assert tile.row is not None
    assert tile.column is not None
    return (tile.row > 0, tile.row < grid.counts[0] - 1, tile.column > 0, tile.column < grid.counts[1] - 1)


def _segmented(
    form: FieldForm, crop: NDArray[np.int32], inner: tuple[bool, bool, bool, bool], index: int
) -> NDArray[np.int32]:
    random = np.random.default_rng([form.seed, index, 7])
    distance = inner_distance(crop.shape, inner)
    pieces = pieces_of(_shaken(crop, distance, random))
    number = int(pieces.max())
    next_id = number + 1
    for label, place in enumerate(ndimage.find_objects(pieces), 1):
        away = distance[place]
        mask = pieces[place] == label
        # Errors that no copy in another tile could mend would say nothing of those who stitch.
        if away[mask].min() > 0 or away[mask].max() >= form.overlap:
            continue
        fate = random.random()
        if fate < 0.08:
            pieces[place][mask] = 0
        elif fate < 0.16:
            pieces[place][mask & _beyond(mask, random)] = next_id
            next_id += 1
        elif fate < 0.26:
            pieces[place][mask & (away < random.integers(1, 5))] = 0
    return _shuffled(_without_specks(pieces_of(pieces)), random)


def _shaken(crop: NDArray[np.int32], distance: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.int32]:
    """Return the labels with outlines moved: 0.7 px as a standard deviation, 3 px more at an inner side."""
    strength = 0.7 + 3 * np.exp(-distance / 5)
    places = []
    for length, grid in zip(crop.shape, np.mgrid[: crop.shape[0], : crop.shape[1]], strict=True):
        noise = ndimage.gaussian_filter(random.standard_normal(crop.shape), 5)
        moved = grid + strength * noise / noise.std()
        places.append(np.clip(np.rint(moved), 0, length - 1).astype(np.int64))
    return crop[places[0], places[1]]


def _beyond(mask: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.bool_]:
    """Return the half plane beyond a line through the middle of an object."""
    y, x = np.nonzero(mask)
    turn = random.uniform(0, np.pi)
    grid_y, grid_x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    return (grid_y - y.mean()) * np.sin(turn) + (grid_x - x.mean()) * np.cos(turn) > 0


def _without_specks(pieces: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels without what is so small that networks leave it out."""
    return np.where(np.bincount(pieces.ravel())[pieces] < 12, 0, pieces)


def _shuffled(pieces: NDArray[np.int32], random: np.random.Generator) -> NDArray[np.int32]:
    """Return the labels with ids from 1, in random order."""
    ids = np.unique(pieces)
    ids = ids[ids > 0]
    table = np.zeros(int(pieces.max()) + 1, np.int32)
    table[ids] = random.permutation(len(ids)) + 1
    return table[pieces]


def detected(form: FieldForm, field: NDArray[np.int32], tiles: list[NDArray[np.int32]]) -> NDArray[np.float64]:
    """Return the boxes of all tiles' objects.

    Returns
    -------
    detections : array (n, 7)
        Tile, class (0 or 1, that of most of its pixels), score, then y0, x0, y1, x1 in px of the field. Scores are
        between 0.5 and 1; of what is cut by an inner side 0.2 less.
    """
    grid, rows = form.grid, []
    for tile, labels in zip(grid, tiles, strict=True):
        random = np.random.default_rng([form.seed, tile.index, 11])
        distance = inner_distance(labels.shape, _inner(grid, tile.index))
        crop = field[tile.box.slices]
        for label, place in enumerate(ndimage.find_objects(labels), 1):
            if place is None:
                continue
            mask = labels[place] == label
            score = random.uniform(0.5, 1) - (0.2 if distance[place][mask].min() == 0 else 0)
            corners = (place[0].start, place[1].start, place[0].stop, place[1].stop)
            moved = np.add(corners, (tile.box.y, tile.box.x, tile.box.y, tile.box.x))
            rows.append((tile.index, _id_under(crop, place, mask) % 2, score, *moved))
    return np.array(rows)


def _id_under(field: NDArray[np.int32], place: tuple[slice, ...], mask: NDArray[np.bool_]) -> int:
    """Return the id that has most pixels of an object; of its surroundings, where errors have moved it off its own."""
    seen = field[place][mask]
    for margin in (4, 16, 64):
        if seen.any():
            break
        seen = field[tuple(slice(max(0, part.start - margin), part.stop + margin) for part in place)]
    return int(np.bincount(seen[seen > 0]).argmax())


def likely(field: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the probability map that a faultless network would give: 0.5 at outlines, steep over some 10 px."""
    inside = ndimage.distance_transform_edt(field > 0)
    outside = ndimage.distance_transform_edt(field == 0)
    away = np.where(field > 0, inside - 0.5, 0.5 - outside)
    return (1 / (1 + np.exp(-away / 2))).astype(np.float32)


def mapped(form: FieldForm, probabilities: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Return each tile's probabilities: off by 0.01 inside and by up to half near the sides where the image goes on."""
    grid, tiles = form.grid, []
    for tile in grid:
        random = np.random.default_rng([form.seed, tile.index, 13])
        distance = inner_distance(tile.shape, _inner(grid, tile.index))
        noise = ndimage.gaussian_filter(random.standard_normal(tile.shape), 4)
        # Padding pulls a whole border up or down, and the picture that is missing shakes it.
        error = np.exp(-distance / 12) * (random.uniform(-0.3, 0.3) + 0.15 * noise / noise.std())
        error += 0.01 * random.standard_normal(tile.shape)
        tiles.append((probabilities[tile.box.slices] + error).astype(np.float32))
    return tiles
