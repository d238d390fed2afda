"""Arrays as sources: what the axes are taken for, and that a read gives the pixels and computes no others."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.array import array_source
from napari_tiles_creator.sources.registry import reopen

PATH = Path("somewhere/a layer")


def numbers(*shape, dtype="uint32"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


class Noting:
    """An array that comes from elsewhere and notes what is asked of it; with chunks as zarr has them."""

    def __init__(self, array, chunks=None):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        self.read = 0
        if chunks:
            self.chunks = chunks

    def __getitem__(self, key):
        part = self.array[key]
        self.read += part.size
        return part


@pytest.mark.parametrize(
    ("shape", "last", "labels", "axes"),
    [
        ((8, 9), "", (), "YX"),
        ((8, 9, 3), "S", (), "YXS"),
        ((8, 9, 4), "C", (), "YXC"),
        ((5, 8, 9), "", (), "ZYX"),
        ((5, 8, 9), "", ("-3", "-2", "-1"), "ZYX"),
        ((2, 5, 8, 9), "", (), "TZYX"),
        ((2, 5, 8, 9), "", ("c", "z", "y", "x"), "CZYX"),
        ((2, 5, 8, 9), "", ("Channel", "", "", ""), "CZYX"),
        ((2, 5, 8, 9), "", ("z", "", "", ""), "ZTYX"),
        ((2, 3, 5, 8, 9), "", ("", "c", "", "", ""), "TCZYX"),
        ((1, 1, 8, 9), "", (), "YX"),
        ((1, 5, 1, 8, 9), "", (), "ZYX"),
        ((1, 8, 9), "", ("c", "y", "x"), "CYX"),
        ((2, 8, 9, 3), "S", ("time", "y", "x"), "TYXS"),
    ],
)
def test_axes(shape, last, labels, axes):
    assert array_source(PATH, [numbers(*shape)], last=last, labels=labels).info.axes == axes


@pytest.mark.parametrize(
    ("array", "last", "labels", "said"),
    [
        (numbers(9), "", (), "at least 2 axes"),
        (numbers(8, 9), "S", (), "at least 3 axes"),
        (numbers(8, 9, 2), "S", (), "media.rgb"),
        (numbers(2, 2, 2, 2, 8, 9), "", (), "more axes"),
        (numbers(2, 2, 8, 9), "", ("z", "z"), "more axes"),
        (numbers(2, 8, 9, 3), "S", ("c",), "several channels"),
        (np.zeros((8, 9), complex), "", (), "complex128"),
        (np.zeros((8, 9), "datetime64[s]"), "", (), "datetime64"),
        (np.zeros((0, 9)), "", (), "no pixels"),
    ],
)
def test_what_is_no_image_is_refused_by_name(array, last, labels, said):
    with pytest.raises(SourceError, match=r"a layer: ") as refused:
        array_source(PATH, [array], last=last, labels=labels)
    assert said in str(refused.value)


def test_a_read_is_the_part_of_the_array():
    pixels = numbers(2, 3, 4, 20, 30)
    source = array_source(PATH, [pixels], labels=("t", "c", "z"))
    box = Box(3, 5, 7, 11)
    assert np.array_equal(source.read(box, z=2, t=1, channel=1), pixels[1, 1, 2, 3:10, 5:16])
    assert np.array_equal(source.read(box, z=3, t=0), pixels[0, :, 3, 3:10, 5:16])
    turned = array_source(PATH, [pixels], labels=("z", "t", "c"))
    assert np.array_equal(turned.read(box, z=1, t=2), pixels[1, 2, :, 3:10, 5:16])


def test_colours_stay_last_and_channels_come_first():
    pixels = numbers(20, 30, 4, dtype="uint16")
    colours, channels = array_source(PATH, [pixels], last="S"), array_source(PATH, [pixels], last="C")
    assert colours.info.shape == (20, 30, 3)
    assert colours.info.notes == ("its alpha channel is left out",)
    assert np.array_equal(colours.read(Box(1, 2, 3, 4)), pixels[1:4, 2:6, :3])
    assert np.array_equal(channels.read(Box(1, 2, 3, 4)), pixels[1:4, 2:6].transpose(2, 0, 1))
    assert np.array_equal(channels.read(Box(1, 2, 3, 4), channel=3), pixels[1:4, 2:6, 3])


def test_dtype_is_native():
    source = array_source(PATH, [numbers(8, 9).astype(">u2")])
    assert source.info.dtype == np.dtype("uint16")
    assert source.read(Box(0, 0, 8, 9)).dtype.isnative
    assert np.array_equal(source.read(Box(0, 0, 8, 9)), numbers(8, 9))


def test_nothing_but_the_box_is_asked_for():
    array = Noting(numbers(3, 1000, 1000), chunks=(1, 64, 100))
    source = array_source(PATH, [array])
    assert array.read == 0
    assert (source.info.chunk_rows, source.info.chunk_columns) == (64, 100)
    source.read(Box(10, 20, 5, 6), z=1)
    assert array.read == 30


def test_of_dask_only_the_chunks_that_are_touched_are_computed():
    da = pytest.importorskip("dask.array")
    pixels, computed = numbers(100, 100), []

    def block(block_id):
        computed.append(block_id)
        y, x = (20 * number for number in block_id)
        return pixels[y : y + 20, x : x + 20]

    chunks = ((20,) * 5,) * 2
    lazy = da.map_blocks(block, chunks=chunks, dtype=pixels.dtype, meta=np.empty((0, 0), pixels.dtype))
    source = array_source(PATH, [lazy])
    assert (source.info.chunk_rows, source.info.chunk_columns) == (20, 20)
    assert np.array_equal(source.read(Box(30, 45, 5, 30)), pixels[30:35, 45:75])
    assert sorted(computed) == [(1, 2), (1, 3)]


def test_many_threads_read_at_once():
    da = pytest.importorskip("dask.array")
    pixels = numbers(256, 256)
    source = array_source(PATH, [da.from_array(pixels, chunks=(16, 16))])
    boxes = [Box(y, x, 40, 40) for y in range(0, 200, 20) for x in range(0, 200, 20)]
    with ThreadPoolExecutor(8) as pool:
        for box, part in zip(boxes, pool.map(source.read, boxes), strict=True):
            assert np.array_equal(part, pixels[box.slices])


def test_levels_that_belong_to_it_are_kept():
    full = numbers(4, 100, 90)
    half, quarter = full[:, ::2, ::2], full[::2, ::4, ::4]  # the last has fewer planes, too
    source = array_source(PATH, [full, half, quarter])
    assert source.info.levels == ((100, 90), (50, 45), (25, 23))
    assert np.array_equal(source.read(Box(1, 2, 3, 4), z=3, level=1), half[3, 1:4, 2:6])
    assert np.array_equal(source.read(Box(1, 2, 3, 4), z=3, level=2), quarter[1, 1:4, 2:6])
    assert array_source(PATH, [full, full[:, :50], numbers(7, 7)]).info.levels == ((100, 90), (50, 90))


def test_it_is_opened_again_from_its_header():
    pixels = numbers(8, 9)
    info = array_source(PATH, [pixels]).info
    assert np.array_equal(reopen(info).read(Box(0, 0, 8, 9)), pixels)
    assert "opener" not in repr(info)
    assert info == array_source(PATH, [pixels]).info


def test_what_goes_wrong_elsewhere_is_told_by_name():
    class Broken(Noting):
        def __getitem__(self, key):
            raise RuntimeError("the server\nis gone")

    source = array_source(PATH, [Broken(numbers(8, 9))])
    with pytest.raises(SourceError, match="a layer cannot be computed: the server is gone"):
        source.read(Box(0, 0, 1, 1))
