"""A source read as an array: the same pixels as its file, axis by axis."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.engine.pictures.source_image import SourceImage
from napari_tiles_creator.engine.steps import result_of
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.channel_files import open_channel_files
from napari_tiles_creator.sources.projected import ProjectedSource
from napari_tiles_creator.sources.registry import open_source


@pytest.mark.parametrize(
    ("axes", "shape"), [("YX", (30, 40)), ("YXS", (30, 40, 3)), ("CYX", (4, 30, 40)), ("TZCYX", (2, 3, 2, 20, 25))]
)
def test_it_equals_the_file(tmp_path, axes, shape):
    pixels = np.random.default_rng(2).integers(0, 255, shape, dtype=np.uint8)
    options = {"photometric": "rgb"} if "S" in axes else {"photometric": "minisblack"}
    tifffile.imwrite(tmp_path / "a.tif", pixels, metadata={"axes": axes}, **options)
    source = SourceImage(open_source(tmp_path / "a.tif"))
    (image,) = source.levels()
    assert image.shape == shape
    assert "".join(source.axes).upper() == axes.replace("S", "")
    np.testing.assert_array_equal(np.asarray(image), pixels)
    if axes == "YX":
        np.testing.assert_array_equal(image[5:20:3, ::-2], pixels[5:20:3, ::-2])


def test_some_axes_are_fixed(tmp_path):
    pixels = np.random.default_rng(3).integers(0, 255, (2, 3, 4, 20, 25), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, metadata={"axes": "TZCYX"}, photometric="minisblack")
    image = SourceImage(open_source(tmp_path / "a.tif"), {"T": 1, "C": 2})
    assert image.axes == ("z", "y", "x")
    np.testing.assert_array_equal(image.levels()[0][...], pixels[1, :, 2])
    result_of(image.fill())
    np.testing.assert_array_equal(image.overview, pixels[1, :, 2])


def test_an_image_that_nobody_shows_any_more_closes_its_file(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((30, 40), np.uint8))
    source = open_source(tmp_path / "a.tif")
    level = SourceImage(source).levels()[0]
    assert not level[...].any()
    assert not source._stream.closed
    del level
    assert source._stream.closed


def test_a_projection_costs_what_all_its_planes_cost(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((7, 64, 64), np.uint8), metadata={"axes": "ZYX"}, tile=(16, 16))
    source = open_source(tmp_path / "a.tif")
    box = Box(20, 20, 10, 10)
    plain = SourceImage(source, {"Z": 0})._levels[0].cost((), box)
    assert plain == 16 * 16
    assert SourceImage(ProjectedSource(source, "Z", "max"))._levels[0].cost((), box) == 7 * plain


def test_what_is_decoded_as_a_whole_costs_nothing_once_it_was_read(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400), np.uint8)
    files = []
    for channel in "ab":
        Image.fromarray(pixels).save(tmp_path / f"{channel}.png")
        files.append((channel, tmp_path / f"{channel}.png"))
    for source in (open_source(files[0][1]), open_channel_files(tmp_path / "x.png", tuple(files))):
        image = SourceImage(source, {"C": 1} if source.info.has_channels else None)
        level, box = image._levels[0], Box(20, 20, 10, 10)
        assert level.cost((), box) == 300 * 400
        result_of(image.fill())
        assert level.cost((), box) == 0
        np.testing.assert_array_equal(image.levels()[0][...], pixels)
