"""Chunks: which ones a part touches, and that what is kept is decoded once."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.sources.arrays.chunks import assembled, places_in, spans_of
from napari_tiles_creator.sources.arrays.kept_chunks import KeptChunks


class Chunked:
    """An array that is given chunk by chunk, and notes which."""

    def __init__(self, array, chunks):
        self.array, self.shape, self.dtype, self.chunks = array, array.shape, array.dtype, chunks
        self.decoded = []

    def chunk(self, place):
        self.decoded.append(place)
        return self.array[tuple(slice(k * c, (k + 1) * c) for k, c in zip(place, self.chunks, strict=True))]


@given(data=st.data())
def test_a_part_is_put_together_from_the_chunks_it_touches(data):
    shape = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple))
    chunks = tuple(data.draw(st.integers(1, n + 2)) for n in shape)
    pixels = np.arange(np.prod(shape)).reshape(shape)
    index = tuple(
        data.draw(st.one_of(st.integers(0, n - 1), st.just(slice(None)), st.slices(n).filter(lambda s: s.step == 1)))
        for n in shape
    )
    array = Chunked(pixels, chunks)
    part = assembled(index, array, lambda place, again: array.chunk(place))
    assert np.array_equal(part, pixels[index])
    owner = np.indices(shape) // np.array(chunks).reshape(-1, *[1] * len(shape))
    touched = {tuple(map(int, place)) for place in owner[(slice(None), *index)].reshape(len(shape), -1).T}
    if part.size:
        assert set(array.decoded) == touched == set(places_in(spans_of(index, shape), chunks))
        assert len(array.decoded) == len(touched)


def test_planes_of_one_chunk_decode_it_once():
    pixels = np.arange(6 * 8 * 10).reshape(6, 8, 10)
    array, kept = Chunked(pixels, (6, 4, 5)), KeptChunks(1 << 20)

    def chunk_at(place, again):
        return kept.get((array, place), lambda: array.chunk(place), again)

    for z in range(6):
        part = assembled((z, slice(2, 8), slice(0, 10)), array, chunk_at, (1, 2))
        assert np.array_equal(part, pixels[z, 2:8])
    assert sorted(array.decoded) == [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)]


def test_whole_chunks_are_not_kept():
    pixels = np.arange(80).reshape(8, 10)
    array, kept = Chunked(pixels, (4, 5)), KeptChunks(1 << 20)
    for _ in range(2):
        assembled((slice(0, 4), slice(0, 10)), array, lambda p, a: kept.get((array, p), lambda: array.chunk(p), a))
    assert array.decoded == [(0, 0), (0, 1), (0, 0), (0, 1)]
