"""JPEG and BMP: what Pillow writes comes back as Pillow reads it."""

import struct

import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
GREY = Image.fromarray(RNG.integers(0, 256, (41, 53), np.uint8))
RGB = Image.fromarray(RNG.integers(0, 256, (41, 53, 3), np.uint8))
PALETTE = RGB.quantize(30)

KINDS = [
    pytest.param(GREY, "jpg", {}, "YX", id="JPEG grey"),
    pytest.param(RGB, "jpg", {"quality": 90}, "YXS", id="JPEG RGB"),
    pytest.param(RGB, "jpeg", {"progressive": True}, "YXS", id="JPEG progressive"),
    pytest.param(RGB, "jpg", {"keep_rgb": True}, "YXS", id="JPEG without YCbCr"),
    pytest.param(RGB, "jpg", {"dpi": (300, 300)}, "YXS", id="JPEG with a print resolution"),
    pytest.param(GREY, "bmp", {}, "YX", id="BMP grey"),
    pytest.param(RGB, "bmp", {}, "YXS", id="BMP RGB"),
    pytest.param(PALETTE, "bmp", {}, "YXS", id="BMP palette"),
    pytest.param(GREY.point(lambda v: 255 * (v > 99)).convert("1"), "bmp", {}, "YX", id="BMP one bit"),
]


@pytest.mark.parametrize(("image", "extension", "how", "axes"), KINDS)
def test_pixels_are_those_that_pillow_reads(tmp_path, image, extension, how, axes):
    path = tmp_path / f"a.{extension}"
    image.save(path, **how)
    with Image.open(path) as stored:
        expected = np.asarray(stored.convert("RGB" if axes == "YXS" else "L"))
    source = open_source(path)
    assert (source.info.axes, source.info.shape, source.info.dtype) == (axes, expected.shape, np.uint8)
    assert source.info.pixel_size is None
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 41, 53), Box(7, 11, 20, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_bmp_with_alpha_loses_it_and_says_so(tmp_path):
    """A BITMAPV4HEADER with four masks, as image editors write it."""
    pixels = RNG.integers(0, 256, (41, 53, 4), np.uint8)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    info = struct.pack("<IiiHHIIiiII", 108, 53, -41, 1, 32, 3, 41 * 53 * 4, 0, 0, 0, 0) + masks
    start = 14 + 108
    head = struct.pack("<2sIHHI", b"BM", start + 41 * 53 * 4, 0, 0, start)
    (tmp_path / "a.bmp").write_bytes(head + info.ljust(108, b"\0") + pixels[..., [2, 1, 0, 3]].tobytes())
    source = open_source(tmp_path / "a.bmp")
    assert (source.info.axes, source.info.shape) == ("YXS", (41, 53, 3))
    assert source.info.notes == ("its alpha channel is left out",)
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), pixels[..., :3])


def test_cmyk_is_refused_by_name(tmp_path):
    RGB.convert("CMYK").save(tmp_path / "print.jpg")
    with pytest.raises(SourceError, match=r"print\.jpg: CMYK pixels are not read; save it as grey or RGB"):
        open_source(tmp_path / "print.jpg")


def test_images_larger_than_pillow_believes_safe_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    RGB.save(tmp_path / "a.jpg")
    GREY.save(tmp_path / "b.bmp")
    assert open_source(tmp_path / "a.jpg").read(Box(0, 0, 41, 53)).shape == (41, 53, 3)
    assert open_source(tmp_path / "b.bmp").read(Box(0, 0, 41, 53)).shape == (41, 53)
