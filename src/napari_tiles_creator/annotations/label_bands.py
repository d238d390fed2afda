"""Runs of equal values in a plane of labels that comes in bands of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from napari_tiles_creator.annotations.label_runs import LabelRuns
from napari_tiles_creator.geometry.run_bands import AT_ONCE_PX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)
_LARGEST = (1 << 32) - 1


def runs_of_labels(shape: tuple[int, int], bands: Iterable[NDArray[Any]], *, alike: bool = False) -> LabelRuns:
    """Return the runs of a plane's values other than 0; their owners are the values.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the plane, px.
    bands : iterable of array (rows, width)
        The plane from top to bottom, whole numbers of any type; the next band is asked for when one is done with.
    alike : bool, default False
        Take all values for one: runs of different values that touch become one, whose owner is 1.

    Raises
    ------
    ValueError
        If the bands do not add up to the plane, or a value is no whole number of 0…4,294,967,295.
    """
    width = shape[1]
    starts: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    stops: list[NDArray[np.uint32]] = [np.zeros(0, np.uint32)]
    owners: list[NDArray[np.uint32]] = [np.zeros(0, np.uint32)]
    for y, rows in _strips(shape, bands):
        begins, ends, values = _runs(rows)
        del rows
        if alike:
            begins, ends = _joined(begins, ends, width)
            values = np.ones(len(begins), np.uint32)
        starts.append(begins + y * width)
        stops.append((ends - begins // max(1, width) * width).astype(np.uint32))
        owners.append(values)
    return LabelRuns(shape, _one_array(starts), _one_array(stops), _one_array(owners))


def _one_array(parts: list[NDArray[_Number]]) -> NDArray[_Number]:
    """Return arrays as one, and forget them: they are not all held twice."""
    found = np.concatenate(parts)
    parts.clear()
    return found


def _strips(shape: tuple[int, int], bands: Iterable[NDArray[Any]]) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield the bands in parts of few enough rows, each with the row at which it begins."""
    height, width = shape
    done, step = 0, max(1, AT_ONCE_PX // max(1, width))
    for band in bands:
        if band.ndim != 2 or band.shape[1] != width or done + len(band) > height:
            raise ValueError(f"a band of shape {band.shape} at row {done} is none of a plane of {height} × {width} px")
        for y in range(0, len(band), step):
            yield done + y, band[y : y + step]
        done += len(band)
        del band  # before the next one is made
    if done != height:
        raise ValueError(f"the bands of a plane of {height} rows have {done}")


def _runs(rows: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint32]]:
    """Return start and stop, as ``row * width + column`` each, and value of the runs other than 0."""
    height, width = rows.shape
    if not rows.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint32)
    # Eight pixels are looked at together, so that long runs cost little.
    changes = np.zeros((height, -(-width // 8) * 8), np.bool_)
    changes[:, 0] = True
    np.not_equal(rows[:, 1:], rows[:, :-1], out=changes[:, 1:width])
    words = np.flatnonzero(changes.view(np.uint64))
    word, place = np.nonzero(changes.reshape(-1, 8)[words])
    row, column = np.divmod(words[word] * 8 + place, changes.shape[1])
    values = rows[row, column]
    starts = row * width + column
    stops = np.append(starts[1:], rows.size)  # each row begins with a run of its own
    drawn = values != 0
    return starts[drawn], stops[drawn], _labels(values[drawn])


def _labels(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Return values as labels.

    Raises
    ------
    ValueError
        If one is none.
    """
    wrong = np.zeros(len(values), np.bool_)
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
        wrong = ~(np.floor(values) == values)
    elif values.dtype.kind not in "bui":
        raise ValueError(f"holds values of type {values.dtype}: labels are whole numbers")
    if values.dtype.kind in "if":
        wrong |= values < 0
    if values.dtype.kind != "b":
        wrong |= values >= _LARGEST + 1
    if wrong.any():
        raise ValueError(f"holds the value {values[wrong][0]}: labels are whole numbers from 0 to {_LARGEST:,}")
    return values.astype(np.uint32)


def _joined(
    starts: NDArray[np.int64], stops: NDArray[np.int64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return runs of which those of a row that touch have become one."""
    begins = np.ones(len(starts), np.bool_)
    begins[1:] = (starts[1:] != stops[:-1]) | (starts[1:] % max(1, width) == 0)
    first = np.flatnonzero(begins)
    return starts[first], stops[np.append(first[1:], len(starts)) - 1] if len(starts) else stops
