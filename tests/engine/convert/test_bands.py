"""A source is read in bands; every chunk is decoded once, where a row of chunks fits into memory."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunked_array import ChunkedArray
from napari_tiles_creator.engine.convert.bands import Bands, band_rows
from napari_tiles_creator.sources.arrays.array_source import source_of

lengths = st.integers(1, 70)
chunk_lengths = st.sampled_from([1, 2, 5, 8, 16, 33])


@given(plane=st.tuples(lengths, lengths), chunk=st.tuples(chunk_lengths, chunk_lengths), wanted=st.integers(1, 40))
def test_every_chunk_is_decoded_once(plane, chunk, wanted):
    pixels = np.arange(3 * plane[0] * plane[1]).reshape(3, *plane)
    array = ChunkedArray(pixels, (3, *chunk))  # all channels in one chunk: they are read together
    source = source_of(Path("a"), [array], "CYX")
    rows, once = band_rows(source.info, wanted, 1 << 30)
    assert once
    bands = [band.copy() for band in Bands(source, rows, 2).read({})]
    assert np.array_equal(np.concatenate(bands, axis=1)[..., 0], pixels)
    assert array.reads.min() == array.reads.max() == 1


def test_a_row_of_chunks_that_does_not_fit_is_read_in_parts():
    """Memory goes before speed: then chunks are decoded again, which the user is told."""
    info = source_of(Path("a"), [ChunkedArray(np.zeros((4000, 100), np.uint8), (4000, 10))], "YX").info
    assert band_rows(info, 512, 4000 * 100) == (4000, True)
    assert band_rows(info, 512, 4000 * 100 - 1) == (512, False)


def test_uniform_rectangles_are_not_read():
    array = ChunkedArray(np.full((64, 64), 9, np.uint8), (16, 16))
    source = source_of(Path("a"), [array], "YX", uniform=lambda array, index: 9)
    (band,) = Bands(source, 64, 2).read({})
    assert (band == 9).all()
    assert not array.reads.any()


@pytest.mark.parametrize("axes", ["YXC", "YXS"])
def test_channels_and_colours_have_their_axes(axes):
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    (band,) = Bands(source_of(Path("a"), [pixels], axes), 64, 1).read({})
    expected = pixels[None] if axes == "YXS" else np.moveaxis(pixels, -1, 0)[..., None]
    assert np.array_equal(band, expected)
