"""Masks are read in blocks; every chunk is decoded at most once, from any number of threads."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunked_array import ChunkedArray
from napari_tiles_creator.engine.coverage.mask import Mask
from napari_tiles_creator.engine.planning.chunks import chunk_of
from napari_tiles_creator.geometry.blocks import block_shape, boxes_of
from napari_tiles_creator.geometry.box import Box
from napari_tiles_creator.sources.arrays.array_source import source_of


def known_value(array, index):
    """Tell the value of single chunks that are uniform, as a reader does that knows its chunks."""
    inside = array.pixels[index]
    alike = (
        all(at.stop - at.start <= chunk for at, chunk in zip(index, array.chunks, strict=True))
        and inside.min() == inside.max()
    )
    return inside.flat[0].item() if alike else None


sizes = st.integers(1, 60)
chunk_lengths = st.sampled_from([1, 2, 3, 5, 7, 8, 12, 16, 33])


@given(
    plane=st.tuples(sizes, sizes),
    chunks=st.lists(st.tuples(chunk_lengths, chunk_lengths), min_size=2, max_size=2),
    wanted=st.integers(1, 400),
    most=st.integers(1, 1200),
    inverted=st.booleans(),
    tells=st.booleans(),
    seed=st.integers(0, 99),
)
def test_every_chunk_is_decoded_once_whatever_the_blocks(plane, chunks, wanted, most, inverted, tells, seed):
    rng = np.random.default_rng(seed)
    arrays = [ChunkedArray(rng.integers(0, 2, plane, np.uint8), chunk) for chunk in chunks]
    arrays[0].pixels[: plane[0] // 2] = 0
    sources = [source_of(Path("a"), [array], "YX", uniform=known_value if tells else None) for array in arrays]
    block = block_shape(plane, [chunk_of(source.info) for source in sources], wanted, most)
    for array, source in zip(arrays, sources, strict=True):
        mask = Mask(source, {}, inverted, block)
        out = np.zeros(plane, bool)
        with ThreadPoolExecutor(3) as pool:
            boxes = list(boxes_of(Box(0, 0, *plane), block))
            for box, inside in zip(boxes, pool.map(mask.read, boxes), strict=True):
                out[box.slices] = inside
        assert np.array_equal(out, (array.pixels == 0) if inverted else (array.pixels != 0))
        assert array.reads.max() <= 1
        assert tells or array.reads.min() == 1
        assert not mask._held, "chunks are kept that nobody will ask for"


@pytest.mark.parametrize("inverted", [False, True])
def test_what_is_no_number_lies_nowhere(inverted):
    pixels = np.array([[0.0, 1.0, np.nan], [-2.0, np.inf, 0.0]], np.float32)
    mask = Mask(source_of(Path("a"), [pixels], "YX"), {}, inverted, (2, 3))
    expected = [[1, 0, 0], [0, 0, 1]] if inverted else [[0, 1, 0], [1, 1, 0]]
    assert mask.read(Box(0, 0, 2, 3)).tolist() == np.array(expected, bool).tolist()


def test_a_block_of_one_value_is_told_without_reading():
    array = ChunkedArray(np.full((64, 64), 7, np.uint16), (16, 16))
    mask = Mask(source_of(Path("a"), [array], "YX", uniform=lambda array, index: 7), {}, False, (32, 32))
    assert mask.read(Box(0, 32, 32, 32)) is True
    assert not array.reads.any()
