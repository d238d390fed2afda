"""Objects of a tile, whatever its labels are."""

import numpy as np
import pytest

from napari_tiles_creator.engine.back.labels.tile_objects import TABLE, objects_of

TILE = np.array([[0, 7, 7, 0], [3, 0, 0, 0], [0, 0, 7, 9]])


@pytest.mark.parametrize(
    ("dtype", "factor"),
    [
        (np.uint8, 28),
        (np.int16, 1),
        (np.int16, 3000),
        (np.int64, TABLE),
        (np.uint32, 1),
        (np.uint32, TABLE),
        (np.uint64, 1),
    ],
)
def test_objects_are_counted_in_the_order_of_their_labels(dtype, factor):
    objects = objects_of((TILE * factor).astype(dtype), 0)
    assert objects.count == 3
    np.testing.assert_array_equal(objects.numbers, [[0, 2, 2, 0], [1, 0, 0, 0], [0, 0, 2, 3]])
    assert objects.areas.tolist() == [1, 3, 1]
    assert objects.bounds.tolist() == [[1, 0, 2, 1], [0, 1, 3, 3], [2, 3, 3, 4]]
    assert objects.on_edges(top=True, left=False, bottom=False, right=False).tolist() == [False, True, False]
    assert objects.on_edges(top=False, left=True, bottom=False, right=True).tolist() == [True, False, True]


@pytest.mark.parametrize("factor", [1, TABLE])
def test_a_tile_without_background(factor):
    objects = objects_of(np.array([[2, 2], [5, 2]], np.int64) * factor, 0)
    np.testing.assert_array_equal(objects.numbers, [[1, 1], [2, 1]])


def test_an_empty_tile_and_one_of_many_objects():
    assert objects_of(np.zeros((4, 4), int), 0).bounds.shape == (0, 4)
    many = objects_of(np.arange(90_000).reshape(300, 300), 0)
    assert many.count == 89_999
    assert many.numbers.max() == 89_999
