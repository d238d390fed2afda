"""Rescaling, in blocks, against scikit-image on the whole plane and against Pillow."""

import warnings

import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.transform import resize

from napari_tiles_creator.engine.pixels import resample
from napari_tiles_creator.engine.pixels.resample import Resampler
from napari_tiles_creator.geometry.blocks import boxes_of
from napari_tiles_creator.geometry.box import Box


def rescaled(image: np.ndarray, new: tuple[int, int], interpolation: str, antialias: bool) -> np.ndarray:
    """Return the whole plane put together from the blocks that the resampler asks for."""
    resampler = Resampler(image.shape, new, interpolation, antialias)
    out = np.empty(new, image.dtype if interpolation == "nearest" else np.float64)
    for block in boxes_of(Box(0, 0, *new), resampler.block_shape):
        span = resampler.source_box(block)
        out[block.slices] = resampler.block(image[span.slices], span, block)
    return np.clip(out, image.min(), image.max()) if resampler.clips else out


@pytest.fixture(params=["one block a row", "many blocks a row"], autouse=True)
def _blocks(request, monkeypatch):
    """Images as small as these are cut into many blocks, too."""
    if request.param == "many blocks a row":
        monkeypatch.setattr(resample, "BLOCK_ROWS", 48)
        monkeypatch.setattr(resample, "BLOCK_COLUMNS", 64)


def by_skimage(image: np.ndarray, new: tuple[int, int], order: int, antialias: bool) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy's remarks on zooming to one pixel
        return resize(
            image.astype(np.float64),
            new,
            order=order,
            mode="reflect",
            preserve_range=True,
            anti_aliasing=antialias,
        )


def assert_equal_to_skimage(image, new, interpolation, antialias):
    expected = by_skimage(image, new, {"linear": 1, "cubic": 3}[interpolation], antialias)
    found = rescaled(image, new, interpolation, antialias)
    assert found.shape == new
    span = float(image.max()) - float(image.min()) or 1.0
    assert np.abs(found - expected).max() <= 1e-6 * span
    assert found.min() >= image.min()
    assert found.max() <= image.max()


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 65535, (height, width), np.uint16, endpoint=True)


SIZES = [
    pytest.param((64, 64), (128, 128), id="doubled"),
    pytest.param((100, 80), (154, 123), id="0.5 to 0.325 µm"),
    pytest.param((120, 90), (60, 45), id="halved"),
    pytest.param((120, 90), (37, 31), id="to a third, crooked"),
    pytest.param((70, 50), (140, 25), id="up along y, down along x"),
    pytest.param((31, 47), (31, 94), id="one axis only"),
    pytest.param((200, 200), (9, 9), id="shrunk a lot"),
    pytest.param((5, 4), (17, 13), id="tiny"),
    pytest.param((2, 3), (7, 5), id="two rows"),
    pytest.param((1, 40), (1, 60), id="one row"),
    pytest.param((1, 1), (5, 6), id="one pixel"),
    pytest.param((1500, 40), (1300, 60), id="several bands, down"),
    pytest.param((600, 40), (1700, 30), id="several bands, up"),
]


@pytest.mark.parametrize("antialias", [False, True], ids=["plain", "antialias"])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
@pytest.mark.parametrize(("old", "new"), SIZES)
def test_linear_and_cubic_are_those_of_scikit_image(old, new, interpolation, antialias):
    assert_equal_to_skimage(noise(*old), new, interpolation, antialias)


_LENGTH = st.integers(1, 40)


@given(_LENGTH, _LENGTH, _LENGTH, _LENGTH, st.sampled_from(["linear", "cubic"]), st.booleans(), st.integers(0, 99))
def test_any_size_to_any_size(h, w, new_h, new_w, interpolation, antialias, seed):
    assert_equal_to_skimage(noise(h, w, seed), (new_h, new_w), interpolation, antialias)


@pytest.mark.parametrize("antialias", [False, True], ids=["plain", "antialias"])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_shrinking_much_in_several_bands(interpolation, antialias):
    """The Gaussian is wide here: the halo of a band must be, too."""
    assert_equal_to_skimage(noise(9000, 30), (1100, 12), interpolation, antialias)


def test_cubic_overshoots_are_clipped_as_in_scikit_image():
    image = np.zeros((40, 40))
    image[:, 20:] = 1000.0
    found = rescaled(image, (97, 97), "cubic", False)
    assert (found.min(), found.max()) == (0, 1000)
    np.testing.assert_allclose(found, by_skimage(image, (97, 97), 3, False), atol=1e-6)


