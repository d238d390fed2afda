"""PNG in its kinds, written by Pillow and imagecodecs."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
GREY8 = RNG.integers(0, 256, (41, 53), np.uint8)
GREY16 = RNG.integers(0, 65536, (41, 53), np.uint16)
RGB8 = RNG.integers(0, 256, (41, 53, 3), np.uint8)
RGB16 = RNG.integers(0, 65536, (41, 53, 3), np.uint16)
RGBA8 = RNG.integers(0, 256, (41, 53, 4), np.uint8)
GREY_ALPHA = RNG.integers(0, 256, (41, 53, 2), np.uint8)
PALETTE = Image.fromarray(RGB8).quantize(50)
ALPHA = ("its alpha channel is left out",)


def pillow(image):
    return lambda path: (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path)


def codecs(image):
    return lambda path: path.write_bytes(imagecodecs.png_encode(image))


KINDS = [
    pytest.param(pillow(GREY8), GREY8, "YX", (), id="grey 8"),
    pytest.param(codecs(GREY16), GREY16, "YX", (), id="grey 16"),
    pytest.param(pillow(GREY16), GREY16, "YX", (), id="grey 16 by Pillow"),
    pytest.param(pillow(RGB8), RGB8, "YXS", (), id="RGB 8"),
    pytest.param(codecs(RGB16), RGB16, "YXS", (), id="RGB 16"),
    pytest.param(pillow(RGBA8), RGBA8[..., :3], "YXS", ALPHA, id="RGBA"),
    pytest.param(codecs(GREY_ALPHA), GREY_ALPHA[..., 0], "YX", ALPHA, id="grey with alpha"),
    pytest.param(pillow(PALETTE), np.asarray(PALETTE.convert("RGB")), "YXS", (), id="palette"),
    pytest.param(pillow(GREY8 > 99), (GREY8 > 99) * np.uint8(255), "YX", (), id="one bit"),
]


@pytest.mark.parametrize(("write", "expected", "axes", "notes"), KINDS)
def test_pixels_are_those_that_were_written(tmp_path, write, expected, axes, notes):
    path = tmp_path / "a.png"
    write(path)
    source = open_source(path)
    info = source.info
    assert (info.axes, info.shape, info.dtype, info.notes) == (axes, expected.shape, expected.dtype, notes)
    assert info.pixel_size is None
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 41, 53), Box(7, 11, 20, 1), Box(40, 52, 1, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_transparency_of_one_colour_does_not_change_the_pixels(tmp_path):
    """A tRNS chunk makes decoders add alpha: the header's word on the shape must hold."""
    for mode, image in (("L", GREY8), ("RGB", RGB8)):
        path = tmp_path / f"{mode}.png"
        Image.fromarray(image).save(path, transparency=7 if mode == "L" else (1, 2, 3))
        source = open_source(path)
        np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), image)


def test_the_header_is_enough_for_a_huge_image(tmp_path):
    """Scanning decodes nothing: the size comes from the first 33 bytes."""
    header = struct.pack(">IIBBBBB", 200_000, 300_000, 16, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    (tmp_path / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    assert open_source(tmp_path / "huge.png").info.shape == (300_000, 200_000)
