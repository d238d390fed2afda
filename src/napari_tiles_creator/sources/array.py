"""Arrays that are in memory or come from anywhere piece by piece: numpy, dask, zarr, alone or as a pyramid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.base import KNOWN_AXES, SourceInfo
from napari_tiles_creator.sources.registry import first_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
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


@dataclass(eq=False)
class ArraySource:
    """An array, read by rectangle: of a lazy one only the chunks that the rectangle touches are computed.

    Parameters
    ----------
    info : SourceInfo
        What is known of it; see `array_source`.
    arrays : tuple of array-like
        The levels, full first; each has `shape`, `dtype` and indexing by integers and slices.
    axes : str
        One letter an axis of the arrays, ``-`` for those of length 1 that the source does not show.
    """

    info: SourceInfo
    arrays: tuple[Any, ...]
    axes: str

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle; see `Source.read`."""
        array = self.arrays[level]
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
        pixels = self._computed(array, tuple(wanted[letter] for letter in self.axes))
        if channel is None and self.axes.endswith("C"):
            pixels = np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
        return pixels

    def close(self) -> None:
        """Do nothing: the array belongs to whoever gave it."""

    def _position(self, letter: str, position: int, level: int) -> int:
        """Return a position on an axis at a level: the coarse levels of some pyramids have fewer planes, too."""
        if level == 0 or letter not in self.axes:
            return position
        axis = self.axes.index(letter)
        return position * int(self.arrays[level].shape[axis]) // int(self.arrays[0].shape[axis])

    def _computed(self, array: Any, index: tuple[int | slice, ...]) -> NDArray[Any]:
        try:
            part = array[index]
            if hasattr(part, "compute"):  # dask: this thread is one of several already
                part = part.compute(scheduler="synchronous")
            return np.asarray(part).astype(self.info.dtype, copy=False)
        except (SourceError, MemoryError):
            raise
        except Exception as error:  # lazy arrays raise whatever they like
            path = self.info.path
            raise SourceError(f"{path.name} cannot be computed: {first_sentence(error, path)}") from error


def array_source(
    path: Path,
    levels: Sequence[Any],
    *,
    last: str = "",
    labels: Sequence[str] = (),
    pixel_size: PixelSize | None = None,
    pixel_size_from: str = "none in the array",
) -> ArraySource:
    """Return an array, or a pyramid of arrays, as a source; computes nothing.

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
    full = levels[0]
    shape, dtype = tuple(int(n) for n in full.shape), np.dtype(full.dtype)
    if dtype.kind not in "uifb":
        raise SourceError(f"{path.name}: {dtype} pixels cannot be tiled; take the real part or the magnitude")
    axes = axes_of(path.name, shape, last, labels)
    if 0 in shape:
        raise SourceError(f"{path.name}: holds no pixels: its shape is {shape}")
    kept = [(axis, n) for axis, n in zip(axes, shape, strict=True) if axis != DROPPED]
    arrays = _pyramid(levels, axes)
    info = SourceInfo(
        path=path,
        axes="".join(axis for axis, _ in kept),
        shape=tuple(min(n, 3) if axis == "S" else n for axis, n in kept),
        dtype=dtype.newbyteorder("="),
        pixel_size=pixel_size,
        pixel_size_from=pixel_size_from,
        notes=("its alpha channel is left out",) if last == "S" and shape[-1] == 4 else (),
        chunk_rows=_chunk(full, axes.index("Y")),
        chunk_columns=_chunk(full, axes.index("X")),
        levels=tuple(_plane_shape(array, axes) for array in arrays),
        opener=partial(
            array_source,
            path,
            levels,
            last=last,
            labels=labels,
            pixel_size=pixel_size,
            pixel_size_from=pixel_size_from,
        ),
    )
    return ArraySource(info, arrays, axes)


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
