"""A source read as an array: the same pixels as its file, axis by axis."""

import numpy as np
import pytest
import tifffile

from napari_tiles_creator.engine.back.planes import steps_of
from napari_tiles_creator.engine.back.source_image import SourceImage


@pytest.mark.parametrize(
    ("axes", "shape"), [("YX", (30, 40)), ("YXS", (30, 40, 3)), ("CYX", (4, 30, 40)), ("TZCYX", (2, 3, 2, 20, 25))]
)
def test_it_equals_the_file(tmp_path, axes, shape):
    pixels = np.random.default_rng(2).integers(0, 255, shape, dtype=np.uint8)
    options = {"photometric": "rgb"} if "S" in axes else {"photometric": "minisblack"}
    tifffile.imwrite(tmp_path / "a.tif", pixels, metadata={"axes": axes}, **options)
    image = SourceImage(tmp_path / "a.tif")
    assert image.shape == shape
    assert "".join(image.axes).upper() == axes.replace("S", "")
    np.testing.assert_array_equal(np.asarray(image), pixels)
    if axes == "YX":
        np.testing.assert_array_equal(image.thinned(4)[...], pixels[2::4, 2::4])
        np.testing.assert_array_equal(image[5:20:3, ::-2], pixels[5:20:3, ::-2])


def test_levels_go_down_to_what_memory_holds():
    assert steps_of((4096, 100)) == [1]
    assert steps_of((4097, 100)) == [1, 4]
    assert steps_of((100_000, 100_000)) == [1, 4, 16, 64]
