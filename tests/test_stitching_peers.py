"""What is put together from tiles, against the truth and beside tiler: small forms of what `make clients` compares."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from stitching import measures, ours
from stitching.cases import Case
from stitching.fields import FieldForm, Kind, pieces_of

from napari_tiles_creator.engine.back.values.weights import BLENDS

KINDS: tuple[Kind, ...] = ("apart", "touching", "large")
# Objects in the field, and how good the labels and boxes must be: F1 and IoU of all.
BOUNDS = {"apart": (0.995, 0.87), "touching": (0.995, 0.86), "large": (0.99, 0.87)}


@cache
def case(kind: Kind) -> Case:
    return Case(FieldForm(kind, side=640, size=256, overlap=64, seed=1))


def pasted(made: Case) -> NDArray[np.int64]:
    """Return the tiles' labels put side by side, each pixel from the tile that owns it, ids told apart by tile."""
    found = np.zeros(made.truth.shape, np.int64)
    for tile, labels in zip(made.form.grid, made.labels, strict=True):
        y, x = tile.core.y - tile.box.y, tile.core.x - tile.box.x
        core = labels[y : y + tile.core.height, x : x + tile.core.width]
        found[tile.core.slices] = np.where(core > 0, core + tile.index * 10_000, 0)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_labels_of_a_field_are_its_objects(kind):
    made = case(kind)
    score = measures.of_labels(made.truth, ours.stitched(made.form, made.labels))
    f1, iou = BOUNDS[kind]
    assert score.true > 100
    assert score.miscounted <= 0.005 * score.true
    assert score.f1 >= f1
    assert score.iou >= iou
    # What is merely put side by side does not come near: the bounds tell the two apart.
    beside = measures.of_labels(made.truth, pasted(made))
    assert beside.miscounted > 0.1 * score.true
    assert beside.f1 < 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_of_a_field_are_its_objects(kind):
    made = case(kind)
    truth = measures.boxes_of(made.truth)
    score = measures.of_boxes(truth, ours.boxed(made.form, made.detections))
    # The box of a process across many tiles is that of its parts, which share little with each other.
    f1, iou = BOUNDS[kind] if kind != "large" else (0.97, 0.86)
    assert score.miscounted <= 0.015 * score.true
    assert score.f1 >= f1
    assert score.iou >= iou
    every = measures.of_boxes(truth, made.detections[:, [1, 3, 4, 5, 6]])
    assert every.f1 < 0.8


def test_long_processes_across_many_tiles_are_one_object_each():
    made = case("large")
    found = ours.stitched(made.form, made.labels)
    long = [
        label
        for label, place in enumerate(ndimage.find_objects(made.truth), 1)
        if max(part.stop - part.start for part in place) > made.form.size
    ]
    assert len(long) >= 3
    for label in long:
        ids, areas = np.unique(found[made.truth == label], return_counts=True)
        # Its pixels are of one id, but for its outline, where errors move the background in.
        inside = areas[ids > 0]
        assert inside.max() > 0.97 * inside.sum()


@cache
def by_tiler(window: str, value: float | None = None) -> NDArray[np.float32]:
    """Return what tiler makes of the maps, or of tiles that hold one value."""
    from tiler import Merger, Tiler

    made = case("apart")
    form = made.form
    merger = Merger(Tiler((form.side, form.side), (form.size, form.size), form.overlap), window)
    for number, tile in enumerate(made.maps):
        merger.add(number, tile if value is None else np.full_like(tile, value))
    return merger.merge()


@pytest.mark.parametrize(
    ("blend", "window"),
    [("mean", "boxcar"), ("linear", "triang"), ("hann", "blackman"), ("gaussian", "parzen")],
)
def test_blends_are_as_near_to_the_truth_as_tilers_windows(blend, window):
    made = case("apart")
    mine, theirs = (merged - made.likely for merged in (ours.blended(made.form, made.maps, blend), by_tiler(window)))
    # Apart by what the noise of so small a map makes of them.
    for measured in (lambda error: np.abs(error).mean(), lambda error: np.abs(error).max(), measures.seam):
        assert measured(mine) <= 1.05 * measured(theirs)
    scores = [
        measures.of_labels(made.truth, pieces_of((error + made.likely > 0.5).astype(np.int32)))
        for error in (mine, theirs)
    ]
    assert scores[0].miscounted <= scores[1].miscounted
    assert scores[0].iou >= scores[1].iou - 0.001


def test_only_blends_that_fade_leave_no_seam():
    made = case("apart")
    noise = measures.seam(np.random.default_rng(0).normal(0, 0.01, made.truth.shape))
    seams = {blend: measures.seam(ours.blended(made.form, made.maps, blend) - made.likely) for blend in BLENDS}
    assert all(seams[blend] < 1.2 * noise for blend in ("linear", "hann", "gaussian"))
    assert seams["mean"] > 5 * noise


@pytest.mark.parametrize("blend", BLENDS)
def test_a_value_that_is_everywhere_stays_where_windows_of_tiler_lose_it(blend):
    made = case("apart")
    even = [np.full(tile.shape, 0.37, np.float32) for tile in made.maps]
    np.testing.assert_allclose(ours.blended(made.form, even, blend), np.float32(0.37), rtol=1e-6)
    # Windows that are 0 at their ends leave the border of the image 0.
    assert by_tiler("hann", 0.37)[0].max() == 0
