"""Label images cut into tiles whose labels have nothing to do with each other, and stitched again."""

import numpy as np

from napari_tiles_creator import cut_array
from napari_tiles_creator.engine.back.labels.rule import StitchRule
from napari_tiles_creator.engine.back.labels.stitch import stitch_steps
from napari_tiles_creator.engine.back.plane_tiles import PlaneTiles
from napari_tiles_creator.engine.steps import result_of


def renumbered(tile, rng, dtype=np.uint32):
    """Return a tile with the same objects under labels drawn at random, far apart."""
    values, inverse = np.unique(tile, return_inverse=True)
    most = np.iinfo(dtype).max
    steps = rng.integers(1, most // (len(values) + 1) + 1, len(values), np.int64)
    names = rng.permutation(np.cumsum(steps))
    names[values == 0] = 0
    return names[inverse].reshape(tile.shape).astype(dtype)


def cut_labels(plane, grid, rng, dtype=np.uint32):
    return [renumbered(tile, rng, dtype) for tile in cut_array(plane, grid)]


def stitched(tiles, grid, workers=1, **rule):
    """Return the plane that tiles are stitched to, and the number of its objects."""
    source = tiles if isinstance(tiles, PlaneTiles) else PlaneTiles.of_arrays(tiles, grid)
    result = result_of(stitch_steps(source, StitchRule(**rule), workers=workers))
    plane = np.concatenate(list(result.bands()))
    assert plane.dtype == result.dtype
    assert plane.shape == source.shape
    # Ids are consecutive, and each is seen.
    assert list(np.unique(plane[plane > 0])) == list(range(1, result.count + 1))
    return plane


def same_partition(first, second):
    """Tell whether two label images hold the same objects, whatever their labels."""
    pairs = np.unique(np.stack([first.reshape(-1).astype(np.int64), second.reshape(-1).astype(np.int64)]), axis=1)
    return all(len(np.unique(side)) == pairs.shape[1] for side in pairs) and ((first == 0) == (second == 0)).all()
