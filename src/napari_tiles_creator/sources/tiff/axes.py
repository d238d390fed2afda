"""What the axes of a TIFF image are, and which page holds which of its planes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tifffile

from napari_tiles_creator.errors import SourceError, UnclearAxesError
from napari_tiles_creator.sources.base import KNOWN_AXES
from napari_tiles_creator.sources.headers.axes import COLOURED_CHANNELS, NOT_TOLD, check_colours, question
from napari_tiles_creator.sources.tiff.coded_size import JPEG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_tiles_creator.sources.base import Opening


@dataclass(frozen=True, slots=True)
class ImageAxes:
    """The axes of an image and how its pages hold them.

    Parameters
    ----------
    axes : str
        One letter of ``TCZYXS`` an axis, in the file's order, outer ones first.
    shape : tuple of int
        Their lengths.
    outer : tuple of (str, int)
        Letter and length of the axes outside the pages, slowest first; ``-`` for what the source does not show.
    samples : str
        What the samples of a pixel are: ``S`` colour, ``C`` channels, empty where there is one.
    """

    axes: str
    shape: tuple[int, ...]
    outer: tuple[tuple[str, int], ...]
    samples: str

    def page(self, position: dict[str, int]) -> int:
        """Return which of the image's pages holds a plane."""
        number = 0
        for letter, length in self.outer:
            number = number * length + position.get(letter, 0)
        return number


class UnusualOrderError(Exception):
    """Rows and columns do not lie in the pages as everywhere else; holds the axes in array order."""

    def __init__(self, axes: str) -> None:
        super().__init__(axes)
        self.axes = axes


def image_axes(name: str, series: tifffile.TiffPageSeries, opening: Opening) -> ImageAxes:
    """Return what the axes of an image are: what the user says before what the file says.

    Parameters
    ----------
    name : str
        The file's name, for the question.
    series : TiffPageSeries
        The image.
    opening : Opening
        How it is to be understood.

    Raises
    ------
    SourceError
        If the axes are not clear, with what may be said.
    UnusualOrderError
        If a page's rows and columns are other axes of the image.
    """
    page = series.keyframe
    inner = [(letter, n) for letter, n in zip(page.axes, page.shape, strict=True) if n > 1 or letter in "YX"]
    letters, lengths = _squeezed(series, opening.axes)
    told = opening.axes if opening.axes and len(opening.axes) == len(lengths) else None
    cut = max(0, len(lengths) - len(inner))
    if told is None and _differ(letters[cut:], inner):
        letters = _asked_letters(name, letters, lengths, inner)
    is_colour = _is_colour(page, dict(inner).get("S", 1), opening.rgb)
    if told is not None:
        letters = list(told)
        if _differ(letters[cut:], inner):
            raise UnusualOrderError("".join(letters))
        is_colour = "S" in told
    if "S" in letters[:cut]:
        raise UnusualOrderError("".join(letters))
    samples = "" if "S" not in dict(inner) else "S" if is_colour else "C"
    letters = [*letters[:cut], *(samples if letter == "S" else letter for letter, _ in inner)]
    axes = "".join(letters)
    unclear = set(axes) - set(KNOWN_AXES) or len(set(axes)) < len(axes) or {"S", "C"} <= set(axes)
    if unclear:
        is_told = not set(axes) - set(KNOWN_AXES)
        asked = question(
            (*lengths[:cut], *(n for _, n in inner)),
            sum(n > 1 for n in lengths[:cut]),
            samples,
            why=COLOURED_CHANNELS if is_told else NOT_TOLD,
        )
        raise UnclearAxesError(f"{name}: {asked}")
    if samples == "S":
        check_colours(name, dict(inner)["S"])
    shape = tuple(min(n, 3) if letter == "S" else n for letter, n in zip(axes, lengths, strict=True))
    return ImageAxes(axes, shape, tuple(zip(axes[:cut], lengths[:cut], strict=True)), samples)


def _squeezed(series: tifffile.TiffPageSeries, told: str | None) -> tuple[list[str], list[int]]:
    """Return letters and lengths of an image's axes without those of length 1 that say nothing."""
    pairs = list(zip(series.axes, series.shape, strict=True))
    kept = [(letter, n) for letter, n in pairs if n > 1 or letter in "YXCTZ"]
    longer = [(letter, n) for letter, n in pairs if n > 1 or letter in "YX"]
    if told and len(told) == len(longer) != len(kept):
        kept = longer
    return [letter for letter, _ in kept], [n for _, n in kept]


def _differ(letters: Sequence[str], inner: Sequence[tuple[str, int]]) -> bool:
    """Tell whether an image calls its pages' axes otherwise; samples may be colours or channels."""
    plain = ["S" if letter == "C" else letter for letter in letters]
    return plain != [letter for letter, _ in inner]


def _asked_letters(
    name: str, letters: Sequence[str], lengths: Sequence[int], inner: Sequence[tuple[str, int]]
) -> list[str]:
    """Return the letters of an image whose pages have axes without a meaning, such as Q."""
    if sorted(letters) == sorted(set(letters)) and set(letters) <= set(KNOWN_AXES):
        raise UnusualOrderError("".join(letters))
    count = len(inner)
    if list(lengths[-count:]) != [n for _, n in inner] or math.prod(lengths) == 0:
        raise SourceError(f"{name} cannot be read: its axes {''.join(letters)} do not go with its pages")
    return [*letters[:-count], *(letter for letter, _ in inner)]


def _is_colour(page: tifffile.TiffPage, samples: int, rgb: bool | None) -> bool:
    """Tell whether the samples of a pixel are red, green and blue."""
    if samples not in (3, 4) or rgb is not None:
        return bool(rgb) and samples in (3, 4)
    # JPEG's luminance and colour differences become red, green and blue when they are decoded.
    is_converted = page.photometric == tifffile.PHOTOMETRIC.YCBCR and page.compression in JPEG
    return page.photometric == tifffile.PHOTOMETRIC.RGB or is_converted
