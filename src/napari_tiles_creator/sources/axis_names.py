"""What files call the axes of an array, as letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.array import DROPPED, told_axes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.sources.base import Opening

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


def axes_of_array(name: str, shape: Sequence[int], names: Sequence[str], opening: Opening) -> str:
    """Return what the axes of an array are: what the user says, else what the file says, else what is plain.

    Parameters
    ----------
    name : str
        The file's name, for what is wrong.
    shape : sequence of int
        Lengths of the axes.
    names : sequence of str
        What the file calls them, empty where it does not tell.
    opening : Opening
        What the user says.

    Returns
    -------
    axes : str
        One letter of ``TCZYXS`` an axis, or ``-`` for those of length 1 to pass over.

    Raises
    ------
    SourceError
        If the axes are not clear, or are several channels, each in colour.
    """
    letters = letters_of(names, shape)
    if letters is None or (opening.axes and len(opening.axes) == len(shape)):
        letters = told_axes(name, shape, opening)
    if opening.rgb and letters.endswith("C") and shape[-1] in (3, 4) and "S" not in letters:
        letters = letters[:-1] + "S"
    if opening.rgb is False and "C" not in letters:
        letters = letters.replace("S", "C")
    if {"C", "S"} <= set(letters):
        raise SourceError(
            f"{name}: axes {letters} {tuple(shape)}: several channels, each in colour, are not read; "
            f"save one channel, or the colours as channels"
        )
    return letters
