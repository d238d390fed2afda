"""Which copies stand for an object: each rule by an example of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_tiles_creator.engine.back.copies import Copies, Matching, Pairs, groups_of

WHOLE, CUT = False, True


def copies(*rows, scores=None, in_core=None):
    """Return copies from (tile, area, is cut, is centred)."""
    tiles, areas, is_cut, centred = (np.array(column) for column in zip(*rows, strict=True))
    scores = np.zeros(len(rows)) if scores is None else np.array(scores)
    return Copies(tiles, areas, is_cut, scores, centred, None if in_core is None else np.array(in_core))


def pairs(*rows, contact=None):
    """Return pairs from (first, second, shared, first inside, second inside)."""
    columns = [np.array(column) for column in zip(*rows, strict=True)] if rows else [np.empty(0, int)] * 5
    return Pairs(*columns, None if contact is None else np.array(contact))


def grouped(some, shared, **matching):
    groups = groups_of(some, shared, Matching(**matching))
    return groups.leaders.tolist(), groups.drawn.tolist()


def test_a_cut_copy_gives_way_to_the_whole_one():
    some = copies((0, 40, CUT, True), (1, 100, WHOLE, False))
    assert grouped(some, pairs((0, 1, 38, 40, 50))) == ([-1, 1], [False, True])


def test_a_cut_copy_gives_way_to_several_that_cover_it_together():
    some = copies((0, 100, CUT, True), (1, 40, WHOLE, True), (1, 40, WHOLE, True))
    one = pairs((0, 1, 38, 100, 40))
    assert grouped(some, one) == ([0, 1, 2], [True, True, True])
    both = pairs((0, 1, 38, 100, 40), (0, 2, 38, 100, 40))
    assert grouped(some, both) == ([-1, 1, 2], [False, True, True])


def test_whole_copies_of_one_object_count_once_in_what_covers_a_cut_one():
    """Four tiles meet: two of them show the same whole cell, a part of the blob that the third has cut."""
    some = copies((0, 100, CUT, True), (1, 30, WHOLE, True), (2, 30, WHOLE, False))
    shared = pairs((0, 1, 30, 100, 30), (0, 2, 30, 100, 30), (1, 2, 30, 30, 30))
    assert grouped(some, shared) == ([0, 1, 1], [True, True, False])


def test_a_blob_that_is_cut_is_not_lost_for_a_cell_at_its_end():
    """Most of it lies where the neighbour does not look."""
    some = copies((0, 900, CUT, True), (1, 300, WHOLE, True))
    assert grouped(some, pairs((0, 1, 290, 600, 300))) == ([0, 1], [True, True])


def test_a_copy_that_lost_its_contact_to_the_border_is_joined_to_the_cut_one():
    """A large object whose outermost pixels one tile does not show: it looks whole there."""
    some = copies((0, 900, WHOLE, True), (1, 1500, CUT, True))
    assert grouped(some, pairs((0, 1, 380, 390, 420))) == ([0, 0], [True, True])


def test_cut_copies_are_joined_over_any_number_of_tiles():
    some = copies(*[(tile, 500, CUT, True) for tile in range(4)])
    chain = pairs((2, 3, 90, 100, 95), (0, 1, 90, 100, 95), (1, 2, 90, 100, 95))
    assert grouped(some, chain) == ([0, 0, 0, 0], [True] * 4)


def test_a_copy_that_gave_way_links_nothing():
    """A smear that touches two cut objects, and is known to be a whole third one."""
    some = copies((0, 500, CUT, True), (1, 60, CUT, True), (1, 500, CUT, True), (2, 60, WHOLE, True))
    shared = pairs((0, 1, 40, 100, 60), (1, 3, 55, 60, 60), (0, 2, 1, 100, 100))
    assert grouped(some, shared) == ([0, -1, 2, 3], [True, False, True, True])


@pytest.mark.parametrize(
    ("rows", "scores", "chosen"),
    [
        ([(0, 100, WHOLE, False), (1, 90, WHOLE, True)], [0.9, 0.1], 1),
        ([(0, 100, WHOLE, False), (1, 90, WHOLE, False)], [0.1, 0.9], 1),
        ([(0, 90, WHOLE, True), (1, 100, WHOLE, True)], [0.5, 0.5], 1),
        ([(0, 100, WHOLE, False), (1, 100, WHOLE, False)], [0.5, 0.5], 0),
    ],
    ids=["its centre is in the core", "score", "area", "the earlier"],
)
def test_of_whole_copies_one_stands(rows, scores, chosen):
    leaders, drawn = grouped(copies(*rows, scores=scores), pairs((0, 1, 85, 100, 90)))
    assert leaders == [chosen, chosen]
    assert drawn == [chosen == 0, chosen == 1]


def test_a_speck_does_not_stand_for_a_cell():
    """It is contained in it, and its centre is in the core."""
    some = copies((0, 5, WHOLE, True), (1, 300, WHOLE, False))
    assert grouped(some, pairs((0, 1, 5, 5, 300))) == ([1, 1], [False, True])


def test_two_cells_that_another_tile_shows_as_one_are_one():
    some = copies((0, 100, WHOLE, True), (0, 100, WHOLE, True), (1, 230, WHOLE, False))
    assert grouped(some, pairs((0, 2, 95, 100, 230), (1, 2, 95, 100, 230)))[1] == [False, False, True]


def test_what_is_beaten_beats_nothing():
    """Of a chain of like ones the best and those stand that only the beaten ones are like."""
    some = copies((0, 100, WHOLE, True), (1, 100, WHOLE, False), (2, 90, WHOLE, False))
    assert grouped(some, pairs((0, 1, 70, 100, 100), (1, 2, 70, 100, 90))) == ([0, 0, 2], [True, False, True])


def test_without_cleaning_cut_and_whole_copies_are_joined():
    some = copies((0, 40, CUT, False), (1, 100, WHOLE, True), (2, 100, WHOLE, False), (3, 40, CUT, False))
    shared = pairs((0, 1, 38, 40, 50), (1, 2, 95, 100, 100), (2, 3, 38, 50, 40))
    assert grouped(some, shared, clean_borders=False) == ([0, 0, 0, 0], [True, True, False, True])


def test_an_object_counts_if_a_tile_sees_it_that_owns_a_part_of_it():
    rows = [(0, 40, CUT, False), (1, 100, WHOLE, True)]
    assert grouped(copies(*rows, in_core=[False, False]), pairs()) == ([-1, -1], [False, False])
    assert grouped(copies(*rows, in_core=[False, True]), pairs()) == ([-1, 1], [False, True])
    # Also when what the owner sees has given way, or is a duplicate.
    shared = pairs((0, 1, 38, 40, 50))
    assert grouped(copies(*rows, in_core=[True, False]), shared) == ([-1, 1], [False, True])
    twice = copies((0, 90, WHOLE, False), (1, 100, WHOLE, True), in_core=[True, False])
    assert grouped(twice, pairs((0, 1, 85, 90, 100))) == ([1, 1], [False, True])
    # But not what is another object.
    sliver = copies((0, 18, CUT, False), (1, 300, WHOLE, True), in_core=[False, True])
    assert grouped(sliver, pairs((0, 1, 7, 18, 10))) == ([-1, 1], [False, True])
    assert grouped(copies(*rows, in_core=[False, False]), pairs(), clean_borders=False)[1] == [True, True]


def test_contacts_match_by_iou_whatever_the_rule():
    some = copies((0, 100, CUT, True), (1, 100, CUT, True))
    assert grouped(some, pairs((0, 1, 2, 2, 9), contact=[True])) == ([0, 1], [True, True])
    assert grouped(some, pairs((0, 1, 2, 2, 9), contact=[False])) == ([0, 0], [True, True])
    assert grouped(some, pairs((0, 1, 7, 8, 9), contact=[True])) == ([0, 0], [True, True])


def test_objects_that_no_owner_sees_are_counted_once_by_their_areas():
    """Two tiles show a speck that neither owns, a third one shows another; cut copies that gave way do not count."""
    rows = (0, 30, CUT, False), (1, 20, CUT, False), (2, 9, WHOLE, False), (2, 300, WHOLE, True), (3, 18, CUT, False)
    some = copies(*rows, in_core=[False, False, False, True, False])
    groups = groups_of(some, pairs((0, 1, 20, 30, 20), (3, 4, 18, 18, 18)), Matching())
    assert groups.unseen.tolist() == [0, 0, 2, -1, -1]
    assert [groups.left_out(some.areas, least) for least in (0, 9, 10, 31)] == [2, 2, 1, 0]


def test_nothing_gives_nothing():
    none = Copies(*[np.empty(0, int)] * 2, np.empty(0, bool), np.empty(0), np.empty(0, bool))
    assert groups_of(none, pairs(), Matching()).leaders.size == 0
    one = copies((0, 9, CUT, True))
    assert grouped(one, pairs()) == ([0], [True])


@pytest.mark.parametrize(("match", "threshold"), [("dice", 0.5), ("iou", 0), ("iou", 1.1), ("iou", float("nan"))])
def test_what_is_no_matching_is_said(match, threshold):
    with pytest.raises(ValueError, match="dice" if match == "dice" else "threshold must be above 0"):
        Matching(match, threshold)


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_order_of_pairs_and_of_their_ends_does_not_matter(seed, clean_borders):
    rng = np.random.default_rng(seed)
    count, number = 30, 60
    tiles = np.sort(rng.integers(0, 6, count))
    some = Copies(tiles, rng.integers(50, 60, count), rng.random(count) < 0.5, rng.integers(0, 2, count),
                  rng.random(count) < 0.5, rng.random(count) < 0.7)  # fmt: skip
    ends = np.unique(np.sort(rng.integers(0, count, (number, 2)), axis=1), axis=0)
    ends = ends[tiles[ends[:, 0]] != tiles[ends[:, 1]]]
    inside = rng.integers(20, 50, (2, len(ends)))
    shared = np.minimum(rng.integers(1, 50, len(ends)), inside.min(axis=0))
    matching = Matching(clean_borders=clean_borders)
    expected = groups_of(some, Pairs(*ends.T, shared, *inside), matching)
    order, turned = rng.permutation(len(ends)), rng.random(len(ends)) < 0.5
    ends[turned], inside[:, turned] = ends[turned][:, ::-1], inside[::-1, turned]
    found = groups_of(some, Pairs(*ends[order].T, shared[order], *inside[:, order]), matching)
    np.testing.assert_array_equal(found.leaders, expected.leaders)
    np.testing.assert_array_equal(found.drawn, expected.drawn)
    # Leaders are drawn and lead themselves.
    leads = np.unique(found.leaders[found.leaders >= 0])
    assert found.drawn[leads].all()
    assert (found.leaders[leads] == leads).all()
