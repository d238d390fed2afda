"""``merge_arrays(cut_array(image))`` is the image, in all its combinations; and what both refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinate_image import coordinate_image
from napari_tiles_creator import TileGrid, cut_array, merge_arrays, merge_bands
from strategies import grids

LOSSLESS = ("shift", "spread", "pad", "ragged")
BLENDS = ("linear", "hann", "gaussian", "mean", "core", "max")
AVERAGING = ("linear", "hann", "gaussian", "mean")
INTEGERS = ("bool", "uint8", "uint16", "uint32", "int8", "int16", "int32")
FLOATS = ("float16", "float32", "float64")
PAD_MODES = {"constant": {"constant_values": 7}, "reflect": {}, "edge": {}}


def noise(shape: tuple[int, ...], dtype: str, seed: int) -> np.ndarray:
    """Return values over the whole range of the type, both ends included."""
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind == "f":
        return rng.normal(0, 1000, shape).astype(kind)
    limits = np.iinfo(kind)
    image = rng.integers(limits.min, limits.max, shape, kind, endpoint=True)
    image.flat[0], image.flat[-1] = limits.min, limits.max
    return image


def image_of(grid: TileGrid, dtype: str, channels: int | None, seed: int) -> np.ndarray:
    return noise(grid.shape if channels is None else (*grid.shape, channels), dtype, seed)


COLOURS = st.sampled_from([None, 1, 3])
SEEDS = st.integers(0, 2**32)


@given(grids(edges=LOSSLESS), st.sampled_from(INTEGERS), COLOURS, st.sampled_from(BLENDS), SEEDS)
def test_integers_come_back_exactly(grid, dtype, channels, blend, seed):
    image = image_of(grid, dtype, channels, seed)
    back = merge_arrays(cut_array(image, grid), grid, blend)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)


@given(grids(edges=LOSSLESS), st.sampled_from(FLOATS), COLOURS, st.sampled_from(BLENDS), SEEDS)
def test_floats_come_back_to_the_last_bit(grid, dtype, channels, blend, seed):
    """More than is promised: equal values are not rounded on their way."""
    image = image_of(grid, dtype, channels, seed)
    back = merge_arrays(cut_array(image, grid), grid, blend)
    assert back.dtype == image.dtype
    np.testing.assert_array_equal(back, image)


@given(grids(edges=LOSSLESS), st.sampled_from(["uint64", "int64"]), SEEDS)
def test_64_bit_integers_come_back_by_cores_and_maxima(grid, dtype, seed):
    image = image_of(grid, dtype, None, seed)
    for blend in ("core", "max"):
        np.testing.assert_array_equal(merge_arrays(cut_array(image, grid), grid, blend), image)


@pytest.mark.parametrize("blend", AVERAGING)
@pytest.mark.parametrize("dtype", ["uint64", "int64"])
def test_64_bit_integers_are_refused_by_other_blends(dtype, blend):
    grid = TileGrid((20, 20), 8, 2)
    with pytest.raises(ValueError, match=f"{dtype} .*use blend 'core'"):
        merge_arrays(cut_array(np.zeros((20, 20), dtype), grid), grid, blend)


@given(grids(edges=("drop",)), st.sampled_from([*INTEGERS, "float64"]), st.sampled_from(BLENDS), SEEDS)
def test_drop_gives_back_what_it_kept_and_0_elsewhere(grid, dtype, blend, seed):
    image = image_of(grid, dtype, None, seed)
    expected = np.zeros_like(image)
    for tile in grid:
        expected[tile.box.slices] = image[tile.box.slices]
    back = merge_arrays(cut_array(image, grid), grid, blend)
    assert back.dtype == image.dtype
    np.testing.assert_allclose(back, expected, rtol=1e-12 if dtype == "float64" else 0)


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_dense_overlaps_still_come_back_exactly(dtype, blend):
    """Thousands of tiles over each pixel: rounding errors of the sum must not add up to one grey level."""
    grid = TileGrid((90, 90), 48, 47)
    for value in (np.full((90, 90), noise((1,), dtype, 3)[0]), noise((90, 90), dtype, 4)):
        np.testing.assert_array_equal(merge_arrays(cut_array(value, grid), grid, blend), value)


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize("shape", [(2050, 1300), (1000, 1025)], ids=str)
def test_probabilities_never_pass_1_where_tiles_are_shifted(shape, blend):
    """Bug 5 of the reference: weights summed to 1.124 at 2050 px."""
    grid = TileGrid(shape, 512, 128)
    back = merge_arrays(np.ones((len(grid), 512, 512), np.float32), grid, blend)
    assert abs(back.astype(np.float64) - 1).max() <= 2 * np.finfo(np.float32).eps


@pytest.mark.parametrize("blend", BLENDS)
@pytest.mark.parametrize(("size", "overlap"), [(64, 1), (64, 0)], ids=["overlap of one pixel", "no overlap, shifted"])
def test_no_dark_or_bright_lines(size, overlap, blend):
    """Bugs 6 and 7: a black line at an overlap of 1, doubled values where the last tile is shifted."""
    grid = TileGrid((100, 100), size, overlap)
    image = np.full((100, 100), 200, np.uint8)
    np.testing.assert_array_equal(merge_arrays(cut_array(image, grid), grid, blend), image)


@pytest.mark.parametrize("blend", ["linear", "hann", "mean"])
def test_differing_tiles_are_rounded_not_truncated(blend):
    """Bug 8: the cast cut decimals off."""
    grid = TileGrid((1, 6), (1, 4), (0, 2))
    tiles = np.stack([np.full((1, 4), 10, np.uint8), np.full((1, 4), 13, np.uint8)])
    weights = {"linear": [0.25, 0.75], "hann": np.sin(np.pi / 2 * np.array([0.25, 0.75])) ** 2, "mean": [0.5, 0.5]}
    middle = [round(10 + 3 * w) for w in weights[blend]]
    assert merge_arrays(tiles, grid, blend).tolist() == [[10, 10, *middle, 13, 13]]


def test_max_takes_the_largest_value():
    grid = TileGrid((1, 6), (1, 4), (0, 2))
    tiles = np.array([[[1, 2, 3, 9]], [[5, 6, 7, 8]]], np.uint8)
    assert merge_arrays(tiles, grid, "max").tolist() == [[1, 2, 5, 9, 7, 8]]


@given(grids(longest=50, largest=14), st.sampled_from(BLENDS), SEEDS)
def test_bands_are_the_rows_of_the_image(grid, blend, seed):
    tiles = cut_array(image_of(grid, "float32", None, seed), grid)
    bands = list(merge_bands(tiles, grid, blend, workers=2))
    np.testing.assert_array_equal(np.concatenate(bands), merge_arrays(tiles, grid, blend))
    assert max(len(band) for band in bands) <= grid.rows.size or grid.edge == "drop"


def test_core_takes_each_pixel_from_the_tile_that_owns_it():
    grid = TileGrid((1, 6), (1, 4), (0, 2))
    tiles = np.stack([np.full((1, 4), 10, np.uint8), np.full((1, 4), 13, np.uint8)])
    assert merge_arrays(tiles, grid, "core").tolist() == [[10, 10, 10, 13, 13, 13]]


@pytest.mark.parametrize("edge", LOSSLESS)
def test_each_tile_holds_the_pixels_of_its_box(edge):
    image = coordinate_image(50, 70, dtype="int32")
    grid = TileGrid((50, 70), (20, 16), (7, 0), edge)
    tiles = cut_array(image, grid)
    assert isinstance(tiles, list if edge == "ragged" else np.ndarray)
    for tile, planned in zip(tiles, grid, strict=True):
        assert tile.dtype == image.dtype
        assert tile.shape == planned.shape
        y, x = planned.box.y, planned.box.x
        expected = image[y : y + 20, x : x + 16]
        np.testing.assert_array_equal(tile[: expected.shape[0], : expected.shape[1]], expected)


@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from(list(PAD_MODES)), COLOURS)
def test_small_images_are_padded_at_the_bottom_and_right(height, width, mode, channels):
    image = noise((height, width) if channels is None else (height, width, channels), "uint8", 0)
    grid = TileGrid((height, width), 12)
    (tile,) = cut_array(image, grid, mode, 7)
    added = [(0, 12 - height), (0, 12 - width)] + [(0, 0)] * (channels is not None)
    np.testing.assert_array_equal(tile, np.pad(image, added, mode, **PAD_MODES[mode]))


def test_tiles_do_not_share_memory_with_the_image():
    image = np.zeros((30, 30), np.uint8)
    for edge in ("shift", "ragged"):
        tiles = cut_array(image, TileGrid((30, 30), 16, 4, edge))
        tiles[0][:] = 9
    assert not image.any()


def test_tiles_of_another_type_than_the_image_keep_theirs():
    grid = TileGrid((50, 50), 20, 5)
    probabilities = cut_array(np.zeros((50, 50), np.uint16), grid).astype(np.float32) + 0.25
    back = merge_arrays(probabilities, grid)
    assert back.dtype == np.float32
    np.testing.assert_allclose(back, 0.25, rtol=1e-6)


GRID = TileGrid((50, 70), 20, 5)


@pytest.mark.parametrize(
    ("tiles", "blend", "complaint"),
    [
        pytest.param(np.zeros((3, 20, 20)), "linear", "3 tiles for a grid of 15", id="too few"),
        pytest.param(np.zeros((15, 20, 21)), "linear", r"tile 0 is \(20, 21\) px, the grid's is \(20, 20\)", id="size"),
        pytest.param(
            np.zeros((15, 20, 20)), "cubic", "blend must be one of linear, hann, gaussian, mean, core, max", id="blend"
        ),
        pytest.param(np.zeros((15, 20, 20), complex), "core", "complex128 tiles cannot be merged", id="complex"),
        pytest.param(
            [np.zeros((20, 20), np.uint8)] * 14 + [np.full((20, 20), 256, np.uint16)], "core", "differ", id="types"
        ),
        pytest.param([np.zeros((20, 20, 2))] * 14 + [np.zeros((20, 20, 3))], "linear", "differ", id="channels"),
    ],
)
def test_tiles_that_do_not_fit_are_refused(tiles, blend, complaint):
    with pytest.raises(ValueError, match=complaint):
        merge_arrays(tiles, GRID, blend)


def test_an_image_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"the image is \(50, 71\) px, the grid was made for \(50, 70\)"):
        cut_array(np.zeros((50, 71)), GRID)
