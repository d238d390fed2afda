"""Arrays without a file: in memory or computed piece by piece, alone or as a pyramid."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.arrays.array_source import ArraySource, source_of
from napari_tiles_creator.sources.base import KNOWN_AXES
from napari_tiles_creator.sources.headers.axes import COLOURED_CHANNELS
from napari_tiles_creator.sources.headers.axis_names import DROPPED, LETTER_OF

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_tiles_creator.geometry.pixel_size import PixelSize

# Leading axes whose name says one of these are believed.
LEADING = "TCZ"
# What leading axes without such a name are, from the innermost outwards.
NAMELESS = "ZT"


def array_source(
    path: Path,
    levels: Sequence[Any],
    *,
    last: str = "",
    labels: Sequence[str] = (),
    pixel_size: PixelSize | None = None,
    pixel_size_from: str = "none in the array",
) -> ArraySource:
    """Return an array without a file, or a pyramid of arrays, as a source; computes nothing.

    The last two axes are rows and columns, followed by one more where `last` says what it is. Leading axes are time,
    channels or depth where their label says so ("t" or "time", "c" or "channel", "z" or "depth"). Of those without
    such a label, axes of length 1 are passed over, and the others are, from the innermost outwards, depth and then
    time, as far as no label has taken these.

    Parameters
    ----------
    path : Path
        A name that no other source has.
    levels : sequence of array-like
        The full array, then coarser ones with the same axes.
    last : {"", "S", "C"}
        ``"S"`` where a last axis holds red, green and blue (and alpha, which is left out), ``"C"`` where it holds
        channels.
    labels : sequence of str, optional
        Names of the leading axes; more are passed over.
    pixel_size : PixelSize or None
        Micrometres per pixel.
    pixel_size_from : str
        Where the pixel size comes from, or why there is none.

    Raises
    ------
    SourceError
        If the array has another form or holds something else than real numbers.
    """
    axes = axes_of(path.name, tuple(int(n) for n in levels[0].shape), last, labels)
    opener = partial(
        array_source,
        path,
        levels,
        last=last,
        labels=labels,
        pixel_size=pixel_size,
        pixel_size_from=pixel_size_from,
    )
    source = source_of(path, levels, axes, pixel_size=pixel_size, pixel_size_from=pixel_size_from, files=())
    source.info = replace(source.info, opener=opener)
    return source


def axes_of(name: str, shape: Sequence[int], last: str, labels: Sequence[str]) -> str:
    """Return one letter an axis; see `array_source`.

    Raises
    ------
    SourceError
        If there are too few axes, or more than have a meaning.
    """
    inner = "YX" + last
    if len(shape) < len(inner):
        raise SourceError(f"{name}: an image has at least {len(inner)} axes, this one {len(shape)}")
    outer = len(shape) - len(inner)
    known = {text: letter for text, letter in LETTER_OF.items() if letter in LEADING}
    letters = [known.get(str(label).strip().lower(), "") for label in list(labels)[:outer]]
    letters += [""] * (outer - len(letters))
    free = [letter for letter in NAMELESS if letter not in letters]
    for at in reversed(range(outer)):
        if not letters[at]:
            letters[at] = DROPPED if shape[at] == 1 else free.pop(0) if free else "?"
    axes = "".join(letters)
    if "?" in axes or any((axes + last).count(letter) > 1 for letter in KNOWN_AXES):
        raise SourceError(
            f"{name}: {tuple(shape)} has more axes than time, channel, depth, rows and columns: "
            f"take a part of it, or name its axes t, c and z"
        )
    if last == "S" and "C" in axes:
        raise SourceError(f"{name}: {COLOURED_CHANNELS}; show one channel alone")
    return axes + inner
