"""Chunks that are kept: bounded, the oldest goes first."""

import numpy as np

from napari_tiles_creator.sources.arrays.kept_chunks import KeptChunks


def test_what_is_kept_is_bounded_and_the_oldest_goes_first():
    kept, decoded = KeptChunks(250), []

    def get(number):
        def decode():
            decoded.append(number)
            return np.full(100, number, np.uint8)

        return kept.get(("owner", number), decode, True)[0]

    assert [get(n) for n in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert decoded == [1, 2, 3, 2]
    kept.forget("owner")
    get(1)
    assert decoded[-1] == 1
    large = kept.get(("owner", 9), lambda: np.zeros(10_000, np.uint8), True)
    assert large.size == 10_000
    get(1)
    assert decoded[-1] == 1
    assert len(decoded) == 6
