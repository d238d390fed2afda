"""Chunks of one value: told only where it is certain."""

import numpy as np
import pytest

from napari_tiles_creator.sources.arrays.uniform_chunks import Stored, UniformChunks, is_small, one_value


class Chunks:
    """A row of chunks of 10 × 10 pixels, each stored as one byte that names its pixels, or never written."""

    shape, chunks = (10, 45), (10, 10)

    def __init__(self, stored, pixels):
        self.stored_bytes, self.pixels, self.decoded = stored, pixels, []

    def stored(self, place):
        return self.stored_bytes[place[1]]

    def decode(self, place):
        self.decoded.append(place)
        return self.pixels[self.stored(place)][:, : 45 - 10 * place[1]]

    def value(self, fill, start, stop):
        known = UniformChunks(fill, self.stored, self.decode)
        return known(self, (slice(0, 10), slice(start, stop)))


def test_equal_bytes_are_decoded_once_and_differing_pixels_are_no_value():
    mixed = np.zeros((10, 10))
    mixed[3, 4] = 1
    row = Chunks([b"a", b"a", b"b", b"m", b"a"], {b"a": np.full((10, 10), 7), b"b": np.full((10, 10), 8), b"m": mixed})
    assert row.value(0, 0, 20) == 7
    assert row.decoded == [(0, 0)]
    assert row.value(0, 10, 30) is None
    assert row.value(0, 22, 25) == 8
    assert row.value(0, 30, 40) is None
    assert row.value(0, 40, 45) == 7


def test_a_chunk_at_the_end_says_nothing_of_one_that_lies_inside():
    half = np.full((10, 10), 7)
    half[:, 5:] = 9  # of the last chunk only the first five columns lie inside the array
    row = Chunks([b"h", b"h", b"h", b"h", b"h"], {b"h": half})
    known = UniformChunks(0, row.stored, row.decode)
    assert known(row, (slice(0, 10), slice(40, 45))) == 7
    assert known(row, (slice(0, 10), slice(0, 10))) is None


@pytest.mark.parametrize(("fill", "value"), [(3, 3), (None, None), (float("nan"), None)])
def test_chunks_that_were_never_written_have_the_fill_value_if_there_is_one(fill, value):
    row = Chunks([Stored.NEVER] * 5, {})
    assert row.value(fill, 0, 45) == value
    assert row.value(fill, 10, 10) is None
    assert Chunks([Stored.NEVER, Stored.LARGE, *[Stored.NEVER] * 3], {}).value(fill, 0, 20) is None


def test_only_what_compresses_very_well_is_looked_at():
    assert is_small(1000, 1 << 20)
    assert not is_small(100_000, 1 << 20)
    assert not is_small(50, 50)


def test_one_value():
    assert one_value(np.full((3, 4), 7, "u1")) == 7
    assert one_value(np.array([[0, 0, 1]])) is None
    assert one_value(np.full(3, np.nan)) is None
    assert one_value(np.ones((2, 2), bool)) is True
