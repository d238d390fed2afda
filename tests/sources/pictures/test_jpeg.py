"""JPEG: what Pillow writes comes back as Pillow reads it."""

import io

import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.registry import open_source

RNG = np.random.default_rng(0)
GREY = Image.fromarray(RNG.integers(0, 256, (41, 53), np.uint8))
RGB = Image.fromarray(RNG.integers(0, 256, (41, 53, 3), np.uint8))

KINDS = [
    pytest.param(GREY, "jpg", {}, "YX", id="grey"),
    pytest.param(GREY, "jpg", {"progressive": True}, "YX", id="grey progressive"),
    pytest.param(RGB, "jpg", {"quality": 90}, "YXS", id="RGB"),
    pytest.param(RGB, "jpg", {"subsampling": 0}, "YXS", id="RGB at full size"),
    pytest.param(RGB, "jpeg", {"progressive": True}, "YXS", id="RGB progressive"),
    pytest.param(RGB, "jpg", {"keep_rgb": True}, "YXS", id="without YCbCr"),
    pytest.param(RGB, "jpg", {"restart_marker_rows": 1}, "YXS", id="with restart markers"),
    pytest.param(RGB, "jpg", {"dpi": (300, 300)}, "YXS", id="with a print resolution"),
    pytest.param(RGB, "jpg", {"icc_profile": b"x" * 200_000}, "YXS", id="with a profile in several blocks"),
]


def encoded(image, **how):
    out = io.BytesIO()
    image.save(out, "jpeg", **how)
    return out.getvalue()


@pytest.mark.parametrize(("image", "extension", "how", "axes"), KINDS)
def test_pixels_are_those_that_pillow_reads(tmp_path, image, extension, how, axes):
    path = tmp_path / f"a.{extension}"
    image.save(path, **how)
    with Image.open(path) as stored:
        expected = np.asarray(stored)
    source = open_source(path)
    assert (source.info.axes, source.info.shape, source.info.dtype) == (axes, expected.shape, np.uint8)
    assert source.info.pixel_size is None
    assert source.decoded_segments == 0
    for box in (Box(0, 0, 41, 53), Box(7, 11, 20, 1)):
        np.testing.assert_array_equal(source.read(box), expected[box.slices])
    assert source.decoded_segments == 1
    source.close()


def test_cmyk_is_refused_by_name(tmp_path):
    RGB.convert("CMYK").save(tmp_path / "print.jpg")
    with pytest.raises(SourceError, match=r"print\.jpg: CMYK pixels are not read; save it as grey or RGB"):
        open_source(tmp_path / "print.jpg")


@pytest.mark.parametrize(
    ("marker", "bits", "sentence"),
    [
        (0xC1, 12, r"a\.jpg: JPEG with 12 bits is not read; save it as 16-bit PNG or TIFF"),
        (0xC3, 16, r"a\.jpg: lossless JPEG is not read; save it as PNG or TIFF"),
    ],
)
def test_rare_kinds_are_refused_by_name(tmp_path, marker, bits, sentence):
    content = bytearray(encoded(GREY))
    frame = content.index(b"\xff\xc0")
    content[frame + 1], content[frame + 4] = marker, bits
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        open_source(tmp_path / "a.jpg")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_file_that_ends_early_is_never_filled_with_grey(tmp_path, progressive):
    """The decoder would do that; a thumbnail's end marker in the header is not the file's."""
    content = encoded(RGB, progressive=progressive)
    thumbnail = b"Exif\0\0" + encoded(GREY)
    block = b"\xff\xe1" + (2 + len(thumbnail)).to_bytes(2, "big") + thumbnail
    content = content[:2] + block + content[2:]
    assert content.count(b"\xff\xd9") == 2
    for cut in (2, 30, 500):
        (tmp_path / "short.jpg").write_bytes(content[:-cut])
        with pytest.raises(SourceError, match=r"short\.jpg is cut short: its end is missing"):
            open_source(tmp_path / "short.jpg").read(Box(0, 0, 41, 53))


def test_what_follows_the_end_is_passed_over(tmp_path):
    """Phones append films, sound and second pictures."""
    content = encoded(RGB)
    (tmp_path / "a.jpg").write_bytes(content + bytes(200_000))
    with Image.open(io.BytesIO(content)) as stored:
        np.testing.assert_array_equal(open_source(tmp_path / "a.jpg").read(Box(0, 0, 41, 53)), np.asarray(stored))


@pytest.mark.parametrize(
    ("unit", "density", "size", "comes_from"),
    [
        (2, (20000, 40000), PixelSize(0.25, 0.5), "JFIF density"),
        (1, (50800, 50800), PixelSize(0.5, 0.5), "JFIF density"),
        (1, (72, 72), None, "none in the file (72 dpi is for print or screen)"),
        (2, (28, 28), None, "none in the file (72 dpi is for print or screen)"),
        (2, (118, 118), None, "none in the file (300 dpi is for print or screen)"),
        (1, (1, 1), None, "none in the file (2.54 cm per pixel is a placeholder)"),
        (0, (1, 1), None, "none in the file"),
    ],
)
def test_density_is_believed_where_it_can_be_a_microscopes(tmp_path, unit, density, size, comes_from):
    content = bytearray(encoded(GREY))
    at = content.index(b"JFIF\0") + 7
    content[at : at + 5] = bytes([unit]) + density[0].to_bytes(2, "big") + density[1].to_bytes(2, "big")
    (tmp_path / "a.jpg").write_bytes(content)
    info = open_source(tmp_path / "a.jpg").info
    assert (info.pixel_size, info.pixel_size_from) == (size, comes_from)


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (1, None),
        (2, "mirrored left to right"),
        (3, "turned by 180°"),
        (6, "turned by 90° to the right"),
        (8, "turned by 90° to the left"),
        (99, None),
    ],
)
def test_orientation_is_told_and_not_applied(tmp_path, orientation, turn):
    """As napari, scikit-image and Fiji show it; viewers of photographs turn it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    RGB.save(tmp_path / "a.jpg", exif=exif)
    source = open_source(tmp_path / "a.jpg")
    told = f"it wants to be shown {turn} (EXIF orientation {orientation}): it is tiled as it is stored"
    assert source.info.notes == ((told,) if turn else ())
    with Image.open(tmp_path / "a.jpg") as stored:
        np.testing.assert_array_equal(source.read(Box(0, 0, 41, 53)), np.asarray(stored))
