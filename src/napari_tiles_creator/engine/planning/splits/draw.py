"""Which split each group of images goes to: numbers by largest remainder, groups by lot, classes evenly."""

from __future__ import annotations

import zlib
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def largest_remainder(shares: Mapping[str, float], count: int) -> dict[str, int]:
    """Return how many of `count` groups each split gets: at least one.

    Shares are taken as the decimal numbers they were written as, so that halves are halves. Of equal remainders the
    first split gets more; one that would get none takes one from the largest.

    Parameters
    ----------
    shares : mapping of str to float
        Shares above 0 of the splits.
    count : int
        Groups, at least as many as splits.
    """
    exact = {name: Fraction(repr(share)) for name, share in shares.items()}
    quotas = {name: share * count / sum(exact.values()) for name, share in exact.items()}
    numbers = {name: int(quota) for name, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda name: numbers[name] - quotas[name])
    for name in by_remainder[: count - sum(numbers.values())]:
        numbers[name] += 1
    for name in [name for name in numbers if not numbers[name]]:
        numbers[max(numbers, key=lambda other: numbers[other])] -= 1
        numbers[name] = 1
    return numbers


def drawn_order(groups: Iterable[str], seed: int) -> list[str]:
    """Return the groups in an order drawn by lot.

    A group's lot depends on the seed and on its own name, so that of the others as few as possible change places when
    one is added.
    """
    lots = {group: np.random.default_rng((seed, zlib.crc32(group.encode()))).random() for group in groups}
    return sorted(lots, key=lambda group: (lots[group], group))


def drawn(groups: Iterable[str], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Return the split of each group, drawn by lot."""
    order = drawn_order(groups, seed)
    numbers = largest_remainder(shares, len(order))
    splits = (name for name, number in numbers.items() for _ in range(number))
    return dict(zip(order, splits, strict=True))


def stratified(classes: Mapping[str, Mapping[int, float]], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Return the split of each group so that every split gets a like share of each class.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas, 2011) of whole groups: the class that the fewest groups
    hold is shared out first, the group with most of it to the split that lacks most of it. How many groups a split gets
    does not depend on classes.

    Parameters
    ----------
    classes : mapping
        How much of each class each group holds: objects, pixels or any other measure.
    shares : mapping of str to float
        Shares above 0 of the splits.
    seed : int
        Of the lots that decide between equals.
    """
    waiting = drawn_order(classes, seed)
    room = largest_remainder(shares, len(waiting))
    totals = Counter[int]()
    for held in classes.values():
        totals.update(held)
    lacking = {name: {number: totals[number] * room[name] / len(waiting) for number in totals} for name in room}
    found: dict[str, str] = {}
    while waiting:
        holders = Counter(number for group in waiting for number, amount in classes[group].items() if amount > 0)
        if not holders:
            break
        rarest = min(holders, key=lambda number: (holders[number], number))
        amounts = {group: classes[group].get(rarest, 0.0) for group in waiting}
        for group in sorted((group for group in waiting if amounts[group] > 0), key=lambda group: -amounts[group]):
            name = _neediest(lacking, room, rarest)
            found[group] = name
            room[name] -= 1
            for number, amount in classes[group].items():
                lacking[name][number] -= amount
        waiting = [group for group in waiting if group not in found]
    rest = (name for name, number in room.items() for _ in range(number))
    return found | dict(zip(waiting, rest, strict=True))


def _neediest(lacking: Mapping[str, Mapping[int, float]], room: Mapping[str, int], number: int) -> str:
    """Return the split with room that lacks most of a class, of equal ones the one with most room."""
    open_splits = [name for name in room if room[name] > 0]
    return max(open_splits, key=lambda name: (lacking[name][number], room[name]))


def is_worth_stratifying(classes: Sequence[Mapping[int, float]]) -> bool:
    """Whether there is more than one class to be shared out."""
    return len({number for held in classes for number, amount in held.items() if amount > 0}) > 1
