"""What the axes of an array are: what the user says, what the file says, or a question; never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError, UnclearAxesError
from napari_tiles_creator.sources.headers.axis_names import DROPPED, letters_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.sources.base import Opening

MEANINGS = "T time, C channels, Z depth, Y rows, X columns, S red, green, blue"
NOT_TOLD = "the file does not tell what its axes are"
COLOURED_CHANNELS = "several channels, each in colour, are not read"
# What axes outside a plane may be, by their number.
OUTER = {1: ("Z", "C", "T"), 2: ("TZ", "ZC", "TC"), 3: ("TZC",)}


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
        What the user says; axes of length 1 need not be named.

    Returns
    -------
    axes : str
        One letter of ``TCZYXS`` an axis, or ``-`` for those of length 1 to pass over.

    Raises
    ------
    SourceError
        If the axes are not clear, or are several channels, each in colour.
    """
    letters = _said(shape, opening) or letters_of(names, shape) or told_axes(name, shape, opening)
    if opening.rgb and letters.endswith("C") and shape[-1] in (3, 4) and "S" not in letters:
        letters = letters[:-1] + "S"
    if opening.rgb is False and "C" not in letters:
        letters = letters.replace("S", "C")
    if {"C", "S"} <= set(letters):
        raise SourceError(
            f"{name}: axes {letters} {tuple(shape)}: {COLOURED_CHANNELS}; save one channel, or the colours as channels"
        )
    return letters


def told_axes(name: str, shape: Sequence[int], opening: Opening) -> str:
    """Return the axes of an array of which the file does not tell them.

    Two axes longer than 1 are rows and columns. What more axes are must be asked, never guessed.

    Parameters
    ----------
    name : str
        The file's name, for the question.
    shape : sequence of int
        Lengths of the axes.
    opening : Opening
        What the user said.

    Returns
    -------
    axes : str
        One letter an axis; ``-`` for axes of length 1 that are passed over.

    Raises
    ------
    SourceError
        If the axes are not clear: what may be said.
    """
    said = _said(shape, opening)
    if said:
        return said
    longer = _longer(shape)
    if len(shape) < 2:
        raise SourceError(f"{name}: an image has at least 2 axes, this one {len(shape)}")
    if len(longer) <= 2:
        last = [at for at in (len(shape) - 1, len(shape) - 2) if at not in longer]
        return _spread("YX", sorted([*longer, *last][:2]), len(shape))
    if opening.rgb and shape[longer[-1]] in (3, 4) and len(longer) == 3:
        return _spread("YXS", longer, len(shape))
    first = {2: ("YXC",), 3: ("YXS", "YXC"), 4: ("YXS", "YXC")} if len(longer) == 3 else {}
    raise UnclearAxesError(f"{name}: {question(shape, len(longer) - 2, first=first.get(shape[longer[-1]], ()))}")


def question(
    shape: Sequence[int], outer: int, samples: str = "", first: Sequence[str] = (), why: str = NOT_TOLD
) -> str:
    """Return what to ask of axes that are not clear.

    Parameters
    ----------
    shape : sequence of int
        Lengths of the axes.
    outer : int
        How many axes longer than 1 there are outside the planes.
    samples : str
        Letter of the last axis where that is known to be samples, ``S`` or ``C``.
    first : sequence of str
        Axes that are offered before others.
    why : str
        What is not clear.
    """
    outside = [letters for letters in OUTER.get(outer, ()) if not (samples and "C" in letters)]
    if not outside:
        return f"shape {tuple(shape)}: has more axes than time, channels, depth, rows and columns: save a part of it"
    may = [*first, *(f"{letters}YX{samples}" for letters in outside)]
    such_as = f"{', '.join(may[:-1])} or {may[-1]}" if len(may) > 1 else may[0]
    return f"shape {tuple(shape)}: {why}: say it with --axes, such as {such_as} (media.axes; {MEANINGS})"


def check_colours(name: str, length: int) -> None:
    """Refuse an axis S that is no red, green and blue.

    Raises
    ------
    SourceError
        If it is not 3 long, or 4 with alpha.
    """
    if length not in (3, 4):
        raise SourceError(f"{name}: its axis S is {length} long, colours are 3 or 4 (media.axes, media.rgb)")


def _said(shape: Sequence[int], opening: Opening) -> str | None:
    """Return the axes that the user says, where they are as many as there are axes, or axes longer than 1."""
    if not opening.axes:
        return None
    longer = _longer(shape)
    if len(opening.axes) == len(shape):
        return opening.axes
    return _spread(opening.axes, longer, len(shape)) if len(opening.axes) == len(longer) else None


def _longer(shape: Sequence[int]) -> list[int]:
    """Return which axes are longer than 1."""
    return [at for at, n in enumerate(shape) if n > 1]


def _spread(letters: str, places: Sequence[int], count: int) -> str:
    """Return the letters at their places among so many axes, the others passed over."""
    axes = [DROPPED] * count
    for letter, place in zip(letters, places, strict=True):
        axes[place] = letter
    return "".join(axes)
