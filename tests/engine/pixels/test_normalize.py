"""Values: the formula of the interface in float64, then the type; rounded half to even, saturated, never wrapped."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.pixels.measure import Range, measured
from napari_tiles_creator.engine.pixels.normalize import Normalizer, to_type
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.recipe.normalization import Normalization

SOURCES = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64")


def by_the_formula(x: np.ndarray, lo: float, hi: float, low: float, high: float, dtype: str, clip: bool) -> np.ndarray:
    """Return ``low + (x - lo)/(hi - lo)·(high - low)`` in plain numpy, then the type."""
    values = (x.astype(np.float64) - lo) / (hi - lo) * (high - low) + low
    if clip:
        values = np.clip(values, low, high)
    if dtype != "float32":
        values = np.clip(np.rint(values), 0, np.iinfo(dtype).max)
    return values.astype(dtype)


def noise(dtype: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        image = rng.random(shape) < 0.5
        image.flat[:2] = [False, True]
        return image
    if kind.kind == "f":
        return rng.normal(50, 300, shape).astype(kind)
    limits = np.iinfo(kind)
    image = rng.integers(limits.min, limits.max, shape, kind, endpoint=True)
    image.flat[:2] = [limits.min, limits.max]
    return image


def normalized(image, axes="YX", ranges=None, scope="image", source=None, **settings):
    settings = Normalization(scope=scope, **settings)
    normalizer = Normalizer(settings, settings.tile_type, axes, np.dtype(source or image.dtype), ranges)
    return normalizer(image)


BOUNDS = [
    pytest.param({"dtype": "float32"}, (0, 1), id="float32"),
    pytest.param({"dtype": "float32", "low": -1, "high": 3.5}, (-1, 3.5), id="float32 with bounds"),
    pytest.param({"dtype": "uint8"}, (0, 255), id="uint8"),
    pytest.param({"dtype": "uint8", "low": 10, "high": 99.5}, (10, 99.5), id="uint8 with bounds"),
    pytest.param({"dtype": "uint16"}, (0, 65535), id="uint16"),
    pytest.param({"dtype": "uint16", "low": 100, "high": 4095}, (100, 4095), id="uint16 with bounds"),
]


@pytest.mark.parametrize("percentiles", [(0, 100), (2, 98), (0, 99), (1, 100)], ids=str)
@pytest.mark.parametrize(("settings", "bounds"), BOUNDS)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("scope", ["image", "tile"])
def test_values_are_exactly_those_of_the_formula(scope, source, settings, bounds, percentiles):
    image = noise(source, (41, 37), 1)
    settings = {**settings, "percentiles": percentiles}
    found = measured(image, Normalization(scope=scope, **settings))
    assert found.low < found.high
    lo, hi = found.low, found.high
    if percentiles == (0, 100):
        assert (lo, hi) == (image.min(), image.max())
    tile, ranges = normalized(image, scope=scope, ranges=(found,) if scope == "image" else None, **settings)
    assert ranges == (found,)
    assert tile.dtype == settings["dtype"]
    expected = by_the_formula(image, lo, hi, *bounds, settings["dtype"], percentiles != (0, 100))
    np.testing.assert_array_equal(tile, expected)
    assert tile.min() >= np.float32(bounds[0])
    assert tile.max() <= np.rint(bounds[1]) if settings["dtype"] != "float32" else np.float32(bounds[1])


@pytest.mark.parametrize("source", SOURCES)
def test_a_tile_is_mapped_by_the_range_of_its_image(source):
    image = noise(source, (60, 60), 2)
    found = Range(float(image.min()), float(image.max()))
    whole, _ = normalized(image, ranges=(found,))
    part, _ = normalized(image[10:30, 5:50], ranges=(found,))
    np.testing.assert_array_equal(part, whole[10:30, 5:50])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("source", ["uint8", "uint16", "int16", "float32", "uint32"])
def test_calibrated_pixels_are_floats_whatever_the_source(dtype, source):
    """Interpolated values come as float64 and must not be looked up in a table of the source's type."""
    image = noise(source, (20, 20), 3).astype(np.float64) + 0.25
    found = Range(image.min(), image.max())
    tile, _ = normalized(image, ranges=(found,), dtype=dtype, source="float64")
    high = {"float32": 1, "uint8": 255, "uint16": 65535}[dtype]
    np.testing.assert_array_equal(tile, by_the_formula(image, found.low, found.high, 0, high, dtype, False))


