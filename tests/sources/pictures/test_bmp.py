"""BMP: what Pillow writes, and what image editors write besides, comes back as it is."""

import struct

import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.pictures import bmp
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
GREY = Image.fromarray(RNG.integers(0, 256, (41, 53), np.uint8))
RGB = Image.fromarray(RNG.integers(0, 256, (41, 53, 3), np.uint8))

KINDS = [
    pytest.param(GREY, "YX", id="grey"),
    pytest.param(RGB, "YXS", id="RGB"),
    pytest.param(RGB.quantize(30), "YXS", id="palette"),
    pytest.param(GREY.point(lambda v: 255 * (v > 99)).convert("1"), "YX", id="one bit"),
]


@pytest.mark.parametrize(("image", "axes"), KINDS)
def test_pixels_are_those_that_pillow_reads(tmp_path, image, axes):
    path = tmp_path / "a.bmp"
    image.save(path)
    expected = np.asarray(image.convert("RGB" if axes == "YXS" else "L"))
    source = open_source(path)
    assert (source.info.axes, source.info.shape, source.info.dtype) == (axes, expected.shape, np.uint8)
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 41, 53), Box(7, 11, 20, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_an_image_of_many_bands_is_put_together(tmp_path):
    pixels = RNG.integers(0, 256, (2100, 4100, 3), np.uint8)
    assert pixels.nbytes > bmp.BAND_BYTES
    Image.fromarray(pixels).save(tmp_path / "a.bmp")
    np.testing.assert_array_equal(open_source(tmp_path / "a.bmp").read(Box(0, 0, 2100, 4100)), pixels)


def header(bits, compression, size, colours=0, per_metre=(0, 0), length=40):
    start = 14 + length + 4 * colours
    info = struct.pack("<IiiHHIIiiII", length, 53, 41, 1, bits, compression, size, *per_metre, colours, 0)
    return struct.pack("<2sIHHI", b"BM", start + size, 0, 0, start) + info


def test_four_bits_with_a_palette(tmp_path):
    colours = RNG.integers(0, 256, (16, 4), np.uint8)
    places = RNG.integers(0, 16, (41, 53), np.uint8)
    rows = np.zeros((41, 56), np.uint8)
    rows[:, :53] = places
    content = (rows[::-1, ::2] << 4 | rows[::-1, 1::2]).tobytes()  # from the bottom, padded to 4 bytes
    (tmp_path / "a.bmp").write_bytes(header(4, 0, len(content), 16) + colours.tobytes() + content)
    source = open_source(tmp_path / "a.bmp")
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), colours[places][..., 2::-1])


def test_run_lengths(tmp_path):
    colours = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, 1)
    rows = [bytes([53, 3 * row, 0, 0]) for row in range(41)]
    content = b"".join(rows) + b"\0\1"
    (tmp_path / "a.bmp").write_bytes(header(8, 1, len(content), 256) + colours.tobytes() + content)
    expected = np.repeat(3 * np.arange(41, dtype=np.uint8)[::-1, None], 53, 1)
    np.testing.assert_array_equal(open_source(tmp_path / "a.bmp").read(Box(0, 0, 41, 53)), expected)


def test_alpha_is_left_out_and_told(tmp_path):
    """A BITMAPV4HEADER with four masks, as image editors write it."""
    pixels = RNG.integers(0, 256, (41, 53, 4), np.uint8)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    content = pixels[::-1][..., [2, 1, 0, 3]].tobytes()
    (tmp_path / "a.bmp").write_bytes((header(32, 3, len(content), length=108) + masks).ljust(122, b"\0") + content)
    source = open_source(tmp_path / "a.bmp")
    assert (source.info.axes, source.info.shape) == ("YXS", (41, 53, 3))
    assert source.info.notes == ("its alpha channel is left out",)
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), pixels[..., :3])


@pytest.mark.parametrize(
    ("per_metre", "size", "comes_from"),
    [
        ((4_000_000, 2_000_000), PixelSize(0.5, 0.25), "BMP pixels per metre"),
        ((2834, 2834), None, "none in the file (72 dpi is for print or screen)"),
        ((3937, 3937), None, "none in the file (100 dpi is for print or screen)"),
        ((0, 0), None, "none in the file"),
        ((-5, -5), None, "none in the file"),
    ],
)
def test_resolution_is_believed_where_it_can_be_a_microscopes(tmp_path, per_metre, size, comes_from):
    content = bytes(56 * 41)
    colours = bytes(4 * 256)
    (tmp_path / "a.bmp").write_bytes(header(8, 0, len(content), 256, per_metre) + colours + content)
    info = open_source(tmp_path / "a.bmp").info
    assert (info.pixel_size, info.pixel_size_from) == (size, comes_from)


def test_rows_that_are_missing_are_told_when_it_is_opened(tmp_path):
    RGB.save(tmp_path / "a.bmp")
    (tmp_path / "a.bmp").write_bytes((tmp_path / "a.bmp").read_bytes()[:3000])
    with pytest.raises(SourceError, match=r"a\.bmp is cut short: its header claims 53 × 41 px, which are not all"):
        open_source(tmp_path / "a.bmp")
