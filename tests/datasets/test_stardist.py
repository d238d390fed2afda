"""StarDist's pairs: every number one piece."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from drawn_tiles import drawn, offer
from napari_tiles_creator.datasets.base import TilePlace
from napari_tiles_creator.datasets.stardist import StardistLayout

TIF = {"format": "tif", "dtypes": frozenset({"float32"})}


def test_paths():
    place = TilePlace("a", ".tif", "train")
    assert StardistLayout().tile_path(place) == "train/images/a.tif"
    assert StardistLayout().mask_path(place) == "train/masks/a.tif"


@given(arrays(np.uint32, (9, 11), elements=st.integers(0, 4)))
def test_every_number_is_one_piece_of_one_object(instances):
    _, instances = np.unique(np.append(instances, 0), return_inverse=True)
    instances = instances[:-1].reshape(9, 11)
    mask = StardistLayout().mask(drawn(instances, outlines=False))
    assert mask.dtype == np.uint16
    np.testing.assert_array_equal(mask > 0, instances > 0)
    found = np.unique(mask[mask > 0])
    assert found.tolist() == list(range(1, len(found) + 1))
    assert all(ndimage.label(mask == number)[1] == 1 for number in found)
    assert all(len(np.unique(instances[mask == number])) == 1 for number in found)
    assert len(found) == sum(ndimage.label(instances == number)[1] for number in range(1, instances.max() + 1))


def test_the_largest_piece_keeps_the_objects_number():
    mask = StardistLayout().mask(drawn([[1, 0, 1, 1], [0, 2, 0, 0], [1, 0, 2, 2]]))
    assert mask.tolist() == [[3, 0, 1, 1], [0, 5, 0, 0], [4, 0, 2, 2]]


@pytest.mark.parametrize("taken", [{}, {"splits": ()}, {"axes": frozenset({"YXS"}), "samples": frozenset({3})}])
def test_taken(taken):
    assert StardistLayout().refusal(offer(**TIF, **taken)) is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"annotated": False}, "annotations.labels"),
        ({"format": "png"}, "export.format"),
        ({"axes": frozenset({"CYX"})}, "media.channel"),
        ({"is_ragged": True}, "tiling.edge"),
        ({"size": (500, 500)}, "tiling.size_px"),
    ],
)
def test_refused(given, field):
    assert StardistLayout().refusal(offer(**TIF | given)).field == field
