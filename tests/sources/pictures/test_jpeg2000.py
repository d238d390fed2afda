"""JPEG 2000, written by imagecodecs (OpenJPEG) and by Pillow."""

import struct

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
GREY8 = RNG.integers(0, 256, (141, 153), np.uint8)
GREY16 = RNG.integers(0, 65536, (141, 153), np.uint16)
RGB8 = RNG.integers(0, 256, (141, 153, 3), np.uint8)
RGB16 = RNG.integers(0, 65536, (141, 153, 3), np.uint16)
RGBA8 = RNG.integers(0, 256, (141, 153, 4), np.uint8)
ALPHA = ("its alpha channel is left out",)


def codecs(image, **how):
    return imagecodecs.jpeg2k_encode(image, level=0, reversible=True, **how)


def pillow(image, path, **how):
    Image.fromarray(image).save(path, **how)
    return path.read_bytes()


KINDS = [
    pytest.param("jp2", lambda path: codecs(GREY8), GREY8, "YX", (), id="grey 8"),
    pytest.param("jp2", lambda path: codecs(GREY16), GREY16, "YX", (), id="grey 16"),
    pytest.param("jp2", lambda path: codecs(GREY16 >> 4, bitspersample=12), GREY16 >> 4, "YX", (), id="12 bits"),
    pytest.param("jp2", lambda path: codecs(RGB8), RGB8, "YXS", (), id="RGB 8"),
    pytest.param("jpx", lambda path: codecs(RGB16), RGB16, "YXS", (), id="RGB 16"),
    pytest.param("jp2", lambda path: codecs(RGBA8), RGBA8[..., :3], "YXS", ALPHA, id="RGBA"),
    pytest.param("jp2", lambda path: pillow(RGBA8, path), RGBA8[..., :3], "YXS", ALPHA, id="RGBA by Pillow"),
    pytest.param("jp2", lambda path: pillow(RGB8, path, tile_size=(64, 64)), RGB8, "YXS", (), id="tiles"),
    pytest.param("j2k", lambda path: codecs(GREY8, codecformat="j2k"), GREY8, "YX", (), id="bare codestream"),
    pytest.param("j2c", lambda path: pillow(RGB8, path), RGB8, "YXS", (), id="bare codestream by Pillow"),
]


