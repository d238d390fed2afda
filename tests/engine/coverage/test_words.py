import numpy as np
import pytest

from napari_tiles_creator.engine.coverage.coverage import Coverage
from napari_tiles_creator.engine.coverage.words import facts, verdict
from napari_tiles_creator.geometry.pixel_size import PixelSize


def coverage_of(body, inside, threshold=0.1, pixel_size=None):
    counts = (np.array([[n]], np.int64) for n in (body, inside + 7, inside))
    return Coverage((9, 9), (9, 9), *counts, threshold, pixel_size)


@pytest.mark.parametrize(
    ("body", "inside", "threshold", "words"),
    [
        (1000, 234, 0.1, "the signal covers 23.4 % of the body: positive (threshold 10 %)"),
        (1000, 99, 0.1, "the signal covers 9.9 % of the body: negative (threshold 10 %)"),
        (1000, 100, 0.1, "the signal covers 10.0 % of the body: positive (threshold 10 %)"),
        # A share that rounds to the threshold and does not come to it must not look as if it did.
        (1_000_000, 99_999, 0.1, "the signal covers 9.9999 % of the body: negative (threshold 10 %)"),
        (8, 1, 0.125, "the signal covers 12.5 % of the body: positive (threshold 12.5 %)"),
        (0, 0, 0.1, "there is no body: no pixel of it is inside, so there is no coverage"),
    ],
)
def test_the_verdict_is_one_sentence(body, inside, threshold, words):
    assert verdict(coverage_of(body, inside, threshold)) == words


def test_areas_are_told_where_the_pixel_size_is_known():
    assert facts(coverage_of(2_000_000, 1000))[0] == "body 2 000 000 px"
    assert facts(coverage_of(2_000_000, 1000, pixel_size=PixelSize(0.5, 0.25)))[0] == "body 2 000 000 px (0.25 mm²)"
