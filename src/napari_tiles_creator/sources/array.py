"""Arrays that are in memory or come from anywhere piece by piece: numpy, dask, zarr, alone or as a pyramid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import KNOWN_AXES, Opening, SourceInfo
from napari_tiles_creator.sources.registry import first_sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.geometry.pixel_size import PixelSize

# Names of leading axes that are believed, by their letter; case does not matter.
NAMES_OF_AXES = {"T": ("t", "time"), "C": ("c", "channel"), "Z": ("z", "depth")}
# What leading axes without such a name are, from the innermost outwards.
NAMELESS = "ZT"
# Stands for an axis of length 1 that says nothing.
DROPPED = "-"
MEANINGS = "T time, C channels, Z depth, Y rows, X columns, S red, green, blue"
# An integer or slice an axis.
Index = tuple[int | slice, ...]


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
            return self.uniform(self.arrays[level], index)
        except (SourceError, MemoryError):
            raise
        except Exception as error:
            raise self._broken(error) from error

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
        path, what = self.info.path, "decoded" if self.info.files else "computed"
        return SourceError(f"{path.name} cannot be {what}: {first_sentence(error, path)}")


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
    if dtype.kind not in "uifb":
        raise SourceError(f"{path.name}: {dtype} pixels cannot be tiled; take the real part or the magnitude")
    if 0 in shape:
        raise SourceError(f"{path.name}: holds no pixels: its shape is {shape}")
    if "S" in axes and shape[axes.index("S")] not in (3, 4):
        raise SourceError(f"{path.name}: its axis S is {shape[axes.index('S')]} long, colours are 3 or 4 (media.rgb)")
    kept = [(axis, n) for axis, n in zip(axes, shape, strict=True) if axis != DROPPED]
    notes = tuple(known.pop("notes", ()))
    if "S" in axes and shape[axes.index("S")] == 4:
        notes += ("its alpha channel is left out",)
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
    shape = tuple(shape)
    if opening.axes and len(opening.axes) == len(shape):
        return opening.axes
    longer = [at for at, n in enumerate(shape) if n > 1]
    if opening.axes and len(opening.axes) == len(longer):
        return _spread(opening.axes, longer, len(shape))
    if len(shape) < 2:
        raise SourceError(f"{name}: an image has at least 2 axes, this one {len(shape)}")
    if len(longer) <= 2:
        last = [at for at in (len(shape) - 1, len(shape) - 2) if at not in longer]
        return _spread("YX", sorted([*longer, *last][:2]), len(shape))
    if opening.rgb and shape[longer[-1]] in (3, 4) and len(longer) == 3:
        return _spread("YXS", longer, len(shape))
    raise SourceError(f"{name}: {question(shape)}")


def question(shape: Sequence[int]) -> str:
    """Return what to ask of axes that a file does not tell."""
    longer = [n for n in shape if n > 1]
    if len(longer) == 3:
        may = ["ZYX", "CYX", "TYX"]
        if longer[-1] <= 4:
            may = ["YXS", "YXC", *may] if longer[-1] > 2 else ["YXC", *may]
    else:
        may = ["TZYX", "ZCYX", "TCYX"] if len(longer) == 4 else ["TZCYX"]
    return (
        f"shape {tuple(shape)}: the file does not tell what its axes are: say it with --axes, such as "
        f"{', '.join(may[:-1])}{' or ' if len(may) > 1 else ''}{may[-1]} (media.axes; {MEANINGS})"
    )


def _spread(letters: str, places: Sequence[int], count: int) -> str:
    """Return the letters at their places among so many axes, the others passed over."""
    axes = [DROPPED] * count
    for letter, place in zip(letters, places, strict=True):
        axes[place] = letter
    return "".join(axes)


def axes_of(name: str, shape: Sequence[int], last: str, labels: Sequence[str]) -> str:
    """Return one letter an axis; see `array_source`.

    Raises
    ------
    SourceError
        If there are too few axes, more than have a meaning, or the last one of a colour image is not 3 or 4 long.
    """
    inner = "YX" + last
    if len(shape) < len(inner):
        raise SourceError(f"{name}: an image has at least {len(inner)} axes, this one {len(shape)}")
    if last == "S" and shape[-1] not in (3, 4):
        raise SourceError(f"{name}: its last axis is {shape[-1]} long, colours are 3 or 4 (media.rgb)")
    outer = len(shape) - len(inner)
    known = {text: letter for letter, texts in NAMES_OF_AXES.items() for text in texts}
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
        raise SourceError(f"{name}: several channels, each in colour, are not read; show one channel alone")
    return axes + inner


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
