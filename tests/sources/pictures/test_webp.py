"""WebP: what Pillow writes comes back as Pillow reads it."""

import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (41, 53, 3), np.uint8)
RGBA = RNG.integers(0, 256, (41, 53, 4), np.uint8)
ALPHA = ("its alpha channel is left out",)


@pytest.mark.parametrize("how", [{"quality": 80}, {"lossless": True, "exact": True}], ids=["lossy", "lossless"])
@pytest.mark.parametrize(
    ("pixels", "notes"), [(RGB, ()), (RGBA, ALPHA), (RGB[..., 0], ())], ids=["RGB", "RGBA", "grey"]
)
def test_pixels_are_those_that_pillow_reads(tmp_path, pixels, notes, how):
    path = tmp_path / "a.webp"
    Image.fromarray(pixels).save(path, **how)
    with Image.open(path) as stored:
        expected = np.asarray(stored)[..., :3]
    if "lossless" in how and pixels.ndim == 3:
        np.testing.assert_array_equal(expected, pixels[..., :3])
    source = open_source(path)
    assert (source.info.axes, source.info.shape, source.info.dtype) == ("YXS", (41, 53, 3), np.uint8)
    assert source.info.notes == notes
    assert source.info.pixel_size is None
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 41, 53), Box(7, 11, 20, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_animations_are_refused_by_name(tmp_path):
    pictures = [Image.fromarray(RGB), Image.fromarray(RGB[::-1].copy())]
    pictures[0].save(tmp_path / "film.webp", save_all=True, append_images=pictures[1:])
    with pytest.raises(SourceError, match=r"film\.webp: animated WebP is not read; save its pictures one by one"):
        open_source(tmp_path / "film.webp")


def test_exif_behind_the_pixels_is_read(tmp_path):
    """Its orientation is told and not applied, its resolution believed where it can be a microscope's."""
    exif = Image.Exif()
    exif[0x0112], exif[0x011A], exif[0x011B], exif[0x0128] = 3, 20000.0, 40000.0, 3
    Image.fromarray(RGB).save(tmp_path / "a.webp", exif=exif, lossless=True)
    source = open_source(tmp_path / "a.webp")
    assert source.info.pixel_size == PixelSize(0.25, 0.5)
    assert source.info.pixel_size_from == "EXIF resolution"
    assert source.info.notes == (
        "it wants to be shown turned by 180° (EXIF orientation 3): it is tiled as it is stored",
    )
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), RGB)
