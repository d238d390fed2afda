"""One file per channel: files whose names differ in the channel alone, grouped and read as one image."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fnmatch import translate
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.sources.folder import Found, unique_stems
from napari_tiles_creator.sources.registry import AS_IT_IS, open_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.geometry.box import Box
    from napari_tiles_creator.sources.base import Opening, Source

# Where the channel's name stands in a pattern, and in the name of the image that is put together.
CHANNEL = "{channel}"


def grouped(found: Sequence[Found], pattern: str) -> list[Found]:
    """Return one entry for all files whose names differ only where the pattern holds ``{channel}``.

    Files that do not fit the pattern stay as they are. A group that lacks a channel of the others has a problem.

    Parameters
    ----------
    found : sequence of Found
        The files of a folder.
    pattern : str
        A pattern of file names with ``{channel}`` in it, such as ``*_{channel}.tif``.
    """
    before, after = (translate(part).removesuffix(r"\Z").removesuffix(r"\z") for part in pattern.split(CHANNEL))
    fitting = re.compile(f"(?P<before>{before})(?P<channel>[^/]+?)(?P<after>{after})\\Z")
    groups: dict[str, list[tuple[str, Found]]] = {}
    for file in found:
        folder, slash, name = file.name.rpartition("/")
        match = None if file.problem else fitting.match(name)
        key = f"{folder}{slash}{match['before']}{CHANNEL}{match['after']}" if match else file.name
        groups.setdefault(key, []).append((match["channel"] if match else "", file))
    every = {channel for parts in groups.values() for channel, _ in parts if channel}
    stems = unique_stems([_plain(name) for name in groups])
    return [_joined(name, stem, parts, every) for (name, parts), stem in zip(groups.items(), stems, strict=True)]


def _joined(name: str, stem: str, parts: list[tuple[str, Found]], every: set[str]) -> Found:
    channel, file = parts[0]
    if not channel:
        return file if file.problem else replace(file, stem=stem)
    parts = sorted(parts, key=lambda part: _natural(part[0]))
    missing = sorted(every - {channel for channel, _ in parts}, key=_natural)
    problem = f"{name}: no file for channel {', '.join(missing)}, which other images have" if missing else ""
    path = file.path.with_name(name.rpartition("/")[2])
    return Found(name, path, stem, problem, channels=tuple((channel, file.path) for channel, file in parts))


def _plain(name: str) -> str:
    """Return a name without the place of the channel and the separators before it."""
    before, _, after = name.partition(CHANNEL)
    return before.rstrip("_-. ") + after if before.rstrip("_-. /") else before + after


def _natural(text: str) -> list[tuple[int, int | str]]:
    """Return a key by which numbers in texts are sorted as numbers."""
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", text) if part]


@dataclass(frozen=True, slots=True)
class ChannelFilesOpener:
    """Opens the files again; equal to another one that would open the same."""

    path: Path
    channels: tuple[tuple[str, Path], ...]
    opening: Opening

    def __call__(self) -> ChannelFiles:
        """Return the source."""
        return open_channel_files(self.path, self.channels, self.opening)


def open_channel_files(path: Path, channels: tuple[tuple[str, Path], ...], opening: Opening = AS_IT_IS) -> ChannelFiles:
    """Open files of one channel each as one image; reads the headers only.

    Parameters
    ----------
    path : Path
        The name of the whole, with ``{channel}`` in it.
    channels : tuple of (str, Path)
        Name and file of each channel.
    opening : Opening
        How the files are to be understood.

    Raises
    ------
    SourceError
        If a file cannot be read, or does not go with the first one.
    """
    sources: list[Source] = []
    try:
        for _, file in channels:
            sources.append(open_source(file, opening))
            _check(sources[0], sources[-1])
        return ChannelFiles(path, channels, tuple(sources), opening)
    except BaseException:
        for source in sources:
            source.close()
        raise


def _check(first: Source, source: Source) -> None:
    info, name = source.info, source.info.path.name
    if info.is_rgb or info.length("C") > 1:
        raise SourceError(f"{name}: holds {info.axes} {info.shape}, not one channel (media.channels_from)")
    for what in ("axes", "shape", "dtype"):
        here, there = getattr(info, what), getattr(first.info, what)
        if here != there:
            raise SourceError(
                f"{name}: its {what} {here} differ from those of {first.info.path.name}, {there} (media.channels_from)"
            )


class ChannelFiles:
    """Several files as the channels of one image; see `open_channel_files`."""

    def __init__(
        self, path: Path, channels: tuple[tuple[str, Path], ...], sources: tuple[Source, ...], opening: Opening
    ) -> None:
        self._sources = sources
        info = sources[0].info
        axes, shape = info.axes, info.shape
        if "C" not in axes:
            at = axes.index("Y") if axes.index("Y") < axes.index("X") else axes.index("X")
            axes, shape = axes[:at] + "C" + axes[at:], (*shape[:at], 1, *shape[at:])
        at = axes.index("C")
        self.info = replace(
            info,
            path=path,
            axes=axes,
            shape=(*shape[:at], len(sources), *shape[at + 1 :]),
            channel_names=tuple(channel for channel, _ in channels),
            files=tuple(file for _, file in channels),
            whole_bytes=sum(source.info.whole_bytes for source in sources),
            opener=ChannelFilesOpener(path, channels, opening),
        )

    def read(self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0) -> NDArray[Any]:
        """Read a rectangle; see `Source.read`."""
        if channel is not None:
            return self._one(channel, box, z, t, level)
        return np.stack([self._one(number, box, z, t, level) for number in range(len(self._sources))])

    def uniform_value(
        self, box: Box, z: int = 0, t: int = 0, channel: int | None = None, level: int = 0
    ) -> int | float | None:
        """Return the value that all channels asked for have all over the rectangle; see `Source.uniform_value`."""
        numbers = range(len(self._sources)) if channel is None else [channel]
        values = {self._sources[number].uniform_value(box, z=z, t=t, level=level) for number in numbers}
        return values.pop() if len(values) == 1 else None

    def close(self) -> None:
        """Release the files."""
        for source in self._sources:
            source.close()

    def _one(self, number: int, box: Box, z: int, t: int, level: int) -> NDArray[Any]:
        source = self._sources[number]
        return source.read(box, z=z, t=t, channel=0 if source.info.has_channels else None, level=level)
