"""Where a plane is divided: as near to the shares as can be, and never sharing a source pixel."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator import TileGrid
from napari_tiles_creator.geometry.places import boxes as boxes_of
from napari_tiles_creator.geometry.source_axis import SourceAxis, source_boxes
from napari_tiles_creator.geometry.split_search import divide
from strategies import grids

SHARES = [
    [("train", 0.8), ("val", 0.2)],
    [("test", 0.5), ("train", 0.5)],
    [("val", 0.1), ("train", 0.7), ("test", 0.2)],
]


def best_by_trying(boxes, weights, shares, axes, gap):
    """What is missed by the best of all borders where tiles end, computed tile by tile in source pixels."""
    total, best = weights.sum(), None
    for axis, source in enumerate(axes):
        starts, stops = source.spans(boxes[:, axis], boxes[:, axis + 2])
        for borders in itertools.combinations(sorted(set(stops[weights > 0].tolist())), len(shares) - 1):
            edges = [-(10**6), *(e for border in borders for e in (border, border + gap)), 10**6]
            counts = [
                weights[(starts >= low) & (stops <= high)].sum()
                for low, high in zip(edges[::2], edges[1::2], strict=True)
            ]
            if min(counts) > 0:
                missed = sum(abs(n - share * total) for n, (_, share) in zip(counts, shares, strict=True))
                best = missed if best is None else min(best, missed)
    return best


@given(st.data(), grids(longest=18, largest=6), st.sampled_from(SHARES), st.integers(0, 2), st.integers(0, 3))
def test_nothing_comes_nearer_to_the_shares(data, grid, shares, reach, gap):
    old = [data.draw(st.sampled_from([length, max(1, length // 2), length + 5])) for length in grid.shape]
    axes = [SourceAxis(length, new, reach) for length, new in zip(old, grid.shape, strict=True)]
    boxes = boxes_of(grid)
    weights = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(boxes), max_size=len(boxes))))
    expected = best_by_trying(boxes, weights, shares, axes, gap)
    found = divide(boxes, weights, shares, *axes, gap)
    if expected is None:
        assert found is None
        return
    splits = found.bands.splits_of(boxes)
    names = [name for name, _ in shares]
    assert [band.split for band in found.bands.bands] == names
    assert found.counts == tuple(weights[splits == name].sum() for name in names)
    assert found.missed == pytest.approx(
        sum(abs(n - share * weights.sum()) for n, (_, share) in zip(found.counts, shares, strict=True))
    )
    assert found.missed == pytest.approx(expected)


def test_the_longer_side_is_divided_where_both_do():
    grid = TileGrid((64, 128), 16)
    found = divide(boxes_of(grid), np.ones(32, int), SHARES[1], SourceAxis(64, 64), SourceAxis(128, 128))
    assert found.bands.axis == 1
    assert found.counts == (16, 16)


def test_the_other_side_where_it_loses_less():
    grid = TileGrid((64, 80), 16)
    found = divide(boxes_of(grid), np.ones(20, int), SHARES[1], SourceAxis(64, 64), SourceAxis(80, 80))
    assert (found.bands.axis, found.counts) == (0, (10, 10))


@pytest.mark.parametrize("shares", SHARES)
def test_a_million_tiles_anywhere(shares):
    """More places than are tried: the shares are met all the same, and nothing is shared."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 100_000 - 64, (1_000_000, 2))
    boxes = np.concatenate([starts, starts + 64], axis=1)
    axes = SourceAxis(70_000, 100_000, 26), SourceAxis(70_000, 100_000, 26)
    found = divide(boxes, np.ones(len(boxes), int), shares, *axes, 10)
    lost = len(boxes) - sum(found.counts)
    assert 0 < lost < 6000
    for count, (_, share) in zip(found.counts, shares, strict=True):
        assert count == pytest.approx(share * len(boxes), abs=lost + 100)
    splits, axis = found.bands.splits_of(boxes), found.bands.axis
    source = source_boxes(boxes, *axes)
    spans = [(source[splits == name, axis].min(), source[splits == name, axis + 2].max()) for name, _ in shares]
    assert all(stop + 10 <= start for (_, stop), (start, _) in itertools.pairwise(spans))
