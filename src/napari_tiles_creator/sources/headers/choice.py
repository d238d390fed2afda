"""The one image among the arrays of a file, or the question which one is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import numpy as np

# What a question lists.
LISTED = 4
# A table of points or boxes has so many columns at most.
TABLE_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Candidate:
    """An array, or a pyramid of them, that a file holds.

    Parameters
    ----------
    path : str
        Where it is in the file, such as ``/raw``.
    shape : tuple of int
        Lengths of its axes.
    dtype : numpy dtype or None
        Type of its values, None where that is not looked up.
    """

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None = None

    def __str__(self) -> str:
        return f"{self.path} {self.shape}" + (f" {self.dtype}" if self.dtype is not None else "")


def the_image(name: str, candidates: Sequence[Candidate]) -> Candidate:
    """Return the one image among the arrays of a file.

    Tables of numbers, of which a file with an image may hold some, are passed over.

    Parameters
    ----------
    name : str
        The file's name.
    candidates : sequence of Candidate
        All its arrays.

    Raises
    ------
    SourceError
        If there is none, or several: which there are.
    """
    arrays = [one for one in candidates if (one.dtype is None or one.dtype.kind in "uifbc") and len(one.shape) > 1]
    images = [one for one in arrays if sorted(one.shape)[-2] > TABLE_COLUMNS] or arrays
    if not images:
        held = f"; it holds {listed(candidates)}" if candidates else ""
        raise SourceError(f"{name}: holds no image, that is an array of numbers with at least 2 axes{held}")
    if len(images) > 1:
        raise SourceError(
            f"{name}: holds {len(images)} images: {listed(images)}: "
            f"choose one, such as {name}#{images[0].path} (media.dataset)"
        )
    return images[0]


def check_series(name: str, number: int, count: int) -> None:
    """Refuse a number of an image that a file of several has not.

    Raises
    ------
    SourceError
        If there are not so many: how many there are.
    """
    if number >= count:
        raise SourceError(f"{name}: has no image {number} (media.series): it holds {count}, from 0")


def series_note(count: int, names: str = "") -> tuple[str, ...]:
    """Return what to note where a file holds several images, with their names if they have some."""
    return (f"it holds {count} images{names}, of which one is taken (media.series)",) if count > 1 else ()


def listed(candidates: Sequence[Candidate]) -> str:
    """Return the first few for a sentence."""
    more = len(candidates) - LISTED
    return ", ".join(str(one) for one in candidates[:LISTED]) + (f" and {more} more" if more > 0 else "")
