"""A source read as an array: the same pixels as its file, axis by axis."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.pictures.source_image import SourceImage
from napari_tiles_creator.engine.steps import result_of
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
