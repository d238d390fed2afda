"""Planes that can only be read whole are decoded once for all their rectangles, as far as memory allows."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from napari_tiles_creator.sources.bioio.plane_array import KEPT_BYTES, PlaneArray

STACK = np.random.default_rng(0).integers(0, 60000, (1, 2, 3, 97, 113), np.uint16)  # one time; c, z, y, x


def counted_planes(chunks):
    """Return a lazy stack, and the list of the planes that were decoded."""
    dask = pytest.importorskip("dask.array")
    decoded = []

    def plane(block_info=None):
        place = block_info[None]["array-location"]
        decoded.append(tuple(start for start, _ in place))
        return STACK[0][tuple(slice(*part) for part in place)]

    return dask.map_blocks(plane, chunks=chunks, dtype=np.uint16, meta=np.empty((0,) * 4, np.uint16)), decoded


def test_a_plane_that_can_only_be_read_whole_is_decoded_once_for_all_its_rectangles():
    lazy, decoded = counted_planes(((1, 1), (1, 1, 1), (97,), (113,)))
    planes = PlaneArray("a.lif", lazy, "CZYX")
    started = threading.Barrier(8, timeout=60)

    def read(row):
        started.wait()
        return planes[slice(None), 2, slice(row, row + 5), slice(10, 60)]

    with ThreadPoolExecutor(8) as pool:
        for row, found in enumerate(pool.map(read, range(8))):
            np.testing.assert_array_equal(found, STACK[0][:, 2, row : row + 5, 10:60])
    assert sorted(decoded) == [(0, 2, 0, 0), (1, 2, 0, 0)]
    for _ in range(2):
        np.testing.assert_array_equal(planes[1, 0, slice(0, 5), slice(0, 7)], STACK[0][1, 0, :5, :7])
        assert len(decoded) == 3
    planes.forget()
    planes[1, 0, slice(0, 5), slice(0, 7)]
    assert len(decoded) == 4


def test_as_many_planes_are_kept_as_memory_allows():
    """A projection comes back to all planes for each tile; of a large stack those that were read last are kept."""
    dask = pytest.importorskip("dask.array")
    decoded = []

    def plane(block_info=None):
        (start, _), *_ = block_info[None]["array-location"]
        decoded.append(start)
        return np.full((1, 3000, 5000), start, np.uint16)

    chunks = ((1,) * 6, (3000,), (5000,))  # six planes of 30 MB
    lazy = dask.map_blocks(plane, chunks=chunks, dtype=np.uint16, meta=np.empty((0,) * 3, np.uint16))
    planes = PlaneArray("a.nd2", lazy, "ZYX")
    assert (planes.plane_bytes, planes.kept_bytes) == (30_000_000, KEPT_BYTES)
    for z in (0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 4, 3, 2):
        assert (planes[z, slice(5, 7), slice(0, 9)] == z).all()
    assert decoded == [0, 1, 2, 3, 4, 5]
    planes[0, slice(5, 7), slice(0, 9)]
    assert decoded[-1] == 0


def test_a_mosaic_is_decoded_where_it_is_touched():
    lazy, decoded = counted_planes(((2,), (1, 1, 1), (50, 47), (60, 53)))
    planes = PlaneArray("a.czi", lazy, "CZYX")
    assert planes.kept_bytes == 0
    np.testing.assert_array_equal(planes[1, 2, slice(60, 70), slice(70, 80)], STACK[0][1, 2, 60:70, 70:80])
    assert decoded == [(0, 2, 50, 60)]
