"""Results of tiles, asked for in any order and from several threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.segmenting.predictions import Predictions
from napari_tiles_creator.engine.segmenting.watched import StoppedError
from napari_tiles_creator.errors import ModelError
from napari_tiles_creator.geometry.grid import TileGrid
from small_models import Bright

GRID = TileGrid((100, 170), (32, 48), (8, 12), "pad")
FORM = TileForm((32, 48), 1, "float32", 0.0, 1.0)
IMAGE = np.random.default_rng(0).random((140, 230), np.float32)


def cut(number):
    box = GRID[number].box
    return IMAGE[box.y : box.y + 32, box.x : box.x + 48]


class Counting(Bright):
    """Counts the tiles that it is given, and fails at one of them."""

    tiles, fails_at = 0, None

    def predict(self, tiles, form):
        self.tiles += len(tiles)
        if self.fails_at is not None and self.tiles > self.fails_at:
            raise ModelError("it failed")
        return super().predict(tiles, form)


def predictions(model, workers=2):
    return Predictions(GRID, cut, model, FORM, wanted=1, workers=workers)


@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("threads", [1, 3])
def test_each_tile_is_predicted_once(workers, threads):
    model = Counting()
    made = predictions(model, workers)
    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(made.read, range(len(GRID))))
    made.close()
    assert model.tiles == len(GRID)
    for tile, result in zip(GRID, results, strict=True):
        assert result.shape == tile.box.shape
        np.testing.assert_array_equal(result, IMAGE[tile.box.slices])


def test_any_order_gives_the_same():
    made = predictions(Bright())
    order = np.random.default_rng(1).permutation(len(GRID))
    for number in [*order, *order[::-1]]:
        np.testing.assert_array_equal(made.read(int(number)), IMAGE[GRID[int(number)].box.slices])


def test_who_asks_after_a_failure_is_told_the_same():
    model = Counting()
    model.fails_at = 4
    made = predictions(model)
    made.read(0)
    for _ in range(3):
        with pytest.raises(ModelError, match="it failed"):
            made.read(4)


def test_another_number_of_classes_is_refused():
    class Fickle(Counting):
        def predict(self, tiles, form):
            found = super().predict(tiles, form)
            return found if self.tiles < 6 else np.concatenate([found, found], axis=1)

    made = predictions(Fickle())
    made.read(0)
    with pytest.raises(ModelError, match="2 classes for some tiles and 4 for others"):
        made.read(5)


def test_what_is_stopped_predicts_no_more():
    model = Counting(batch=1)
    made = predictions(model)
    made.read(0)
    made.stop()
    with pytest.raises(StoppedError):
        made.read(1)
    made.close()
    with pytest.raises(StoppedError):
        made.read(1)
    assert model.tiles == 1
