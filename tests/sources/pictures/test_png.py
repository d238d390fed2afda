"""PNG in its kinds, written by Pillow and imagecodecs, and put together by hand where neither writes it."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.base import Opening
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
GREY8 = RNG.integers(0, 256, (41, 53), np.uint8)
GREY16 = RNG.integers(0, 65536, (41, 53), np.uint16)
RGB8 = RNG.integers(0, 256, (41, 53, 3), np.uint8)
RGB16 = RNG.integers(0, 65536, (41, 53, 3), np.uint16)
RGBA8 = RNG.integers(0, 256, (41, 53, 4), np.uint8)
RGBA16 = RNG.integers(0, 65536, (41, 53, 4), np.uint16)
GREY_ALPHA = RNG.integers(0, 256, (41, 53, 2), np.uint8)
PALETTE = Image.fromarray(RGB8).quantize(50)
ALPHA = ("its alpha channel is left out",)


def pillow(image, **how):
    return lambda path: (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path, **how)


def codecs(image):
    return lambda path: path.write_bytes(imagecodecs.png_encode(image))


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(header, rows, *before):
    """Return a PNG file of filtered rows; `header` is width, height, bits, colour type, interlacing."""
    width, height, bits, colour, interlaced = header
    start = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    chunks = [chunk(b"IHDR", start), *before, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def packed(levels, bits):
    """Return rows of few bits a pixel, each behind its filter type 0."""
    per_byte = 8 // bits
    rows = np.zeros((levels.shape[0], -(-levels.shape[1] // per_byte) * per_byte), np.uint8)
    rows[:, : levels.shape[1]] = levels
    parts = [rows[:, i::per_byte] << (8 - bits * (i + 1)) for i in range(per_byte)]
    return b"".join(b"\0" + row.tobytes() for row in np.bitwise_or.reduce(parts))


def few_bits(bits):
    levels = GREY8 % 2**bits
    expected = (levels * (255 // (2**bits - 1))).astype(np.uint8)
    return lambda path: path.write_bytes(png((53, 41, bits, 0, 0), packed(levels, bits))), expected


def interlaced(path):
    """Adam7: seven pictures, each of every so many pixels (PNG specification, 8.1)."""
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(
        b"\0" + row.tobytes() for y, x, down, across in passes for row in GREY8[y::down, x::across] if len(row)
    )
    path.write_bytes(png((53, 41, 8, 0, 1), rows))


KINDS = [
    pytest.param(pillow(GREY8), GREY8, "YX", (), id="grey 8"),
    pytest.param(codecs(GREY16), GREY16, "YX", (), id="grey 16"),
    pytest.param(pillow(GREY16), GREY16, "YX", (), id="grey 16 by Pillow"),
    pytest.param(pillow(RGB8), RGB8, "YXS", (), id="RGB 8"),
    pytest.param(codecs(RGB16), RGB16, "YXS", (), id="RGB 16"),
    pytest.param(pillow(RGBA8), RGBA8[..., :3], "YXS", ALPHA, id="RGBA"),
    pytest.param(codecs(RGBA16), RGBA16[..., :3], "YXS", ALPHA, id="RGBA 16"),
    pytest.param(codecs(GREY_ALPHA), GREY_ALPHA[..., 0], "YX", ALPHA, id="grey with alpha"),
    pytest.param(pillow(PALETTE), np.asarray(PALETTE.convert("RGB")), "YXS", (), id="palette"),
    pytest.param(pillow(GREY8 > 99), (GREY8 > 99) * np.uint8(255), "YX", (), id="one bit"),
    pytest.param(few_bits(2)[0], few_bits(2)[1], "YX", (), id="two bits"),
    pytest.param(few_bits(4)[0], few_bits(4)[1], "YX", (), id="four bits"),
    pytest.param(interlaced, GREY8, "YX", (), id="interlaced"),
    pytest.param(pillow(GREY8, transparency=7), GREY8, "YX", ALPHA, id="grey with a transparent colour"),
    pytest.param(pillow(RGB8, transparency=(1, 2, 3)), RGB8, "YXS", ALPHA, id="RGB with a transparent colour"),
    pytest.param(
        pillow(PALETTE, transparency=3), np.asarray(PALETTE.convert("RGB")), "YXS", ALPHA, id="transparent palette"
    ),
]


@pytest.mark.parametrize(("write", "expected", "axes", "notes"), KINDS)
def test_pixels_are_those_that_were_written(tmp_path, write, expected, axes, notes):
    path = tmp_path / "a.png"
    write(path)
    source = open_source(path)
    info = source.info
    assert (info.axes, info.shape, info.dtype, info.notes) == (axes, expected.shape, expected.dtype, notes)
    assert info.pixel_size is None
    assert info.whole_bytes >= expected.nbytes
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 41, 53), Box(7, 11, 20, 1), Box(40, 52, 1, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_colours_may_be_taken_as_channels(tmp_path):
    pillow(RGBA8)(tmp_path / "a.png")
    source = open_source(tmp_path / "a.png", Opening(rgb=False))
    assert (source.info.axes, source.info.shape, source.info.notes) == ("YXC", (41, 53, 4), ())
    box = Box(3, 5, 20, 30)
    np.testing.assert_array_equal(source.read(box), RGBA8[box.slices].transpose(2, 0, 1))
    np.testing.assert_array_equal(source.read(box, channel=3), RGBA8[box.slices][..., 3])


def test_the_header_is_enough_for_a_huge_image(tmp_path):
    """Scanning decodes nothing: the size comes from the first bytes of a file that may hold so many pixels."""
    path = tmp_path / "huge.png"
    header = struct.pack(">IIBBBBB", 200_000, 300_000, 16, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + struct.pack(">I", 2**30) + b"IDAT")
    with path.open("r+b") as file:
        file.truncate(2**30)  # takes no room on the disk
    info = open_source(path).info
    assert info.shape == (300_000, 200_000)
    assert info.whole_bytes == 120_000_000_000


@pytest.mark.parametrize(
    ("per_metre", "unit", "size", "comes_from"),
    [
        ((4_000_000, 2_000_000), 1, PixelSize(0.5, 0.25), "PNG pHYs"),
        ((1_538_462, 1_538_462), 1, PixelSize(1e6 / 1_538_462, 1e6 / 1_538_462), "PNG pHYs"),
        ((2835, 2835), 1, None, "none in the file (72 dpi is for print or screen)"),
        ((3780, 3780), 1, None, "none in the file (96 dpi is for print or screen)"),
        ((11811, 11811), 1, None, "none in the file (300 dpi is for print or screen)"),
        ((1, 1), 1, None, "none in the file (100 cm per pixel is a placeholder)"),
        ((4, 1), 0, None, "none in the file"),
        ((0, 0), 1, None, "none in the file"),
    ],
)
def test_resolution_is_believed_where_it_can_be_a_microscopes(tmp_path, per_metre, unit, size, comes_from):
    physical = chunk(b"pHYs", struct.pack(">IIB", *per_metre, unit))
    rows = b"".join(b"\0" + row.tobytes() for row in GREY8)
    (tmp_path / "a.png").write_bytes(png((53, 41, 8, 0, 0), rows, physical))
    info = open_source(tmp_path / "a.png").info
    assert (info.pixel_size, info.pixel_size_from) == (size, comes_from)


def test_orientation_is_told_and_not_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GREY8).save(tmp_path / "a.png", exif=exif)
    source = open_source(tmp_path / "a.png")
    (note,) = source.info.notes
    assert note == "it wants to be shown turned by 90° to the right (EXIF orientation 6): it is tiled as it is stored"
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), GREY8)


def test_of_an_animation_the_first_picture_is_taken(tmp_path):
    pictures = [Image.fromarray(RGB8), Image.fromarray(RGB8[::-1].copy())]
    pictures[0].save(tmp_path / "a.png", save_all=True, append_images=pictures[1:])
    source = open_source(tmp_path / "a.png")
    assert source.info.notes == ("it is an animation, of which the first picture is taken",)
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), RGB8)


def test_what_stands_before_the_pixels_may_be_long(tmp_path):
    """Text and profiles are passed over, not read."""
    text = PngImagePlugin.PngInfo()
    text.add_text("note", "x" * 3_000_000)
    Image.fromarray(GREY8).save(tmp_path / "a.png", pnginfo=text, dpi=(25400 * 4, 25400 * 4))
    source = open_source(tmp_path / "a.png")
    assert source.info.pixel_size == PixelSize(0.25, 0.25)
    np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), GREY8)


@pytest.mark.parametrize(("bits", "colour"), [(8, 5), (3, 0), (0, 2)])
def test_a_header_that_says_nonsense_is_damage(tmp_path, bits, colour):
    (tmp_path / "a.png").write_bytes(png((53, 41, bits, colour, 0), b""))
    with pytest.raises(SourceError, match=rf"a\.png is damaged: its header says colour type {colour} with {bits} bits"):
        open_source(tmp_path / "a.png")


def test_a_side_longer_than_the_decoder_takes_is_refused_by_name(tmp_path):
    (tmp_path / "a.png").write_bytes(png((1_000_001, 1, 8, 0, 0), bytes(1_000_002)))
    with pytest.raises(SourceError, match=r"a\.png: PNG of 1000001 × 1 px is not read: 1,000,000 a side is the most"):
        open_source(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(png((1_000_000, 1, 8, 0, 0), bytes(1_000_001)))
    assert open_source(tmp_path / "a.png").read(Box(0, 999_990, 1, 10)).shape == (1, 10)
