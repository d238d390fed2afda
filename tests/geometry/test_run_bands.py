"""Bands: however a mask is handed over, its runs are the same; and they are those a loop over pixels finds."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.geometry import run_bands
from napari_tiles_creator.geometry.run_bands import Uniform, runs_of_bands, without_pairs
from strategies import masks


def runs_by_hand(mask: np.ndarray) -> list[list[tuple[int, int]]]:
    """Return for each row its runs, found pixel by pixel."""
    found = []
    for row in mask != 0:
        runs, start = [], None
        for x, inside in enumerate([*row.tolist(), False]):
            if inside and start is None:
                start = x
            elif not inside and start is not None:
                runs.append((start, x))
                start = None
        found.append(runs)
    return found


def runs_found(shape, bands) -> list[list[tuple[int, int]]]:
    found = []
    for part in runs_of_bands(shape, bands):
        assert part.runs.dtype == np.uint32
        assert part.counts.sum() == len(part.runs)
        runs = [tuple(run) for run in part.runs.tolist()]
        for count in part.counts.tolist():
            found.append(runs[:count])
            runs = runs[count:]
    return found


@st.composite
def cut_masks(draw):
    """Draw a mask, and the same mask as bands of pieces, some of which are told to be uniform where they are."""
    mask = draw(masks())
    height, width = mask.shape
    rows = sorted({0, height, *draw(st.lists(st.integers(0, height), max_size=3))})
    bands = []
    for top, bottom in pairwise(rows):
        columns = sorted([0, width, *draw(st.lists(st.integers(0, width), max_size=4))])
        pieces = []
        for left, right in pairwise(columns):
            piece = mask[top:bottom, left:right]
            uniform = piece.size == 0 or np.all((piece != 0) == (piece.flat[0] != 0))
            inside = bool(piece.size and piece.flat[0] != 0)
            pieces.append(Uniform(*piece.shape, inside) if uniform and draw(st.booleans()) else piece)
        bands.append(pieces[0] if len(pieces) == 1 and draw(st.booleans()) else pieces)
    return mask, bands


@given(cut_masks())
def test_bands_and_pieces_give_the_runs_of_the_whole(cut):
    mask, bands = cut
    assert runs_found(mask.shape, bands) == runs_by_hand(mask)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.uint32, np.float32, np.float64])
def test_anything_but_0_is_inside(dtype):
    mask = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0]]).astype(dtype)
    if dtype is not bool:
        mask[0, 1] = 3
    assert runs_found(mask.shape, [mask]) == [[(1, 3), (4, 5)], [(0, 1)]]
    assert runs_found(mask.shape, [mask[:, ::-1][:, ::-1]]) == [[(1, 3), (4, 5)], [(0, 1)]]


def test_what_is_no_number_is_outside():
    mask = np.array([[np.nan, np.inf, 0.5, np.nan, 0.0, -np.inf]])
    for dtype in (np.float16, np.float32, np.float64):
        assert runs_found((1, 6), [mask.astype(dtype)]) == [[(1, 3), (5, 6)]]


def test_bands_larger_than_what_is_looked_at_together():
    mask = np.random.default_rng(0).random((2500, 1000)) < 0.02
    assert mask.size > run_bands.AT_ONCE_PX
    assert len(mask) > 2 * run_bands.AT_ONCE_ROWS
    assert runs_found(mask.shape, [mask]) == runs_by_hand(mask)
    pieces = [Uniform(2500, 30, inside=True), mask[:, :400], mask[:, 400:], Uniform(2500, 5, inside=False)]
    wide = np.pad(mask, ((0, 0), (30, 5)), constant_values=((0, 0), (1, 0)))
    assert runs_found(wide.shape, [pieces]) == runs_by_hand(wide)


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ([np.zeros((3, 5))], "a mask of 4 rows have 3"),
        ([np.zeros((3, 5)), np.zeros((2, 5))], "have more"),
        ([], "have 0"),
        ([np.zeros((4, 6))], r"widths \[6\] are no band of 5"),
        ([[np.zeros((4, 3)), np.zeros((3, 2))]], r"heights \[3, 4\]"),
        ([[]], "no band of 5"),
    ],
)
def test_bands_that_do_not_add_up_are_refused(bands, words):
    with pytest.raises(ValueError, match=words):
        list(runs_of_bands((4, 5), bands))


def test_a_uniform_plane_costs_next_to_nothing():
    tracemalloc.start()
    count = sum(len(part.runs) for part in runs_of_bands((100_000, 100_000), [Uniform(100_000, 100_000, inside=True)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 1e6


@given(st.lists(st.integers(0, 30), unique=True), st.data())
def test_pairs_are_dropped(single, data):
    double = data.draw(st.lists(st.integers(31, 60), unique=True))
    edges = np.sort(np.array([*single, *double, *double], np.int64))
    assert without_pairs(edges).tolist() == sorted(single)
