"""The classes of a dataset and of its results: numbers that stay, names that may be added."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

UNNAMED = "object"


class ClassList:
    """Names of classes in index order; a name that is met for the first time gets the next number.

    Parameters
    ----------
    names : iterable of str
        Those that are known beforehand.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}

    @property
    def names(self) -> tuple[str, ...]:
        """All names so far."""
        return tuple(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def number_of(self, name: str) -> int:
        """Return the number of a class; an empty name is the only class there is, or one of its own."""
        if not name and len(self) == 1:
            return 0
        return self._numbers.setdefault(name or UNNAMED, len(self))

    def extend_to(self, count: int) -> None:
        """Name classes that results merely number, up to so many."""
        while len(self) < count:
            number = len(self)
            while (name := f"class_{number}") in self._numbers:
                number += 1
            self._numbers[name] = len(self)
