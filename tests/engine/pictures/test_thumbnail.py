"""Pictures of planes: area means, contrast, colours, which plane and channel, and how little is read."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.pictures import reduction as module
from napari_tiles_creator.engine.pictures.reduction import reduced_plane
from napari_tiles_creator.engine.pictures.thumbnail import fitted, plane_picture, stretched, thumbnail
from napari_tiles_creator.engine.planning.scan import scan
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.recipe.media import Media
from napari_tiles_creator.sources.base import SourceInfo


class MemorySource:
    """An array as a source that notes what is read."""

    def __init__(self, pixels, axes, chunk_rows=1):
        self.pixels, self.axes = pixels, axes
        self.info = SourceInfo(None, axes, pixels.shape, pixels.dtype, chunk_rows=chunk_rows)
        self.boxes: list[Box] = []

    def read(self, box, z=0, t=0, channel=None, level=0):
        self.boxes.append(box)
        where = {"Y": box.slices[0], "X": box.slices[1], "Z": z, "T": t, "C": slice(None), "S": slice(None)}
        if channel is not None:
            where["C"] = channel
        return self.pixels[tuple(where[axis] for axis in self.axes)]

    def close(self):
        pass


def area_means(plane: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Area means by repeating every pixel as often as the new shape asks, then averaging whole blocks."""
    (h, w), (new_h, new_w) = plane.shape, shape
    fine = np.repeat(np.repeat(plane.astype(float), new_h, axis=0), new_w, axis=1)
    return np.nanmean(fine.reshape(new_h, h, new_w, w), axis=(1, 3))


