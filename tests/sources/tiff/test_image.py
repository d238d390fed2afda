"""Pages of TIFF images in the forms that microscopes, scanners and converters write; each against another reader."""

import io
import re
import struct

import cv2
import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source
from tiff_bytes import directory, plain

HEIGHT, WIDTH = 61, 83
BOX = Box(7, 20, 40, 51)


def noise(bits: int, *shape: int) -> np.ndarray:
    dtype = np.uint8 if bits <= 8 else np.uint16 if bits <= 16 else np.uint32
    return np.random.default_rng(0).integers(0, 2**bits, shape or (HEIGHT, WIDTH), dtype)


@pytest.mark.parametrize("bits", [2, 4, 9, 10, 12, 14, 24])
@pytest.mark.parametrize("how", [{}, {"rowsperstrip": 7}, {"tile": (16, 32)}], ids=["one strip", "strips", "tiles"])
def test_packed_bits(tmp_path, opened, bits, how):
    """Pixels that are no whole bytes wide are unpacked, and a 12-bit camera's stay what they are."""
    image = noise(bits)
    tifffile.imwrite(tmp_path / "a.tif", image, bitspersample=bits, **how)
    source = opened(tmp_path / "a.tif")
    assert source.info.dtype == image.dtype
    np.testing.assert_array_equal(source.read(BOX), image[BOX.slices])
    np.testing.assert_array_equal(source.read(Box(0, 0, HEIGHT, WIDTH)), image)


LOSSLESS = ("webp", "jpegxl", "jpegxr", "jpeg2000", "lzma", "packbits", "png", "zstd", "lzw", "deflate", "lerc")


@pytest.mark.parametrize("how", [{"tile": (32, 48)}, {"rowsperstrip": 16}], ids=["tiles", "strips"])
@pytest.mark.parametrize("codec", LOSSLESS)
def test_colours_in_every_compression(tmp_path, opened, codec, how):
    image = noise(8, HEIGHT, WIDTH, 3)
    lossless = {"lossless": True} if codec in ("webp", "jpegxl") else {}
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", compression=codec, compressionargs=lossless, **how)
    source = opened(tmp_path / "a.tif")
    np.testing.assert_array_equal(source.read(BOX), tifffile.imread(tmp_path / "a.tif")[BOX.slices])
    if codec != "jpegxr":  # of which tifffile writes the lossy kind
        np.testing.assert_array_equal(source.read(BOX), image[BOX.slices])


def smooth() -> np.ndarray:
    y, x = np.indices((HEIGHT, WIDTH))
    return np.stack([127 + 60 * np.sin(y / 9), 127 + 60 * np.cos(x / 7), 80 + y], axis=-1).astype(np.uint8)


@pytest.mark.parametrize("subsampling", [(1, 1), (2, 1), (2, 2)])
@pytest.mark.parametrize("how", [{"tile": (32, 48)}, {"rowsperstrip": 16}, {}], ids=["tiles", "strips", "whole"])
def test_jpeg_with_fewer_colours_than_pixels(tmp_path, opened, subsampling, how):
    """libtiff, through OpenCV, upsamples in its own way: colours agree but for a few levels."""
    image = smooth()
    tifffile.imwrite(tmp_path / "a.tif", image, photometric="rgb", compression="jpeg", subsampling=subsampling, **how)
    source = opened(tmp_path / "a.tif")
    assert source.info.axes == "YXS"
    found = source.read(Box(0, 0, HEIGHT, WIDTH))
    np.testing.assert_array_equal(found, tifffile.imread(tmp_path / "a.tif"))
    np.testing.assert_array_equal(source.read(BOX), found[BOX.slices])
    assert np.abs(found.astype(int) - image).mean() < 4
    other = cv2.imread(str(tmp_path / "a.tif"))[..., ::-1]
    assert np.abs(found.astype(int) - other).mean() < 4


