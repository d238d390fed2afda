"""Cells with known outlines, and tiles of them as a model shows them: worse towards the borders."""

import numpy as np
import scipy.ndimage

from napari_tiles_creator import cut_array


def cells(side, pitch=30, seed=0):
    """Return touching cells of 16 to 26 px across, array (side, side) of their ids."""
    rng = np.random.default_rng(seed)
    plane = np.zeros((side, side), np.int32)
    yy, xx = np.mgrid[:side, :side]
    number = 0
    for y in range(pitch // 2, side, pitch):
        for x in range(pitch // 2, side, pitch):
            cy, cx = np.array([y, x]) + rng.integers(-4, 5, 2)
            ry, rx = rng.uniform(8, 13, 2)
            angle = rng.uniform(0, np.pi)
            part = np.s_[max(0, y - 22) : y + 22, max(0, x - 22) : x + 22]
            dy, dx = yy[part] - cy, xx[part] - cx
            u, v = dy * np.cos(angle) + dx * np.sin(angle), dx * np.cos(angle) - dy * np.sin(angle)
            inside = ((u / ry) ** 2 + (v / rx) ** 2 <= 1) & (plane[part] == 0)
            if inside.sum() > 30:
                number += 1
                plane[part][inside] = number
    return plane


def predicted(plane, grid, seed=0, eroded=3, noise=1.5):
    """Return what a model might make of each tile.

    Outlines go in and out by some pixels, and within `eroded` pixels of the tile's border nothing of the inside is
    seen of the objects that reach it but now and then.
    """
    rng = np.random.default_rng(seed)
    tiles = []
    for tile in cut_array(plane, grid):
        shift = scipy.ndimage.gaussian_filter(rng.normal(size=(2, *tile.shape)), (0, 3, 3))
        shift *= noise / shift.std()
        ys, xs = np.indices(tile.shape) + shift
        moved = scipy.ndimage.map_coordinates(tile, (ys, xs), order=0, mode="nearest")
        lost = rng.random(tile.shape) < 0.5
        lost[eroded:-eroded, eroded:-eroded] = False
        moved[lost] = 0
        tiles.append(_whole_pieces(moved, rng))
    return tiles


def _whole_pieces(labels, rng):
    """Return labels under new names, each only its largest piece."""
    out = np.zeros_like(labels)
    for number, part in enumerate(scipy.ndimage.find_objects(labels), start=1):
        if part is None:
            continue
        pieces, count = scipy.ndimage.label(labels[part] == number)
        if count:
            sizes = np.bincount(pieces.reshape(-1))[1:]
            out[part][pieces == sizes.argmax() + 1] = number
    names = np.concatenate([[0], rng.permutation(labels.max()) + 1])
    return names[out]


def ious(truth, found):
    """Return for each true object the best IoU with a found one, array (objects,)."""
    pairs, shared = np.unique(np.stack([truth.reshape(-1), found.reshape(-1)]), axis=1, return_counts=True)
    areas = [np.bincount(plane.reshape(-1)) for plane in (truth, found)]
    values = shared / (areas[0][pairs[0]] + areas[1][pairs[1]] - shared)
    best = np.zeros(truth.max() + 1)
    both = (pairs > 0).all(axis=0)
    np.maximum.at(best, pairs[0][both], values[both])
    return best[1:]