def scanned(path, **media):
    media = Media(folder=str(path), **media)
    (item,) = scan(media)
    return item, media


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "float32", "float64", "bool"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 4), (7, 9), (13, 17), (20, 30)], ids=str)
def test_values_are_area_means(rng, dtype, shape):
    plane = (rng.random((13, 17)) * 200 - (100 if dtype[0] in "if" else 0)).astype(dtype)
    found = reduced_plane(MemorySource(plane, "YX"), shape)
    assert found.shape == (1, *shape)
    np.testing.assert_allclose(found[0], area_means(plane, shape), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("chunk_rows", [1, 3, 16, 101])
@pytest.mark.parametrize("axes", ["YX", "CYX", "YXS"])
def test_bands_change_nothing(rng, monkeypatch, axes, chunk_rows):
    shape = {"YX": (101, 37), "CYX": (4, 101, 37), "YXS": (101, 37, 3)}[axes]
    pixels = rng.integers(0, 4000, shape).astype(np.uint16)
    whole = reduced_plane(MemorySource(pixels, axes), (23, 11))
    monkeypatch.setattr(module, "BAND_PIXELS", 37 * 7)
    source = MemorySource(pixels, axes, chunk_rows)
    np.testing.assert_allclose(reduced_plane(source, (23, 11)), whole, rtol=1e-5)
    # Every row is read once, in whole chunks.
    assert [box.y for box in source.boxes[1:]] == [box.y_stop for box in source.boxes[:-1]]
    assert (source.boxes[0].y, source.boxes[-1].y_stop) == (0, 101)
    assert all(box.y % chunk_rows == 0 for box in source.boxes)
    planes = {"YX": [pixels], "CYX": pixels, "YXS": np.moveaxis(pixels, -1, 0)}[axes]
    np.testing.assert_allclose(whole, [area_means(plane, (23, 11)) for plane in planes], rtol=1e-5)


def test_what_is_not_finite_is_left_out_of_means(rng):
    plane = rng.random((12, 12)).astype(np.float32)
    plane[0, 0], plane[5, 7], plane[6:9, 6:9] = np.nan, np.inf, -np.inf
    found = reduced_plane(MemorySource(plane, "YX"), (4, 4))[0]
    expected = area_means(np.where(np.isfinite(plane), plane, np.nan)[:6], (2, 4))
    np.testing.assert_allclose(found[:2], expected, rtol=1e-6)
    assert np.isnan(found[2, 2])
    assert np.isfinite(np.delete(found.ravel(), 10)).all()


def test_large_values_keep_their_differences():
    plane = 2.0**40 + np.arange(64.0).reshape(8, 8)
    np.testing.assert_allclose(reduced_plane(MemorySource(plane, "YX"), (2, 2))[0], area_means(plane, (2, 2)), rtol=0)


def test_of_a_large_plane_few_rows_are_read(monkeypatch):
    monkeypatch.setattr(module, "LARGE_BYTES", 100_000)
    pixels = np.repeat(np.arange(1000, dtype=np.uint16), 100).reshape(1000, 100)
    source = MemorySource(pixels, "YX")
    found = reduced_plane(source, (10, 1))[0, :, 0]
    assert sum(box.height for box in source.boxes) == 10 * module.SAMPLED_ROWS
    assert max(box.area for box in source.boxes) == module.SAMPLED_ROWS * 100
    # A row of the picture stands for 100 rows, and their mean is that of the few in the middle.
    np.testing.assert_allclose(found, np.arange(10) * 100 + 49.5)


@pytest.mark.parametrize(("rows", "chunk_rows"), [(100, 1), (10, 64)], ids=["hardly reduced", "large chunks"])
def test_a_large_plane_is_read_whole_where_skipping_saves_nothing(rng, monkeypatch, rows, chunk_rows):
    monkeypatch.setattr(module, "LARGE_BYTES", 100_000)
    pixels = rng.integers(0, 4000, (1000, 100)).astype(np.uint16)
    source = MemorySource(pixels, "YX", chunk_rows)
    np.testing.assert_allclose(reduced_plane(source, (rows, 1))[0], area_means(pixels, (rows, 1)), rtol=1e-5)
    assert sum(box.height for box in source.boxes) == 1000


def test_fine_patterns_become_even_not_moire():
    checks = (np.indices((400, 400)).sum(axis=0) % 2 * 255).astype(np.uint8)
    found = reduced_plane(MemorySource(checks, "YX"), (80, 80))[0]
    np.testing.assert_allclose(found, checks.reshape(80, 5, 80, 5).mean(axis=(1, 3)), rtol=1e-6)
    assert np.ptp(found) < 11  # 25 pixels hold 12 or 13 bright ones


@pytest.mark.parametrize(
    ("shape", "expected"), [((100, 50), (64, 32)), ((3, 9), (21, 64)), ((64, 64), (64, 64)), ((1, 5000), (1, 64))]
)
def test_proportions_are_kept(shape, expected):
    assert fitted(shape, 64) == expected


def test_contrast_ends_at_the_percentiles_of_finite_values(rng):
    values = rng.normal(1000, 50, (80, 80))
    values[:2] = np.nan
    low, high = np.nanpercentile(values, [0.5, 99.5])
    found = stretched(values)
    np.testing.assert_allclose(found[2:], np.clip((values[2:] - low) / (high - low), 0, 1), atol=1e-12)
    assert (found[:2] == 0).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(np.full((4, 4), 7.0), np.full((4, 4), 0.5), id="constant"),
        pytest.param(np.full((4, 4), np.nan), np.zeros((4, 4)), id="nothing finite"),
        pytest.param(np.where(np.arange(1000) == 5, 9.0, 0.0), np.where(np.arange(1000) == 5, 1.0, 0.0), id="one spot"),
        pytest.param(np.array([-1e308] * 9 + [1e308] * 9), np.array([0.0] * 9 + [1.0] * 9), id="huge range"),
    ],
)
def test_contrast_of_degenerate_values(values, expected):
    np.testing.assert_array_equal(stretched(values), expected)


