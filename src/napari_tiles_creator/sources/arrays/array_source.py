"""Arrays whose axes are known as a source: read by rectangle, whatever gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import SourceInfo
from napari_tiles_creator.sources.headers.axes import check_colours
from napari_tiles_creator.sources.headers.axis_names import DROPPED
from napari_tiles_creator.sources.headers.values import check_values
from napari_tiles_creator.sources.wording import ALPHA_LEFT_OUT, first_sentence, undecoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.arrays.chunks import Index


@dataclass(eq=False)
class ArraySource:
    """An array, read by rectangle: of a lazy one only the chunks that the rectangle touches are computed.

    Parameters
    ----------
    info : SourceInfo
        What is known of it; see `source_of`.
    arrays : tuple of array-like
        The levels, full first; each has `shape`, `dtype` and indexing by integers and slices.
    axes : str
        One letter an axis of the arrays, in any order; ``-`` for those of length 1 that the source does not show.
    uniform : callable, optional
        Given a level's array and an index of it, returns the one value that all chunks there have, or None.
    release : callable, optional
        Releases the file that the arrays come from.
    """

    info: SourceInfo
    arrays: tuple[Any, ...]
    axes: str
    uniform: Callable[[Any, Index], int | float | None] | None = None
    release: Callable[[], object] | None = None

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle; see `Source.read`."""
        index = self._index(box, z, t, channel, level)
        pixels = self._computed(self.arrays[level], index)
        here = "".join(axis for axis, at in zip(self.axes, index, strict=True) if isinstance(at, slice))
        order = "CYX" if "C" in here else "YXS" if "S" in here else "YX"
        return pixels if here == order else np.ascontiguousarray(pixels.transpose([here.index(a) for a in order]))

    def uniform_value(
        self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0
    ) -> int | float | None:
        """Return the value of chunks that are known to be uniform; see `Source.uniform_value`."""
        if self.uniform is None:
            return None
        index = self._index(box, z, t, channel, level)
        try:
            value = self.uniform(self.arrays[level], index)
        except (SourceError, MemoryError):
            raise
        except Exception as error:
            raise self._broken(error) from error
        return None if value != value else value  # NaN is none

    def close(self) -> None:
        """Release the file; an array alone belongs to whoever gave it."""
        if self.release is not None:
            self.release()

    def _index(self, box: Box, z: int, t: int, channel: int | None, level: int) -> Index:
        rows, columns = box.slices
        wanted: Mapping[str, int | slice] = {
            "T": self._position("T", t, level),
            "Z": self._position("Z", z, level),
            "C": slice(None) if channel is None else channel,
            "Y": rows,
            "X": columns,
            "S": slice(0, 3),
            DROPPED: 0,
        }
        return tuple(wanted[letter] for letter in self.axes)

    def _position(self, letter: str, position: int, level: int) -> int:
        """Return a position on an axis at a level: the coarse levels of some pyramids have fewer planes, too."""
        if level == 0 or letter not in self.axes:
            return position
        axis = self.axes.index(letter)
        return position * int(self.arrays[level].shape[axis]) // int(self.arrays[0].shape[axis])

    def _computed(self, array: Any, index: Index) -> NDArray[Any]:
        try:
            part = array[index]
            if hasattr(part, "compute"):  # dask: this thread is one of several already
                part = part.compute(scheduler="synchronous")
            return np.asarray(part).astype(self.info.dtype, copy=False)
        except (SourceError, MemoryError):
            raise
        except Exception as error:  # lazy arrays raise whatever they like
            raise self._broken(error) from error

    def _broken(self, error: Exception) -> SourceError:
        path = self.info.path
        if self.info.files:
            return SourceError(undecoded(path.name, error, path))
        return SourceError(f"{path.name} cannot be computed: {first_sentence(error, path)}")


def source_of(
    path: Path,
    levels: Sequence[Any],
    axes: str,
    *,
    uniform: Callable[[Any, Index], int | float | None] | None = None,
    release: Callable[[], object] | None = None,
    **known: Any,
) -> ArraySource:
    """Return arrays whose axes are known as a source; computes nothing.

    Parameters
    ----------
    path : Path
        The file.
    levels : sequence of array-like
        The full array, then coarser ones with the same axes; those that do not go with it are left out.
    axes : str
        One letter of ``TCZYXS`` an axis, in any order, or ``-`` for an axis of length 1 to pass over.
    uniform, release
        See `ArraySource`.
    **known
        More fields of `SourceInfo`: pixel size and where it comes from, names of channels, notes, files.

    Raises
    ------
    SourceError
        If the array holds no pixels, or something else than real numbers.
    """
    full = levels[0]
    shape, dtype = tuple(int(n) for n in full.shape), np.dtype(full.dtype)
    check_values(path.name, dtype)
    if 0 in shape:
        raise SourceError(f"{path.name}: holds no pixels: its shape is {shape}")
    if "S" in axes:
        check_colours(path.name, shape[axes.index("S")])
    kept = [(axis, n) for axis, n in zip(axes, shape, strict=True) if axis != DROPPED]
    notes = tuple(known.pop("notes", ()))
    if "S" in axes and shape[axes.index("S")] == 4:
        notes += (ALPHA_LEFT_OUT,)
    arrays = _pyramid(levels, axes)
    info = SourceInfo(
        path=path,
        axes="".join(axis for axis, _ in kept),
        shape=tuple(min(n, 3) if axis == "S" else n for axis, n in kept),
        dtype=dtype.newbyteorder("="),
        notes=notes,
        chunk_rows=_chunk(full, axes.index("Y")),
        chunk_columns=_chunk(full, axes.index("X")),
        levels=tuple(_plane_shape(array, axes) for array in arrays),
        **known,
    )
    return ArraySource(info, arrays, axes, uniform, release)


def _pyramid(levels: Sequence[Any], axes: str) -> tuple[Any, ...]:
    """Return the levels that go with the full one: the same axes and channels, each smaller than the one before."""
    kept = [levels[0]]
    for array in levels[1:]:
        if len(array.shape) != len(axes):
            break
        before, now = _plane_shape(kept[-1], axes), _plane_shape(array, axes)
        channels_differ = any(array.shape[at] != levels[0].shape[at] for at, axis in enumerate(axes) if axis in "CS")
        if channels_differ or not all(0 < n <= m for n, m in zip(now, before, strict=True)):
            break
        kept.append(array)
    return tuple(kept)


def _plane_shape(array: Any, axes: str) -> tuple[int, int]:
    return int(array.shape[axes.index("Y")]), int(array.shape[axes.index("X")])


def _chunk(array: Any, axis: int) -> int:
    """Return how much of an axis is computed together: dask has all lengths of chunks, zarr and h5py one an axis."""
    chunks = getattr(array, "chunks", None)
    if not chunks or len(chunks) != len(array.shape):
        return 1
    length = chunks[axis]
    return max(1, min(int(max(length) if isinstance(length, tuple) else length), int(array.shape[axis])))
