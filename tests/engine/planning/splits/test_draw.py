"""How many groups a split gets, which ones, and how evenly classes are shared out."""

import itertools
from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from napari_tiles_creator.engine.planning.splits.draw import (
    drawn,
    is_worth_stratifying,
    largest_remainder,
    stratified,
)

SHARES = {"train": 0.8, "val": 0.1, "test": 0.1}
SPLITS = ("train", "val", "test")


@st.composite
def shares(draw):
    """Draw shares in hundredths, as people write them."""
    parts = draw(st.lists(st.integers(1, 98), min_size=1, max_size=2))
    assume(sum(parts) < 100)
    hundredths = [*parts, 100 - sum(parts)]
    return {name: number / 100 for name, number in zip(SPLITS, hundredths, strict=False)}


@given(shares(), st.integers(3, 500))
def test_numbers_are_the_nearest_whole_ones_to_the_shares(shares, count):
    """By definition: no other whole numbers, at least one each, have a smaller sum of squared differences."""
    numbers = largest_remainder(shares, count)
    assert list(numbers) == list(shares)
    quotas = {name: Decimal(str(share)) * count for name, share in shares.items()}
    if len(shares) == 3:
        near = itertools.product(*(range(max(1, int(q) - 2), int(q) + 3) for q in quotas.values()))
    else:
        near = itertools.product(range(1, count + 1), repeat=len(shares))
        near = [(count,)] if len(shares) == 1 else [(n, count - n) for n in range(1, count)]
    fitting = [numbers for numbers in near if sum(numbers) == count]

    def distance(numbers):
        return sum((number - quota) ** 2 for number, quota in zip(numbers, quotas.values(), strict=True))

    assert distance(numbers.values()) == min(map(distance, fitting))


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (3, (1, 1, 1)),
        (4, (2, 1, 1)),
        (5, (3, 1, 1)),
        (10, (8, 1, 1)),
        (14, (11, 2, 1)),
        (15, (12, 2, 1)),
        (99, (79, 10, 10)),
    ],
)
def test_numbers_by_hand(count, expected):
    assert tuple(largest_remainder(SHARES, count).values()) == expected


def test_a_third_each():
    assert largest_remainder({"train": 0.333333, "val": 0.333333, "test": 0.333334}, 4) == {
        "train": 1,
        "val": 1,
        "test": 2,
    }


names = st.lists(st.text(min_size=1, max_size=4), min_size=3, max_size=30, unique=True)


@given(names, st.integers(0, 2**40), st.randoms())
def test_the_order_of_groups_is_no_matter(groups, seed, random):
    shuffled = groups[:]
    random.shuffle(shuffled)
    found = drawn(groups, SHARES, seed)
    assert drawn(shuffled, SHARES, seed) == found
    assert Counter(found.values()) == largest_remainder(SHARES, len(groups))


def test_another_seed_draws_others():
    groups = [f"g{i}" for i in range(30)]
    assert len({tuple(sorted(drawn(groups, SHARES, seed).items())) for seed in range(20)}) == 20


def test_every_group_may_come_into_every_split():
    groups = [f"g{i}" for i in range(10)]
    tested = Counter(
        name for seed in range(1000) for name, split in drawn(groups, SHARES, seed).items() if split == "test"
    )
    assert len(tested) == 10
    assert min(tested.values()) > 60  # 100 each, sigma 9.5


def test_one_more_group_changes_the_split_of_few():
    groups = [f"image_{i:03d}.tif" for i in range(100)]
    for seed in range(20):
        before, after = drawn(groups, SHARES, seed), drawn([*groups, "new.tif"], SHARES, seed)
        assert sum(before[name] != after[name] for name in groups) <= 2


def held(seed, count=40):
    """Groups with objects of four classes, one of which is rare."""
    rng = np.random.default_rng(seed)
    amounts = rng.poisson([20, 5, 1, 0.3], (count, 4)) * rng.integers(1, 4, (count, 1))
    return {f"g{i}": {number: int(n) for number, n in enumerate(row) if n} for i, row in enumerate(amounts)}


def unevenness(classes, splits, numbers):
    """How far each split's share of each class is from its share of the groups, on average."""
    totals = Counter()
    for amounts in classes.values():
        totals.update(amounts)
    far = []
    for name, number in numbers.items():
        have = Counter()
        for group, amounts in classes.items():
            if splits[group] == name:
                have.update(amounts)
        far += [abs(have[c] / totals[c] - number / len(classes)) for c in totals]
    return np.mean(far)


@given(st.integers(0, 10_000), st.integers(3, 50), st.integers(0, 5))
def test_stratifying_keeps_the_numbers_of_groups(seed, count, draw):
    classes = held(seed, count)
    found = stratified(classes, SHARES, draw)
    assert found.keys() == classes.keys()
    assert Counter(found.values()) == largest_remainder(SHARES, count)
    assert stratified(dict(reversed(classes.items())), SHARES, draw) == found


def test_classes_are_shared_out_more_evenly_than_by_lot():
    numbers = largest_remainder(SHARES, 40)
    by_lot, by_class = [], []
    for seed in range(40):
        classes = held(seed)
        by_lot.append(unevenness(classes, drawn(classes, SHARES, seed), numbers))
        by_class.append(unevenness(classes, stratified(classes, SHARES, seed), numbers))
    assert np.mean(by_class) < 0.75 * np.mean(by_lot)
    assert np.mean(np.array(by_class) <= by_lot) > 0.8


def test_a_class_in_three_groups_is_in_every_split():
    classes = {f"g{i}": {0: 10} | ({1: 1} if i in (3, 17, 22) else {}) for i in range(30)}
    found = stratified(classes, SHARES, 0)
    assert {found[f"g{i}"] for i in (3, 17, 22)} >= {"train"}
    even = stratified(classes, {"train": 0.34, "val": 0.33, "test": 0.33}, 0)
    assert {even[f"g{i}"] for i in (3, 17, 22)} == set(SPLITS)


def test_groups_without_a_class_fill_up_by_lot():
    classes = {f"g{i}": {} for i in range(10)} | {"a": {0: 1}, "b": {1: 1}}
    assert Counter(stratified(classes, SHARES, 1).values()) == largest_remainder(SHARES, 12)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [([], False), ([{0: 3}, {0: 1}], False), ([{0: 3}, {1: 0}], False), ([{0: 3}, {1: 1}], True)],
)
def test_when_there_is_anything_to_stratify(classes, expected):
    assert is_worth_stratifying(classes) is expected