def test_twelve_bits_in_sixteen_use_the_full_contrast(rng):
    plane = rng.integers(0, 4096, (64, 64)).astype(np.uint16)
    picture = plane_picture(MemorySource(plane, "YX"), (64, 64))
    assert (picture.min(), picture.max()) == (0, 255)
    assert (picture == picture[..., :1]).all()


def test_rgb_of_8_bits_is_shown_as_it_is(rng):
    pixels = rng.integers(90, 110, (20, 30, 3)).astype(np.uint8)
    np.testing.assert_array_equal(plane_picture(MemorySource(pixels, "YXS"), (20, 30)), pixels)


def test_deeper_rgb_is_stretched_by_one_range(rng):
    pixels = rng.integers(0, 60000, (40, 40, 3)).astype(np.uint16)
    pixels[..., 2] //= 4
    low, high = np.percentile(pixels, [0.5, 99.5])
    expected = np.clip((pixels - low) / (high - low), 0, 1) * 255
    np.testing.assert_allclose(plane_picture(MemorySource(pixels, "YXS"), (40, 40)), expected, atol=0.51)


@pytest.mark.parametrize(
    ("count", "colours"),
    [
        (1, ["white"]),
        (2, ["magenta", "green"]),
        (3, ["cyan", "yellow", "magenta"]),
        (6, ["cyan", "yellow", "magenta", "red", "green", "blue"]),
        (9, ["cyan", "yellow", "magenta", "red", "green", "blue"]),
    ],
)
def test_each_channel_has_its_colour(count, colours):
    from PIL.ImageColor import getrgb

    pixels = np.zeros((count, count * 4, 5), np.uint16)
    for channel in range(count):
        pixels[channel, channel * 4 : channel * 4 + 4] = 1000 * (channel + 1)
    # Pillow's "green" is the darker one of CSS; the channels' is pure.
    expected = [(0, 255, 0) if colour == "green" else getrgb(colour) for colour in colours]
    if count == 1:
        pixels[0, 0] = 0
    source = MemorySource(pixels, "CYX")
    picture = plane_picture(source, (count * 4, 5))
    for channel in range(count):
        shown = expected[channel] if channel < len(expected) else (0, 0, 0)
        assert picture[channel * 4 + 2, 2].tolist() == list(shown)


def test_channels_add_up(rng):
    pixels = rng.integers(0, 1000, (2, 30, 30)).astype(np.uint16)
    picture = plane_picture(MemorySource(pixels, "CYX"), (30, 30))
    np.testing.assert_allclose(picture[..., 0], stretched(pixels[0].astype(float)) * 255, atol=0.51)
    np.testing.assert_array_equal(picture[..., 0], picture[..., 2])
    np.testing.assert_allclose(picture[..., 1], stretched(pixels[1].astype(float)) * 255, atol=0.51)


def test_an_empty_channel_does_not_tint(rng):
    pixels = np.stack([rng.integers(0, 1000, (30, 30)), np.full((30, 30), 77)]).astype(np.uint16)
    assert plane_picture(MemorySource(pixels, "CYX"), (30, 30))[..., 1].max() == 0


def test_one_channel_alone_is_grey(rng):
    pixels = rng.integers(0, 1000, (3, 30, 30)).astype(np.uint16)
    picture = plane_picture(MemorySource(pixels, "CYX"), (30, 30), channel=1)
    np.testing.assert_array_equal(picture, plane_picture(MemorySource(pixels[1], "YX"), (30, 30)))


@pytest.fixture
def stack(tmp_path):
    """2 times, 5 depths, 2 channels, each plane with one bright column of its own."""
    pixels = np.zeros((2, 5, 2, 40, 40), np.uint16)
    for t, z, c in np.ndindex(2, 5, 2):
        pixels[t, z, c, :, t * 20 + z * 4 + c] = 500
    metadata = {"axes": "TZCYX", "Labels": [f"{'ab'[i % 2]}" for i in range(20)]}
    tifffile.imwrite(tmp_path / "stack.tif", pixels, imagej=True, metadata=metadata)
    return tmp_path / "stack.tif"


