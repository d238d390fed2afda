"""A format without random access is decoded once, by one thread, within the memory that there is."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.arrays.whole import whole_source
from napari_tiles_creator.sources.base import Opening
from peak_memory import PEAK

PIXELS = np.arange(200 * 300 * 3, dtype=np.uint16).reshape(200, 300, 3)


def source(tmp_path, decode=lambda: PIXELS, opening=None, **changes):
    known = {"axes": "YXS", "shape": PIXELS.shape, "dtype": np.uint16, **changes}
    return whole_source(tmp_path / "a.png", opening or Opening(), decode, **known)


def test_many_threads_decode_once(tmp_path):
    started = threading.Barrier(8, timeout=60)
    opened = source(tmp_path)

    def read(row):
        started.wait()
        return opened.read(Box(row, 10, 5, 50))

    with ThreadPoolExecutor(8) as pool:
        for row, found in enumerate(pool.map(read, range(8))):
            np.testing.assert_array_equal(found, PIXELS[row : row + 5, 10:60])
    assert opened.decoded_segments == 1


def test_closing_forgets_the_pixels_and_reading_again_decodes_again(tmp_path):
    opened = source(tmp_path)
    opened.read(Box(0, 0, 5, 5))
    opened.close()
    np.testing.assert_array_equal(opened.read(Box(0, 0, 5, 5)), PIXELS[:5, :5])
    assert opened.decoded_segments == 2


def test_what_the_first_read_takes_is_told(tmp_path):
    info = source(tmp_path, extra_bytes=1000).info
    assert info.whole_bytes == PIXELS.nbytes + 1000
    assert (info.chunk_rows, info.chunk_columns) == (200, 300)


@pytest.mark.parametrize(
    ("opening", "axes", "expected"),
    [
        (Opening(), "YXS", PIXELS),
        (Opening(rgb=True), "YXS", PIXELS),
        (Opening(rgb=False), "YXC", PIXELS.transpose(2, 0, 1)),
        (Opening(axes="YXC"), "YXC", PIXELS.transpose(2, 0, 1)),
        (Opening(axes="ZYX"), "ZYX", PIXELS[0]),
        (Opening(axes="YX"), "YXS", PIXELS),
    ],
)
def test_axes_are_understood_as_they_are_told(tmp_path, opening, axes, expected):
    opened = source(tmp_path, opening=opening)
    assert (opened.info.axes, opened.info.shape) == (axes, PIXELS.shape)
    height, width = opened.info.plane_shape
    np.testing.assert_array_equal(opened.read(Box(0, 0, height, width)), expected)


def test_pixels_that_are_not_those_of_the_header_are_damage(tmp_path):
    with pytest.raises(SourceError, match=r"a\.png is damaged: \(10, 300, 3\) pixels where its header says"):
        source(tmp_path, lambda: PIXELS[:10]).read(Box(0, 0, 5, 5))


@pytest.mark.parametrize("error", [ValueError("bad\nstream"), MemoryError(), RuntimeError("codec")])
def test_whatever_a_codec_raises_is_one_sentence(tmp_path, error):
    def decode():
        raise error

    with pytest.raises(SourceError, match=r"^a\.png") as caught:
        source(tmp_path, decode).read(Box(0, 0, 5, 5))
    assert "\n" not in str(caught.value)


def test_more_than_there_is_memory_is_refused_before_it_is_decoded(tmp_path):
    opened = source(tmp_path, shape=(10**6, 10**6, 3))
    sentence = r"a\.png: decoding it takes 6 TB of memory at once, .* are free: its format has no random access"
    with pytest.raises(SourceError, match=sentence):
        opened.read(Box(0, 0, 5, 5))
    assert opened.decoded_segments == 0


SIDE = 3000
GREY = (np.add.outer(np.arange(SIDE), 3 * np.arange(SIDE)) // 7 % 251).astype(np.uint8)
COLOUR = np.dstack([GREY, GREY[::-1], GREY.T])
FILES = {
    "a.png": lambda path: Image.fromarray(COLOUR).save(path, compress_level=1),
    "grey.png": lambda path: path.write_bytes(imagecodecs.png_encode(np.dstack([GREY, GREY]), level=1)),
    "a.jpg": lambda path: Image.fromarray(COLOUR).save(path),
    "progressive.jpg": lambda path: Image.fromarray(COLOUR).save(path, progressive=True, subsampling=0),
    "a.webp": lambda path: Image.fromarray(COLOUR).save(path, method=0),
    "lossless.webp": lambda path: Image.fromarray(COLOUR).save(path, lossless=True, method=0),
    "a.bmp": lambda path: Image.fromarray(COLOUR).save(path),
    "grey.bmp": lambda path: Image.fromarray(GREY).save(path),
    "a.jp2": lambda path: path.write_bytes(imagecodecs.jpeg2k_encode(COLOUR, level=40)),
    "deep.jp2": lambda path: path.write_bytes(imagecodecs.jpeg2k_encode(GREY.astype(np.uint16) * 200, level=60)),
}
MEASURE = f"""{PEAK}
import sys
from pathlib import Path
import imagecodecs, numpy, PIL.BmpImagePlugin
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.registry import open_source
source = open_source(Path(sys.argv[1]))
before = peak()
source.read(Box(0, 0, 5, 5))
print(source.info.whole_bytes, peak() - before)
"""


@pytest.mark.parametrize("name", FILES)
def test_decoding_takes_no_more_memory_than_the_source_tells(tmp_path, name):
    """The file itself is mapped: its pages count here, and give way where memory is short."""
    path = tmp_path / name
    FILES[name](path)
    done = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    told, taken = map(int, done.stdout.split())
    pixels = SIDE * SIDE * (1 if name.startswith(("grey", "deep")) else 3)
    assert pixels <= told
    assert taken - path.stat().st_size < told + 8e6