@pytest.mark.parametrize("scope", ["image", "tile"])
@pytest.mark.parametrize("value", [0, 7, 65535])
@pytest.mark.parametrize(
    ("settings", "low"),
    [({"dtype": "uint8"}, 0), ({"dtype": "uint8", "low": 20}, 20), ({"dtype": "float32", "low": -0.5}, -0.5)],
)
def test_a_constant_image_gives_low_in_the_tiles_type(scope, value, settings, low):
    """Bug 9 of the reference: zeros came back as float32 zeros, other constants as the upper bound."""
    image = np.full((5, 6), value, np.uint16)
    ranges = (Range(value, value),) if scope == "image" else None
    for pixels in (image, image.astype(np.float64)):
        tile, _ = normalized(pixels, scope=scope, ranges=ranges, **settings)
        assert tile.dtype == settings["dtype"]
        assert (tile == low).all()


def test_integers_are_rounded_half_to_even():
    image = np.array([[0.0, 0.5, 1.5, 2.5, 3.5, 254.5, 255.0]])
    tile, _ = normalized(image, ranges=(Range(0, 255),), dtype="uint8")
    assert tile.tolist() == [[0, 0, 2, 2, 4, 254, 255]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_values_outside_the_range_are_saturated_not_wrapped(dtype):
    """A dataset's range, or rounding, may leave a value outside: it must not come out at the other end."""
    most = np.iinfo(dtype).max
    image = np.array([[-500.0, -1, 0, 100, 101, 900, np.inf, -np.inf]])
    tile, _ = normalized(image, ranges=(Range(0, 100),), dtype=dtype)
    assert tile.tolist() == [[0, 0, 0, most, most, most, most, 0]]


def test_values_are_clipped_only_outside_percentiles():
    image = np.arange(101.0).reshape(1, 101)
    plain, _ = normalized(image, ranges=(Range(10, 90),))
    np.testing.assert_allclose([plain.min(), plain.max()], [-0.125, 1.125])
    clipped, _ = normalized(image, ranges=(Range(10, 90),), percentiles=(10, 90))
    assert (clipped.min(), clipped.max()) == (0, 1)
    above, _ = normalized(image, ranges=(Range(0, 90),), percentiles=(0, 90))
    assert (above.min(), above.max()) == (0, 1)


CHANNELS = np.stack([np.arange(12.0), np.arange(12.0) * 10 + 3, np.full(12, 8.0)]).reshape(3, 3, 4)


@pytest.mark.parametrize("dtype", ["float64", "uint16"])
@pytest.mark.parametrize("scope", ["image", "tile"])
def test_channels_have_ranges_of_their_own(scope, dtype):
    image = CHANNELS.astype(dtype)
    ranges = tuple(Range(c.min(), c.max()) for c in image)
    tile, found = normalized(image, "CYX", ranges if scope == "image" else None, scope)
    assert found == ranges
    assert tile.shape == image.shape
    for channel in tile[:2]:
        assert (channel.min(), channel.max()) == (0, 1)
    np.testing.assert_array_equal(tile[1], by_the_formula(image[1], 3, 113, 0, 1, "float32", False))
    assert (tile[2] == 0).all()


@pytest.mark.parametrize("dtype", ["float64", "uint16"])
@pytest.mark.parametrize("scope", ["image", "tile"])
def test_channels_share_a_range_where_asked(scope, dtype):
    image = CHANNELS.astype(dtype)
    ranges = (Range(0, 113),) if scope == "image" else None
    tile, found = normalized(image, "CYX", ranges, scope, per_channel=False)
    assert found == (Range(0, 113),)
    np.testing.assert_array_equal(tile, by_the_formula(image, 0, 113, 0, 1, "float32", False))


@pytest.mark.parametrize("per_channel", [True, False])
@pytest.mark.parametrize("scope", ["image", "tile"])
def test_red_green_and_blue_always_share_a_range(scope, per_channel):
    image = np.moveaxis(CHANNELS, 0, -1).astype(np.uint8)
    ranges = (Range(0, 113),) if scope == "image" else None
    tile, _ = normalized(image, "YXS", ranges, scope, per_channel=per_channel, dtype="uint8")
    np.testing.assert_array_equal(tile, by_the_formula(image, 0, 113, 0, 255, "uint8", False))


def test_one_channel_keeps_its_axis():
    image = np.arange(12, dtype=np.uint16).reshape(1, 3, 4)
    for ranges, scope in (((Range(0, 11),), "image"), (None, "tile")):
        assert normalized(image, "CYX", ranges, scope)[0].shape == (1, 3, 4)


@pytest.mark.parametrize("scope", ["image", "tile"])
def test_nan_fails_an_integer_tile_and_stays_in_a_float_tile(scope):
    image = np.array([[0, np.nan, 10.0]])
    ranges = (Range(0, 10),) if scope == "image" else None
    with pytest.raises(SourceError, match="NaN, which uint8 cannot"):
        normalized(image, ranges=ranges, scope=scope, dtype="uint8")
    tile, _ = normalized(image, ranges=ranges, scope=scope)
    np.testing.assert_array_equal(tile, np.float32([[0, np.nan, 1]]))
    constant = np.array([[5, np.nan]])
    with pytest.raises(SourceError, match="NaN"):
        normalized(constant, ranges=(Range(5, 5),), dtype="uint16")


@given(st.sampled_from(["uint8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]), st.integers(0, 99))
def test_interpolated_values_return_to_their_type_saturated(dtype, seed):
    """Scope none after rescaling: lanczos overshoots, and the largest integers are no float64."""
    limits = np.iinfo(dtype)
    reach = float(limits.max) - limits.min
    values = np.random.default_rng(seed).uniform(limits.min - 0.1 * reach, limits.max + 0.1 * reach, 200)
    values = np.concatenate([values, [float(limits.max), float(limits.min), np.inf, -np.inf, 0.5, 1.5]])
    found = to_type(values, dtype)
    assert found.dtype == dtype
    for value, got in zip(values.tolist(), found.tolist(), strict=True):
        wanted = limits.max if value == np.inf else limits.min if value == -np.inf else round(value)
        wanted = min(max(wanted, limits.min), limits.max)
        assert abs(got - wanted) <= (0 if limits.bits <= 32 else 1024)  # float64 counts these in steps of 1024


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64", "bool"])
def test_scope_none_changes_nothing(dtype):
    image = noise(dtype, (9, 9), 0)
    normalizer = Normalizer(Normalization(scope="none", dtype=None), dtype, "YX", image.dtype)
    tile, ranges = normalizer(image)
    assert ranges == ()
    assert tile.dtype == dtype
    np.testing.assert_array_equal(tile, image)


@pytest.mark.parametrize(
    ("settings", "dtype", "value"),
    [
        pytest.param({"dtype": "float32", "low": -0.25}, "float32", -0.25, id="float32"),
        pytest.param({"dtype": "uint8", "low": 12.5}, "uint8", 12, id="half to even"),
        pytest.param({"scope": "none", "dtype": None, "low": 0.25}, "float64", 0.25, id="float64"),
        pytest.param({"scope": "none", "dtype": None, "low": -3}, "uint8", 0, id="saturated below"),
        pytest.param({"scope": "none", "dtype": None, "low": 1e6}, "uint16", 65535, id="saturated above"),
    ],
)
def test_padding_holds_low_in_the_tiles_type(settings, dtype, value):
    normalizer = Normalizer(Normalization(**settings), dtype, "YX", np.dtype(np.uint8))
    padded = np.pad(np.ones((1, 1), dtype), ((0, 1), (0, 0)), constant_values=normalizer.padding_value)
    assert padded[1, 0] == value


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_a_sparse_image_whose_percentiles_fall_on_one_value_does_not_turn_black(dtype):
    image = np.zeros((100, 100), dtype)
    image[3, :50] = 900  # less than 1 % of the pixels
    settings = Normalization(percentiles=(1, 99), dtype="uint8")
    lowest, highest = np.percentile(image, (1, 99))
    assert lowest == highest == 0
    for ranges in (None, (Range(0.0, 0.0),)):
        tile, _ = Normalizer(settings, "uint8", "YX", image.dtype, ranges)(image)
        np.testing.assert_array_equal(tile, np.where(image > 0, 255, 0))


@given(
    dtype=st.sampled_from(["uint8", "int16", "float32"]),
    tile=st.sampled_from(["float32", "uint8", "uint16"]),
    seed=st.integers(0, 99),
)
def test_one_given_range_is_for_all_channels(dtype, tile, seed):
    image = noise(dtype, (3, 9, 7), seed)
    given_range = (Range(-20, 90),)
    fields = {"scope": "dataset", "dtype": tile, "ranges": [(-20, 90)]}
    each = Normalizer(Normalization(**fields), tile, "CYX", image.dtype, given_range)
    together = Normalizer(Normalization(**fields, per_channel=False), tile, "CYX", image.dtype, given_range)
    values, ranges = each(image)
    assert ranges == given_range
    assert values.dtype == tile
    np.testing.assert_array_equal(values, together(image)[0])
    high = Normalization(**fields).bounds[1]
    np.testing.assert_array_equal(values, by_the_formula(image, -20, 90, 0, high, tile, clip=False))
