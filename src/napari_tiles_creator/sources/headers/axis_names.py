"""What files call the axes of an array, as letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


# Stands for an axis of length 1 that says nothing.
DROPPED = "-"
# Case does not matter.
LETTER_OF = {
    "t": "T",
    "time": "T",
    "c": "C",
    "channel": "C",
    "channels": "C",
    "z": "Z",
    "depth": "Z",
    "y": "Y",
    "row": "Y",
    "rows": "Y",
    "height": "Y",
    "x": "X",
    "col": "X",
    "column": "X",
    "columns": "X",
    "width": "X",
    "s": "S",
    "rgb": "S",
    "rgba": "S",
    "sample": "S",
    "samples": "S",
}


def letters_of(names: Sequence[str], shape: Sequence[int]) -> str | None:
    """Return one letter an axis, ``-`` for axes of length 1 with an unknown name.

    None where the names do not say which axes are rows and columns, or what a longer axis is.
    """
    if len(names) != len(shape):
        return None
    letters = [
        LETTER_OF.get(name.strip().lower(), DROPPED if n == 1 else "?") for name, n in zip(names, shape, strict=True)
    ]
    known = [letter for letter in letters if letter != DROPPED]
    if "?" in known or len(set(known)) < len(known) or not {"Y", "X"} <= set(known):
        return None
    return "".join(letters)
