"""Runs of a mask that comes in bands of rows: only what changes along a row is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Pixels of arrays, and rows of anything, that are looked at together: bounds what even a chequered mask takes.
AT_ONCE_PX, AT_ONCE_ROWS = 1 << 21, 1 << 10


@dataclass(frozen=True, slots=True)
class Uniform:
    """A rectangle of equal pixels, which costs nothing to encode.

    Parameters
    ----------
    height, width : int
        Size, px.
    inside : bool
        Whether the pixels are inside.
    """

    height: int
    width: int
    inside: bool

    @property
    def shape(self) -> tuple[int, int]:
        """``(height, width)``, px."""
        return self.height, self.width


# An array (y, x) whose pixels other than 0 are inside (what is no number is outside), or a rectangle of equal pixels.
Piece: TypeAlias = NDArray[Any] | Uniform
# Some whole rows: one piece, or several of the same height from left to right.
Band: TypeAlias = Piece | Sequence[Piece]


@dataclass(frozen=True, slots=True)
class BandRuns:
    """The runs of some rows.

    Parameters
    ----------
    counts : array (rows,), int64
        How many runs each row has.
    runs : array (n, 2), uint32
        First and stop column of each run, px; row by row, from left to right, with a gap between two of a row.
    """

    counts: NDArray[np.int64]
    runs: NDArray[np.uint32]


def runs_of_bands(shape: tuple[int, int], bands: Iterable[Band]) -> Iterator[BandRuns]:
    """Yield the runs of a mask, some rows at a time, at most `AT_ONCE_ROWS`.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the mask, px.
    bands : iterable of Band
        The mask from top to bottom; the next band is asked for when all runs of the one before were taken.

    Raises
    ------
    ValueError
        If the bands do not add up to the mask.
    """
    height, width = shape
    done = 0
    for band in bands:
        pieces = list(band) if isinstance(band, Sequence) else [band]
        heights, widths = {piece.shape[0] for piece in pieces}, [piece.shape[1] for piece in pieces]
        if len(heights) != 1 or sum(widths) != width:
            raise ValueError(f"pieces of heights {sorted(heights)} and widths {widths} are no band of {width} columns")
        rows = heights.pop()
        done += rows
        if done > height:
            break
        drawn = sum(piece.shape[1] for piece in pieces if not isinstance(piece, Uniform))
        step = min(AT_ONCE_ROWS, max(1, AT_ONCE_PX // max(1, drawn)))
        for y in range(0, rows, step):
            yield _runs([_rows(piece, y, min(y + step, rows)) for piece in pieces], min(step, rows - y), width)
    if done != height:
        raise ValueError(f"the bands of a mask of {height} rows have {'more' if done > height else done}")


def _rows(piece: Piece, start: int, stop: int) -> Piece:
    return Uniform(stop - start, piece.width, piece.inside) if isinstance(piece, Uniform) else piece[start:stop]


def _runs(pieces: Sequence[Piece], height: int, width: int) -> BandRuns:
    """Return the runs of pieces from left to right."""
    x, edges = 0, []
    for piece in pieces:
        edges.append(_edges(piece, x, width + 1))
        x += piece.shape[1]
    # A run that goes on in the next piece stops and starts at the same place: both edges are dropped.
    found = without_pairs(np.sort(np.concatenate(edges), kind="stable")) if len(edges) > 1 else edges[0]
    rows, columns = np.divmod(found, width + 1)
    return BandRuns(np.bincount(rows[::2], minlength=height), columns.astype(np.uint32).reshape(-1, 2))


def inside_of(pixels: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which pixels are inside: those other than 0, but not what is no number."""
    if pixels.dtype == np.bool_:
        return pixels
    inside: NDArray[np.bool_] = pixels != 0
    return inside & ~np.isnan(pixels) if pixels.dtype.kind == "f" else inside


def without_pairs(edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return sorted edges without those that stand there twice."""
    twice = edges[1:] == edges[:-1]
    kept = np.ones(len(edges), np.bool_)
    kept[1:] &= ~twice
    kept[:-1] &= ~twice
    return edges[kept]


def _edges(piece: Piece, x: int, pitch: int) -> NDArray[np.int64]:
    """Return where runs start and stop, as ``row * pitch + column``, in order."""
    if isinstance(piece, Uniform):
        if not piece.inside or not piece.width:
            return np.zeros(0, np.int64)
        starts = np.arange(piece.height, dtype=np.int64) * pitch + x
        return np.stack([starts, starts + piece.width], axis=1).ravel()
    rows, columns = _changes(piece)
    return rows * pitch + columns + x


def _changes(pixels: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns at which the pixels change along their row; before and after a row all is outside."""
    inside = inside_of(pixels)
    height, width = inside.shape
    if not width:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    # Eight pixels are looked at together, so that long runs cost little.
    changes = np.zeros((height, -(-(width + 1) // 8) * 8), np.bool_)
    changes[:, 0] = inside[:, 0]
    np.not_equal(inside[:, 1:], inside[:, :-1], out=changes[:, 1:width])
    changes[:, width] = inside[:, -1]
    words = np.flatnonzero(changes.view(np.uint64))
    word, place = np.nonzero(changes.reshape(-1, 8)[words])
    rows, columns = np.divmod(words[word] * 8 + place, changes.shape[1])
    return rows, columns