def test_jpeg_tiles_that_share_their_tables(tmp_path, opened):
    """The tables stand in a tag of their own, and each tile goes without."""
    image = smooth()
    Image.fromarray(image).save(tmp_path / "strips.tif", compression="jpeg", quality=90)
    with tifffile.TiffFile(tmp_path / "strips.tif") as file:
        assert file.pages[0].jpegtables  # Pillow's libtiff writes it so
    source = opened(tmp_path / "strips.tif")
    expected = np.asarray(Image.open(tmp_path / "strips.tif"))
    found = source.read(Box(0, 0, HEIGHT, WIDTH)).astype(int)
    assert np.abs(found - expected).max() <= 3
    np.testing.assert_array_equal(source.read(BOX), found[BOX.slices])


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "jpeg", "tiff_deflate", "zstd"])
def test_colours_that_other_programs_write(tmp_path, opened, compression):
    image = smooth()
    Image.fromarray(image).save(tmp_path / "a.tif", compression=compression)
    found = opened(tmp_path / "a.tif").read(BOX).astype(int)
    assert np.abs(found - np.asarray(Image.open(tmp_path / "a.tif"))[BOX.slices]).max() <= 3


@pytest.mark.parametrize("image", [noise(8), noise(16), noise(8, HEIGHT, WIDTH, 3), noise(8).astype(np.float32)])
def test_files_of_opencv(tmp_path, opened, image):
    cv2.imwrite(str(tmp_path / "a.tif"), image[..., ::-1] if image.ndim == 3 else image)
    np.testing.assert_array_equal(opened(tmp_path / "a.tif").read(BOX), image[BOX.slices])


def test_files_of_imagecodecs(tmp_path, opened):
    image = noise(16)
    (tmp_path / "a.tif").write_bytes(imagecodecs.tiff_encode(image))
    np.testing.assert_array_equal(opened(tmp_path / "a.tif").read(BOX), image[BOX.slices])


def test_a_stack_of_imagej_larger_than_4_gb(tmp_path, opened):
    """One directory, and behind it plane after plane further than 32 bits reach; most of the file is a hole."""
    side, planes = 8192, 70
    text = f"ImageJ=1.53t\nimages={planes}\nslices={planes}\nunit=micron\nspacing=2.0\nloop=false\n\0".encode()
    size = {"t256": (4, side), "t257": (4, side), "t278": (4, side), "t279": (4, side * side), "t270": (2, text)}
    start = 8 + len(directory(plain(**size), 8, 0))
    path = tmp_path / "a.tif"
    marks = {(0, 5, 9): 11, (1, 0, 0): 22, (65, 8191, 8191): 33, (planes - 1, 4000, 17): 44}
    with path.open("wb") as file:
        file.write(b"II" + struct.pack("<HI", 42, 8) + directory(plain(**size, t273=(4, start)), 8, 0))
        file.truncate(start + planes * side * side)
        for (z, y, x), value in marks.items():
            file.seek(start + (z * side + y) * side + x)
            file.write(bytes([value]))
    assert path.stat().st_size > 2**32
    source = opened(path)
    assert (source.info.axes, source.info.shape) == ("ZYX", (planes, side, side))
    for (z, y, x), value in marks.items():
        box = Box(max(0, y - 3), max(0, x - 3), 4, 4)
        expected = np.zeros((side, side), np.uint8)[box.slices].copy()
        expected[y - box.y, x - box.x] = value
        np.testing.assert_array_equal(source.read(box, z=z), expected)


@pytest.mark.parametrize("axes", ["ZYX", "CYX", "TZCYX", "ZCYXS"[:1] + "YXS"])
def test_hyperstacks_of_imagej_in_one_directory(tmp_path, opened, axes):
    """As ImageJ writes them: plane after plane behind the first one's directory."""
    lengths = {"T": 2, "Z": 3, "C": 2, "Y": HEIGHT, "X": WIDTH, "S": 3}
    image = noise(8, *(lengths[axis] for axis in axes))
    photometric = "rgb" if "S" in axes else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, photometric=photometric, metadata={"axes": axes})
    source = opened(tmp_path / "a.tif")
    assert source.info.axes == axes
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.series[0].dataoffset
    for z in range(source.info.length("Z")):
        index = tuple({"T": 1, "Z": z}[axis] for axis in axes if axis in "TZ")
        found = source.read(BOX, z=z, t=1 if "T" in axes else 0)
        expected = image[index][BOX.slices] if "C" not in axes else image[index][(..., *BOX.slices)]
        np.testing.assert_array_equal(found, expected)


