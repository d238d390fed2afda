"""Stored tiles: each once, in order, and their contents are their pixels."""

import zlib

import numpy as np

from napari_tiles_creator.engine.samples.pair_shapes import EMPTY, FULL, MIXED, TILE, area_above, noise
from napari_tiles_creator.engine.samples.pair_tiles import stored_tiles


def test_every_tile_once_in_order_and_equal_ones_share_their_bytes():
    shape = (9000, 8000)
    area = area_above(noise(np.random.default_rng(2), shape), shape, 0.25, None)
    tiles = list(stored_tiles(area))
    assert [(tile.row, tile.column) for tile in tiles] == [(y, x) for y in range(18) for x in range(16)]
    for tile in tiles:
        pixels = np.frombuffer(zlib.decompress(tile.content), np.uint8).reshape(TILE, TILE)
        inside = pixels[: 9000 - tile.row * TILE, : 8000 - tile.column * TILE]
        if tile.state == MIXED:
            assert set(np.unique(inside)) == {0, 255}
            np.testing.assert_array_equal(pixels, area.draw(tile.row, tile.column))
        else:
            assert np.all(inside == tile.state)
    for state in (EMPTY, FULL):
        assert len({id(tile.content) for tile in tiles if tile.state == state}) == 1
