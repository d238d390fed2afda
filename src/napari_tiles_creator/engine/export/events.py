"""What happens during an export, as frozen values that a loop can show, log or count."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``export --json`` prints."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()
        return {"event": name, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The export begins: so many images and tiles, those that are there already or will be left out included."""

    images: int
    tiles: int


@dataclass(frozen=True, slots=True)
class TileWritten(Event):
    """A tile's file stands whole in its place; `index` counts its source's tiles, `bytes` is the file's size."""

    source: str
    tile: str
    index: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TileSkipped(Event):
    """A tile was there already, complete."""

    source: str
    tile: str
    index: int


@dataclass(frozen=True, slots=True)
class TileLeftOut(Event):
    """A filter left a tile out."""

    source: str
    tile: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class ItemFailed(Event):
    """A source gives no tiles; the others go on."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """The dataset is complete but for the sources that failed.

    Parameters
    ----------
    tiles, skipped, left_out : int
        Tiles that were written, stood there already, were left out by a filter.
    failed : tuple of {"source", "reason"}
        Sources without tiles.
    objects : int or None, default None
        Objects that all tiles of the dataset show, shared ones counted in each; None without annotations.
    empty_splits : tuple of str
        Splits that were planned and got no tile.
    notes : tuple of str
        What a user should know, and nobody could before pixels were read.
    """

    tiles: int
    skipped: int
    left_out: int
    failed: tuple[dict[str, str], ...]
    objects: int | None = None
    empty_splits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the line that ``export --json`` prints: the last three only where there is something to tell."""
        line = Event.to_dict(self)
        without = [key for key in ("empty_splits", "notes") if not line[key]]
        without += ["objects"] if self.objects is None else []
        return {key: value for key, value in line.items() if key not in without}