def test_shrinking_does_not_alias():
    """Bug 10 of the reference: a fine checkerboard must turn grey, not into a coarse one."""
    image = np.indices((200, 200)).sum(0) % 2 * 1000.0
    smooth = rescaled(image, (67, 67), "cubic", True)
    assert smooth[5:-5, 5:-5].std() < 0.05 * rescaled(image, (67, 67), "cubic", False)[5:-5, 5:-5].std()


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "lanczos"])
@pytest.mark.parametrize("new", [(160, 90), (33, 27)], ids=["up", "down"])
@pytest.mark.parametrize("value", [0, 1, 65535])
def test_a_constant_stays_that_constant(interpolation, new, value):
    image = np.full((100, 80), value, np.uint16)
    np.testing.assert_allclose(rescaled(image, new, interpolation, True), value, rtol=1e-12)


@given(_LENGTH, _LENGTH, _LENGTH, _LENGTH)
def test_nearest_is_the_formula(h, w, new_h, new_w):
    image = np.arange(h * w, dtype=np.uint32).reshape(h, w)
    found = rescaled(image, (new_h, new_w), "nearest", True)
    assert found.dtype == image.dtype
    expected = [
        [image[int((i + 0.5) * h // new_h), int((j + 0.5) * w // new_w)] for j in range(new_w)] for i in range(new_h)
    ]
    # Python's fractions of small integers and ½ are exact enough here: the products are below 2**53.
    np.testing.assert_array_equal(found, expected)


def grey_images() -> dict[str, np.ndarray]:
    camera, coins = skimage.data.camera(), skimage.data.coins()
    moon, page, text = skimage.data.moon(), skimage.data.page(), skimage.data.text()
    rng = np.random.default_rng(0)
    return {
        "camera": camera,
        "coins": coins,
        "moon": moon,
        "page": page,
        "text": text,
        "cell": skimage.data.cell(),
        "noise": rng.integers(0, 256, (301, 203), np.uint8),
        "black and white": (rng.random((300, 200)) < 0.5).astype(np.uint8) * 255,
    }


FRACTIONS = pytest.mark.parametrize("fraction", [(1, 3), (1, 2), (3, 5), (2, 1)], ids=["1/3", "1/2", "3/5", "2/1"])


def by_pillow(image: np.ndarray, *sizes: tuple[int, int]) -> np.ndarray:
    picture = Image.fromarray(image)
    for height, width in sizes:
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture).astype(int)


@FRACTIONS
@pytest.mark.parametrize("name", list(grey_images()))
def test_lanczos_is_that_of_pillow_to_one_grey_level(name, fraction):
    image = grey_images()[name]
    new = tuple(length * fraction[0] // fraction[1] for length in image.shape)
    found = np.clip(np.rint(rescaled(image, new, "lanczos", True)), 0, 255).astype(int)
    assert np.abs(found - by_pillow(image, new)).max() <= 1


@FRACTIONS
def test_lanczos_of_tall_images_is_that_of_pillow_along_x_then_y(fraction):
    """Pillow 13 turns its passes round for images far higher than wide; here the order never depends on the shape."""
    image = np.random.default_rng(0).integers(0, 256, (700, 7), np.uint8)
    new = tuple(length * fraction[0] // fraction[1] for length in image.shape)
    found = np.clip(np.rint(rescaled(image, new, "lanczos", True)), 0, 255).astype(int)
    assert np.abs(found - by_pillow(image, (700, new[1]), new)).max() <= 1


def test_lanczos_of_floats_is_that_of_pillow():
    image = np.random.default_rng(0).normal(0, 100, (120, 90)).astype(np.float32)
    expected = np.asarray(Image.fromarray(image).resize((30, 40), Image.Resampling.LANCZOS))
    np.testing.assert_allclose(rescaled(image, (40, 30), "lanczos", True), expected, atol=1e-3)


@pytest.mark.parametrize("interpolation", ["nearest", "linear", "cubic", "lanczos"])
def test_what_a_block_reads_is_enough_and_little(interpolation):
    """No pixel depends on where the read began."""
    image = noise(900, 700).astype(np.float64)
    resampler = Resampler((900, 700), (1400, 1000), interpolation)
    everything, whole = Box(0, 0, 900, 700), Box(0, 0, 1400, 1000)
    expected = resampler.block(image, everything, whole)
    block = Box.between(512, 320, 1024, 640)
    span = resampler.source_box(block)
    found = resampler.block(image[span.slices], span, block)
    np.testing.assert_allclose(found, expected[block.slices], atol=1e-7)
    assert 0 < span.y <= 512 * 900 // 1400 < 1024 * 900 // 1400 <= span.y_stop < 900
    assert 0 < span.x <= 320 * 700 // 1000 < 640 * 700 // 1000 <= span.x_stop < 700


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_blocks_need_no_more_of_the_source_than_is_said(old, new):
    resampler = Resampler((old, old), (new, new), "cubic")
    rows, columns = resampler.block_shape
    for block in boxes_of(Box(0, 0, new, new), (rows, columns)):
        span = resampler.source_box(block)
        assert span.height <= resampler.span_of(block.height, block.width)[0]
        assert span.width <= resampler.span_of(block.height, block.width)[1]