def ndpi(*images: np.ndarray, resolution: int = 45000) -> bytes:
    """Return Hamamatsu's form: 64-bit offsets in a classic TIFF, JPEG pages divided by restart markers."""
    out = bytearray(b"II" + struct.pack("<HQ", 42, 0))
    pointer = 4
    for number, image in enumerate(images):
        held = io.BytesIO()
        Image.fromarray(image).save(held, "jpeg", quality=95, restart_marker_blocks=4, subsampling=0)
        packed = held.getvalue()
        scan = packed.index(b"\xff\xda")
        begin = scan + 2 + struct.unpack_from(">H", packed, scan + 2)[0]
        starts = [begin, *(match.end() for match in re.finditer(rb"\xff[\xd0-\xd7]", packed[begin:]))]
        starts = [begin, *(begin + at for at in starts[1:])]
        at = len(out)
        rational, table = at + len(packed), at + len(packed) + 8
        out += packed + struct.pack("<2I", resolution, 1) + struct.pack(f"<{len(starts)}I", *starts)
        tags = [
            (256, 4, 1, image.shape[1]), (257, 4, 1, image.shape[0]), (258, 3, 1, 8), (259, 3, 1, 7), (262, 3, 1, 6),
            (271, 2, 4, int.from_bytes(b"Ham\0", "little")), (273, 4, 1, at), (277, 3, 1, 3),
            (278, 4, 1, image.shape[0]),
            (279, 4, 1, len(packed)), (282, 5, 1, rational), (283, 5, 1, rational), (296, 3, 1, 3), (65420, 4, 1, 1),
            (65421, 11, 1, struct.unpack("<I", struct.pack("<f", 40 / 4**number))[0]),
            (65426, 4, len(starts), table),
        ]  # fmt: skip
        struct.pack_into("<Q", out, pointer, len(out))
        out += struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        pointer = len(out)
        out += bytes(8) + bytes(4 * len(tags))
    return bytes(out)


def test_a_slide_of_hamamatsu(tmp_path, opened):
    y, x = np.indices((128, 192))
    full = np.stack([y + x, 255 - y, x], axis=-1).astype(np.uint8)
    half = full[::2, ::2]
    (tmp_path / "a.ndpi").write_bytes(ndpi(full, np.ascontiguousarray(half)))
    source = opened(tmp_path / "a.ndpi")
    info = source.info
    assert (info.axes, info.shape, info.levels) == ("YXS", (128, 192, 3), ((128, 192), (64, 96)))
    assert (str(info.pixel_size), info.pixel_size_from) == ("0.222222", "resolution tags")
    box = Box(20, 40, 50, 70)
    assert np.abs(source.read(box).astype(int) - full[box.slices]).max() < 12
    assert source.decoded_segments == 7 * 3  # 8 × 32 px each: those that the box touches
    box = Box(10, 20, 30, 40)
    assert np.abs(source.read(box, level=1).astype(int) - half[box.slices]).max() < 12


def test_a_million_squared_in_sparse_tiles_is_read_where_it_is_asked(tmp_path, opened):
    """What a file claims may be true: 10⁶ × 10⁶ px, of which one tile was written."""
    side, tile = 10**6, 4096
    across = -(-side // tile)
    offsets, counts = np.zeros(across**2, int), np.zeros(across**2, int)
    image = noise(8, tile, tile)
    packed = imagecodecs.zlib_encode(image, level=1)
    where = 100 * across + 50
    tags = {
        256: (4, side), 257: (4, side), 258: (3, 8), 259: (3, 8), 262: (3, 1), 277: (3, 1), 322: (4, tile),
        323: (4, tile),
    }  # fmt: skip
    offsets[where], counts[where] = 8, len(packed)
    tags |= {324: (4, offsets.tolist()), 325: (4, counts.tolist())}
    at = 8 + len(packed)
    (tmp_path / "a.tif").write_bytes(b"II" + struct.pack("<HI", 42, at) + packed + directory(tags, at, 0))
    source = opened(tmp_path / "a.tif")
    y, x = 100 * tile, 50 * tile
    np.testing.assert_array_equal(source.read(Box(y + 5, x + 6, 70, 80)), image[5:75, 6:86])
    assert source.uniform_value(Box(0, 0, side, x)) == 0
    assert not source.read(Box(side - 9, side - 9, 9, 9)).any()


def test_complex_pixels_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 9), np.complex128))
    with pytest.raises(SourceError, match=r"a\.tif: complex128 pixels cannot be tiled"):
        open_source(tmp_path / "a.tif")
