"""Long names in little room, so that one can still be told from another."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def names_apart(names: Sequence[str], longest: int) -> list[str]:
    """Return names of at most so many letters that still tell which is which.

    Parameters
    ----------
    names : sequence of str
        Such as the files of a folder, whose names differ in a number only.
    longest : int
        Letters that there is room for, at least 5.
    """
    return [part_around(name, at, longest) for name, at in zip(names, differences(names), strict=True)]


def differences(names: Sequence[str]) -> list[int]:
    """Return for each name the letter in which it differs from the one that is most like it.

    In sorted order that one is before or after it. A single name differs nowhere: its end stands for it.
    """
    order = sorted(range(len(names)), key=names.__getitem__)
    shared = [_shared(names[a], names[b]) for a, b in pairwise(order)]
    places = [0] * len(names)
    for number, before, after in zip(order, [0, *shared], [*shared, 0], strict=True):
        places[number] = max(before, after) if shared else len(names[number])
    return places


def part_around(name: str, at: int, longest: int) -> str:
    """Return as much of the name as there is room for, in which the letter `at` is seen; ``…`` stands for the rest.

    Before it more is kept than after, where the extension is; and where there is room, the beginning of the name.
    """
    if len(name) <= longest:
        return name
    room = longest - 2
    start = max(0, min(at - room * 2 // 3, len(name) - room - 1))
    if start <= 1:
        return f"{name[: longest - 1]}…"
    if start + room + 1 >= len(name):
        head = (longest - 1) // 3 if at >= len(name) - (longest - 1 - (longest - 1) // 3) else 0
        return f"{name[:head]}…{name[len(name) - (longest - 1 - head) :]}"
    return f"…{name[start : start + room]}…"


def _shared(one: str, other: str) -> int:
    """Return how many letters both begin with."""
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
