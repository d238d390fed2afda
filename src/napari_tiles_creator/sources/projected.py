"""A stack seen as one plane: the largest value or the mean of all its planes, found for one rectangle at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from napari_tiles_creator.sources.registry import reopen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.base import Source, SourceInfo

Projection = Literal["max", "mean"]


@dataclass(frozen=True, slots=True)
class ProjectedOpener:
    """Opens a source again and projects it; equal to another one that would do the same."""

    info: SourceInfo
    opener: Callable[[], Source] | None
    axis: str
    how: Projection

    def __call__(self) -> Source:
        """Return the projected source."""
        return ProjectedSource(reopen(self.info), self.axis, self.how)


class ProjectedSource:
    """A source without one of its axes.

    NaN counts as no pixel: it is left where every plane has it. The mean is taken in float64 and rounded half to
    even where the pixels are integers.

    Parameters
    ----------
    source : Source
        The stack.
    axis : {"Z", "T"}
        The axis to project along.
    how : {"max", "mean"}
        What stands for all planes.
    """

    def __init__(self, source: Source, axis: str, how: Projection) -> None:
        self._source, self._axis, self._how = source, axis, how
        self.info = projected(source.info, axis, how)

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle of the projection; see `Source.read`."""
        planes = (self._source.read(box, **at, channel=channel, level=level) for at in self._positions(z, t))
        return _largest(planes) if self._how == "max" else _mean(planes)

    def uniform_value(
        self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0
    ) -> int | float | None:
        """Return the value that every plane has all over the rectangle; see `Source.uniform_value`."""
        values = set()
        for at in self._positions(z, t):
            values.add(self._source.uniform_value(box, **at, channel=channel, level=level))
            if len(values) > 1 or None in values:
                return None
        return values.pop()

    def close(self) -> None:
        """Release the file."""
        self._source.close()

    def _positions(self, z: int, t: int) -> Iterator[dict[str, int]]:
        at = {"z": z, "t": t}
        for position in range(self._source.info.length(self._axis)):
            yield at | {self._axis.lower(): position}


def projected(info: SourceInfo, axis: str, how: Projection) -> SourceInfo:
    """Return the header of a source that is projected along an axis it has."""
    at = info.axes.index(axis)
    return replace(
        info,
        axes=info.axes[:at] + info.axes[at + 1 :],
        shape=info.shape[:at] + info.shape[at + 1 :],
        opener=ProjectedOpener(info, info.opener, axis, how),
    )


def _largest(planes: Iterator[NDArray[Any]]) -> NDArray[Any]:
    found = next(planes).copy()
    for plane in planes:
        np.fmax(found, plane, out=found)
    return found


def _mean(planes: Iterator[NDArray[Any]]) -> NDArray[Any]:
    first = next(planes)
    sums, counts = np.zeros(first.shape), np.zeros(first.shape)
    for plane in chain((first,), planes):
        is_there = ~np.isnan(plane) if plane.dtype.kind == "f" else np.ones(plane.shape, bool)
        np.add(sums, plane, out=sums, where=is_there)
        counts += is_there
    with np.errstate(invalid="ignore"):
        sums /= counts
    return (sums if first.dtype.kind == "f" else np.rint(sums)).astype(first.dtype)
