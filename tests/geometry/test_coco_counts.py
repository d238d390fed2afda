"""COCO's text of counts, judged by the COCO API's own code."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from napari_tiles_creator.geometry.coco_counts import compressed, decompressed

# The COCO API's counts have 32 bits; a stretch that is much longer than the one two before gives a long group of bits.
COUNTS = st.lists(st.one_of(st.integers(0, 40), st.integers(0, 2**31)), min_size=1, max_size=40)


@given(COUNTS)
def test_the_text_is_that_of_the_coco_api(counts):
    theirs = coco.frPyObjects({"size": [1, sum(counts)], "counts": counts}, 1, sum(counts))["counts"]
    assert compressed(np.array(counts, np.int64)) == theirs.decode()
    assert decompressed(theirs).tolist() == counts
    assert decompressed(theirs.decode()).tolist() == counts


@pytest.mark.parametrize("counts", [[], [0], [10**10], [0, 10**10], [1, 10**10, 3, 1, 10**12, 5], [2**40] * 9])
def test_counts_that_are_longer_than_the_coco_api_holds_survive(counts):
    assert decompressed(compressed(np.array(counts, np.int64))).tolist() == counts


@pytest.mark.parametrize("text", ["0 1", "é", "01\n", "P", "0P", "o" * 20 + "0", b"\x00", "\x7f"])
def test_a_text_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="counts of a COCO mask"):
        decompressed(text)
