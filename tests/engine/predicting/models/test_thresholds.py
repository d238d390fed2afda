import numpy as np
import pytest
from skimage.filters import threshold_li, threshold_otsu

from napari_tiles_creator import TileGrid
from napari_tiles_creator.engine.predicting.models.base import TileForm
from napari_tiles_creator.engine.predicting.models.registry import load_model
from napari_tiles_creator.engine.predicting.models.thresholds import sampled, threshold_notes
from napari_tiles_creator.errors import ModelError
from predicted_dataset import field

FORM = TileForm((150, 190), 1, "uint16", 0, 65535)


def cores(image):
    return [image[tile.core.slices] for tile in TileGrid(shape=image.shape[:2], size=64, overlap=16, edge="shift")]


@pytest.mark.parametrize("dtype", ["uint16", "float32", "uint8"])
@pytest.mark.parametrize(("name", "method"), [("otsu", threshold_otsu), ("li", threshold_li)])
def test_one_threshold_for_the_whole_image_is_that_of_scikit_image(name, method, dtype):
    image = field(3)
    image = (image / 4000).astype("float32") if dtype == "float32" else (image // (16 if dtype == "uint8" else 1))
    image = image.astype(dtype)
    model = load_model(name).fitted(iter(cores(image)))
    assert model.threshold == pytest.approx(method(image), rel=1e-5)
    mask = image > method(image)
    found = model.predict(image[None], FORM)
    np.testing.assert_array_equal(found[0, 1] > 0.5, mask)
    np.testing.assert_array_equal(found.sum(axis=1), 1)
    dark = load_model(f"{name}-dark").fitted(iter(cores(image))).predict(image[None], FORM)
    np.testing.assert_array_equal(dark[0, 1] > 0.5, ~mask)


def test_of_colours_the_sum_counts():
    image = np.stack([field(1), field(2), field(3)], axis=-1)
    model = load_model("otsu").fitted(iter(cores(image)))
    total = image.sum(axis=-1, dtype=np.int64)
    assert model.threshold == threshold_otsu(total)
    found = model.predict(image[None], TileForm((150, 190), 3, "uint16", 0, 65535))
    np.testing.assert_array_equal(found[0, 1] > 0.5, total > model.threshold)


def test_pixels_that_are_no_numbers_are_on_neither_side():
    image = (field(3) / 4000).astype(np.float32)
    image[:10] = np.nan
    model = load_model("otsu").fitted(iter(cores(image)))
    assert model.threshold == pytest.approx(threshold_otsu(image[10:]), rel=1e-5)
    assert list(threshold_notes(model, in_colour=False)) == [
        "pixels that are no numbers (NaN) count as background with otsu"
    ]
    assert not load_model("otsu-dark").fitted(iter(cores(image))).predict(image[None], FORM)[0, 1, :10].any()
    assert not model.predict(image[None], FORM)[0, 1, :10].any()
    with pytest.raises(ModelError, match="no pixel of the image holds a number"):
        model.fitted([np.full((8, 8), np.nan, np.float32)])


@pytest.mark.parametrize("name", ["otsu", "li-dark"])
def test_an_image_of_one_value_shows_nothing(name):
    image = np.full((1, 8, 8), 7, np.uint16)
    assert not load_model(name).fitted(iter(image)).predict(image, FORM)[:, 1].any()


def test_of_large_images_an_even_sample_counts():
    parts = np.split(np.arange(1000), [130, 131, 500, 993])
    np.testing.assert_array_equal(sampled(parts, 1000), np.arange(1000))
    found = sampled(parts, 300)
    assert 150 < len(found) <= 300
    assert set(np.diff(found)) <= {1, 2, 3, 4, 5, 6, 7, 8}
    halves = np.histogram(found, [0, 250, 500, 750, 1000])[0]
    assert halves.max() - halves.min() <= 3


def test_tiles_of_several_channels_are_refused():
    with pytest.raises(ModelError, match=r"these have 4 channels.*media\.channel"):
        load_model("li").check(TileForm((64, 64), 4, "uint16", 0, 65535))