@pytest.mark.parametrize(("extension", "write", "expected", "axes", "notes"), KINDS)
def test_pixels_are_those_that_were_written(tmp_path, extension, write, expected, axes, notes):
    path = tmp_path / f"a.{extension}"
    path.write_bytes(write(path))
    source = open_source(path)
    info = source.info
    assert (info.axes, info.shape, info.dtype, info.notes) == (axes, expected.shape, expected.dtype, notes)
    assert info.pixel_size is None
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 141, 153), Box(7, 11, 20, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_two_components_without_alpha_are_channels(tmp_path):
    pixels = RNG.integers(0, 65536, (141, 153, 2), np.uint16)
    (tmp_path / "a.j2k").write_bytes(codecs(pixels, codecformat="j2k"))
    source = open_source(tmp_path / "a.j2k")
    assert (source.info.axes, source.info.shape) == ("YXC", (141, 153, 2))
    np.testing.assert_array_equal(source.read(Box(3, 5, 20, 30)), pixels[3:23, 5:35].transpose(2, 0, 1))


def test_colours_may_be_taken_as_channels(tmp_path):
    (tmp_path / "a.jp2").write_bytes(codecs(RGB16))
    source = open_source(tmp_path / "a.jp2", Opening(rgb=False))
    assert source.info.axes == "YXC"
    np.testing.assert_array_equal(source.read(Box(3, 5, 20, 30), channel=1), RGB16[3:23, 5:35, 1])


def box(kind, content):
    return struct.pack(">I4s", 8 + len(content), kind) + content


def with_header_box(content, added):
    """Return a JP2 file with one more box in its header box."""
    at = content.index(b"jp2h") - 4
    (length,) = struct.unpack(">I", content[at : at + 4])
    return content[:at] + box(b"jp2h", content[at + 8 : at + length] + added) + content[at + length :]


@pytest.mark.parametrize(
    ("resolution", "size", "comes_from"),
    [
        ((2000, 1, 4000, 1, 3, 3), PixelSize(0.5, 0.25), "JPEG 2000 capture resolution"),
        ((20, 13, 20, 13, 6, 6), PixelSize(0.65, 0.65), "JPEG 2000 capture resolution"),
        ((7200, 254, 7200, 254, 2, 2), None, "none in the file (72 dpi is for print or screen)"),
        ((300, 254, 300, 254, 4, 4), None, "none in the file (300 dpi is for print or screen)"),
        ((1, 1, 1, 1, 0, 0), None, "none in the file (100 cm per pixel is a placeholder)"),
        ((1, 0, 1, 0, 0, 0), None, "none in the file"),
    ],
)
def test_resolution_is_believed_where_it_can_be_a_microscopes(tmp_path, resolution, size, comes_from):
    added = box(b"res ", box(b"resc", struct.pack(">4H2b", *resolution)))
    (tmp_path / "a.jp2").write_bytes(with_header_box(codecs(GREY8), added))
    source = open_source(tmp_path / "a.jp2")
    assert source.info.pixel_size_from == comes_from
    if size is None:
        assert source.info.pixel_size is None
    else:
        assert source.info.pixel_size.y_um == pytest.approx(size.y_um, rel=1e-12)
        assert source.info.pixel_size.x_um == pytest.approx(size.x_um, rel=1e-12)
    np.testing.assert_array_equal(source.read(Box(0, 0, 141, 153)), GREY8)


def test_a_display_resolution_is_no_pixel_size(tmp_path):
    added = box(b"res ", box(b"resd", struct.pack(">4H2b", 2000, 1, 2000, 1, 3, 3)))
    (tmp_path / "a.jp2").write_bytes(with_header_box(codecs(GREY8), added))
    assert open_source(tmp_path / "a.jp2").info.pixel_size is None


def test_a_palette_is_decoded_to_its_colours(tmp_path):
    colours = RNG.integers(0, 256, (256, 3), np.uint8)
    palette = box(b"pclr", struct.pack(">HB", 256, 3) + b"\x07\x07\x07" + colours.tobytes())
    mapping = box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in range(3)))
    content = codecs(GREY8).replace(struct.pack(">IB", 17, 0)[:4], struct.pack(">I", 16), 1)
    (tmp_path / "a.jp2").write_bytes(with_header_box(content, palette + mapping))
    source = open_source(tmp_path / "a.jp2")
    assert (source.info.axes, source.info.shape) == ("YXS", (141, 153, 3))
    np.testing.assert_array_equal(source.read(Box(0, 0, 141, 153)), colours[GREY8])


def test_what_is_not_read_is_refused_by_name(tmp_path):
    content = codecs(RGB8)
    ycc = content.replace(b"colr\x01\0\0" + struct.pack(">I", 16), b"colr\x01\0\0" + struct.pack(">I", 18))
    assert ycc != content
    at = content.index(b"\xff\x51") + 40  # the components' types and steps
    deep = content[:at] + bytes([31, 1, 1]) * 3 + content[at + 9 :]
    coarse = content[:at] + bytes([7, 1, 1, 7, 2, 2, 7, 2, 2]) + content[at + 9 :]
    for made, sentence in (
        (ycc, "in YCC colours is not read; save it as RGB"),
        (deep, "with 32 bits is not read; save it with 16 bits or as TIFF"),
        (coarse, "whose components differ in size or bits is not read; save it as RGB"),
    ):
        (tmp_path / "a.jp2").write_bytes(made)
        with pytest.raises(SourceError, match=rf"a\.jp2: JPEG 2000 {sentence}"):
            open_source(tmp_path / "a.jp2")