@pytest.mark.parametrize(
    ("media", "columns"),
    [
        pytest.param({}, {8: "magenta", 9: "green"}, id="middle of the stack, first time"),
        pytest.param({"z": 4, "t": 1}, {36: "magenta", 37: "green"}, id="the recipe's plane"),
        pytest.param({"channel": 1}, {9: "white"}, id="the recipe's channel"),
        pytest.param({"channel": "a", "z": 0}, {0: "white"}, id="a channel by its name"),
    ],
)
def test_which_plane_and_channel_are_shown(stack, media, columns):
    picture = thumbnail(*scanned(stack, **media), 40)
    expected = np.zeros((40, 40, 3), np.uint8)
    for column, colour in columns.items():
        expected[:, column] = {"magenta": (255, 0, 255), "green": (0, 255, 0), "white": (255, 255, 255)}[colour]
    np.testing.assert_array_equal(picture, expected)


@pytest.mark.parametrize(
    ("media", "message"),
    [
        ({"z": 5}, r"stack\.tif: has no z 5 \(media\.z\): it has 0 to 4"),
        ({"t": 2}, r"stack\.tif: has no t 2 \(media\.t\): it has 0 to 1"),
        ({"channel": 2}, r"stack\.tif: has no channel 2"),
        ({"channel": "DAPI"}, r"stack\.tif: has no channel 'DAPI'"),
    ],
)
def test_a_plane_or_channel_that_is_not_there_is_named(stack, media, message):
    with pytest.raises(SourceError, match=message):
        thumbnail(*scanned(stack, **media), 40)


def test_channel_0_of_an_image_without_channels_is_the_image(tmp_path, rng):
    tifffile.imwrite(tmp_path / "a.tif", rng.integers(0, 99, (30, 20), np.uint8))
    plain = thumbnail(*scanned(tmp_path / "a.tif"), 60)
    assert plain.shape == (60, 40, 3)
    np.testing.assert_array_equal(thumbnail(*scanned(tmp_path / "a.tif", channel=0), 60), plain)


def test_small_images_are_enlarged_in_blocks(tmp_path):
    plane = np.array([[0, 100], [200, 50]], np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", plane)
    picture = thumbnail(*scanned(tmp_path / "a.tif"), 20)
    assert picture.shape == (20, 20, 3)
    for y, x in np.ndindex(2, 2):
        block = picture[y * 10 : y * 10 + 10, x * 10 : x * 10 + 10]
        assert (block == block[0, 0]).all()
    assert np.argsort(picture[::10, ::10, 0].ravel()).tolist() == [0, 3, 1, 2]


def test_an_unreadable_source_says_why(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"nonsense")
    item, media = scanned(tmp_path / "a.tif")
    with pytest.raises(SourceError, match=r"a\.tif cannot be read"):
        thumbnail(item, media, 20)


def test_the_recipes_colours_are_those_of_the_picture(tmp_path):
    pixels = np.zeros((2, 40, 40), np.uint8)
    pixels[0, :20], pixels[1, :, :20] = 200, 90
    tifffile.imwrite(tmp_path / "two.tif", pixels, metadata={"axes": "CYX"}, photometric="minisblack")

    def corners(**fields):
        media = Media(folder=str(tmp_path), **fields)
        (item,) = scan(media)
        picture = thumbnail(item, media, 40)
        return [tuple(int(value) for value in picture[y, x]) for y, x in ((0, 0), (0, 39), (39, 0), (39, 39))]

    assert corners(colours=["red", "#0080ff"]) == [(255, 128, 255), (255, 0, 0), (0, 128, 255), (0, 0, 0)]
    assert corners(colours=["none", "yellow"]) == [(255, 255, 0), (0, 0, 0), (255, 255, 0), (0, 0, 0)]
    assert corners(colours=["red", "blue", "cyan"]) == corners()  # told elsewhere: one is too many
