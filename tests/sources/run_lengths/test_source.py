"""Run lengths as a source: any rectangle, from several threads, and what is uniform is known."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.geometry.pixel_size import PixelSize
from napari_tiles_creator.sources.registry import open_source, reopen
from napari_tiles_creator.sources.run_lengths.file import write_run_lengths

HEIGHT, WIDTH = 3000, 400


@pytest.fixture(scope="module")
def mask():
    rng = np.random.default_rng(1)
    mask = np.repeat(np.repeat(rng.random((30, 8)) < 0.4, 100, 0), 50, 1)
    mask[1000:1100] ^= rng.random((100, WIDTH)) < 0.1
    return mask


@pytest.fixture(scope="module")
def source(tmp_path_factory, mask):
    path = tmp_path_factory.mktemp("rle") / "mask.rle"
    write_run_lengths(path, mask.shape, [mask], PixelSize(0.5, 0.5))
    source = open_source(path)
    yield source
    source.close()


@st.composite
def boxes(draw):
    y, y_stop = sorted(draw(st.tuples(*[st.integers(0, HEIGHT)] * 2)))
    x, x_stop = sorted(draw(st.tuples(*[st.integers(0, WIDTH)] * 2)))
    return Box.between(y, x, y_stop, x_stop)


def test_the_header(source):
    info = source.info
    assert (info.axes, info.shape, info.dtype) == ("YX", (HEIGHT, WIDTH), np.uint8)
    assert (info.pixel_size, info.pixel_size_from) == (PixelSize(0.5, 0.5), "run lengths")
    assert not info.notes


@given(boxes())
def test_any_rectangle(source, mask, box):
    pixels = source.read(box)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, np.where(mask[box.slices], 255, 0))


@given(st.one_of(boxes(), st.builds(Box, st.integers(0, 2900), st.integers(0, 350), st.just(60), st.just(30))))
def test_what_is_uniform_is_known(source, mask, box):
    values = set(np.unique(np.where(mask[box.slices], 255, 0)).tolist())
    assert source.uniform_value(box) == (values.pop() if len(values) == 1 else None)


def test_several_threads_at_once(source, mask):
    rng = np.random.default_rng(2)
    wanted = [Box(int(y), int(x), 500, 150) for y, x in rng.integers(0, (HEIGHT - 500, WIDTH - 150), (200, 2))]
    with ThreadPoolExecutor(8) as pool:
        for box, pixels in zip(wanted, pool.map(source.read, wanted), strict=True):
            np.testing.assert_array_equal(pixels > 0, mask[box.slices])


def test_it_is_opened_again_and_a_file_without_pixel_size_says_so(tmp_path, source):
    again = reopen(source.info)
    assert again.info == source.info
    again.close()
    write_run_lengths(tmp_path / "m.rle", (2, 3), [np.eye(2, 3)])
    plain = open_source(tmp_path / "m.rle")
    assert (plain.info.pixel_size, plain.info.pixel_size_from) == (None, "none in the file")
    assert plain.read(Box(0, 0, 2, 3)).tolist() == [[255, 0, 0], [0, 255, 0]]
    plain.close()


@pytest.mark.parametrize("content", [b"x" * 1000, b"PK\x03\x04" + bytes(500), b"II*\0"])
def test_what_only_has_the_name_is_refused(tmp_path, content):
    path = Path(tmp_path / "m.rle")
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"m\.rle cannot be read"):
        open_source(path)
