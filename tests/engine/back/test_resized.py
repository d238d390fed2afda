"""A plane resized in bands is the plane resized at once."""

import numpy as np
import pytest
from skimage.transform import resize

from napari_tiles_creator.engine.back.resized import resized_bands


def bands(image, rows):
    yield from (image[y : y + rows] for y in range(0, len(image), rows))


def at_once(image, new):
    values = resize(image.astype(float), new, order=1, mode="reflect", anti_aliasing=True, preserve_range=True)
    return np.rint(values) if image.dtype.kind == "u" else values


@pytest.mark.parametrize("rows", [1, 7, 64, 1000])
@pytest.mark.parametrize("new", [(211, 97), (70, 350), (500, 333), (127, 201), (1, 1)])
def test_values_are_interpolated_as_at_once(rows, new):
    """Small windows, so that many blocks meet; within a grey level where a half is rounded."""
    image = np.random.default_rng(0).integers(0, 60000, (127, 200), np.uint16)
    made = list(resized_bands(bands(image, rows), image.shape, new, nearest=False, window_bytes=4000))
    assert {band.dtype for band in made} == {np.dtype(np.uint16)}
    made = np.concatenate(made)
    expected = at_once(image, new)
    assert made.shape == new
    assert np.abs(made - expected).max() <= 1
    assert np.count_nonzero(made != expected) <= made.size / 1000


@pytest.mark.parametrize("workers", [1, 3])
def test_blocks_do_not_show(workers):
    """Floats are equal to the last bit, whatever the windows and threads."""
    image = np.random.default_rng(1).random((210, 3000, 2)).astype(np.float32)
    for new in [(140, 2300), (300, 4100)]:
        whole = np.concatenate(list(resized_bands([image], image.shape[:2], new, nearest=False)))
        parts = resized_bands(
            bands(image, 41), image.shape[:2], new, nearest=False, workers=workers, window_bytes=1 << 20
        )
        np.testing.assert_array_equal(np.concatenate(list(parts)), whole)
        expected = resize(image, (*new, 2), order=1, mode="reflect", anti_aliasing=True)
        np.testing.assert_allclose(whole, expected, atol=2e-6)


@pytest.mark.parametrize("new", [(33, 81), (640, 512), (127, 200)])
@pytest.mark.parametrize("dtype", [np.uint32, bool])
def test_labels_take_the_nearest_pixel(new, dtype):
    image = np.random.default_rng(2).integers(0, 2 if dtype is bool else 2**32 - 1, (127, 200)).astype(dtype)
    made = np.concatenate(list(resized_bands(bands(image, 10), image.shape, new, nearest=True, window_bytes=900)))
    rows, columns = (np.floor((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(new, image.shape, strict=True))
    np.testing.assert_array_equal(made, image[np.ix_(rows, columns)])
    assert made.dtype == dtype


def test_a_constant_stays_that_constant():
    for value in (np.float32(0.1), np.uint8(255)):
        image = np.full((90, 110), value)
        made = np.concatenate(list(resized_bands(bands(image, 9), image.shape, (41, 333), nearest=False)))
        assert (made == value).all()
