"""What an export will cost: room on the disk and time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_tiles_creator.engine.planning.plan import Plan

# Making a file takes about as long as writing so many bytes, so that small and large tiles have one rate.
FILE_BYTES = 50_000
# Bytes a second before any export was timed: an old laptop that rescales.
SLOW_RATE = 40e6


def free_bytes(folder: str | Path) -> int | None:
    """Return the free bytes of the disk a folder is or would be on, None where the system does not say."""
    place = Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        return shutil.disk_usage(place).free
    except OSError:
        return None


def work_bytes(n_bytes: float, n_tiles: float) -> float:
    """Return a measure of the work of writing tiles: their uncompressed bytes, and a share for each file."""
    return n_bytes + n_tiles * FILE_BYTES


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is still to be written of a plan.

    Parameters
    ----------
    tiles : int
        Tiles; an upper bound where a filter reads pixels.
    bytes : float
        Their uncompressed size.
    """

    tiles: int
    bytes: float

    @classmethod
    def of(cls, plan: Plan, there: int = 0) -> Remaining:
        """Return what remains where so many of its tiles stand there already."""
        left = max(0, len(plan) - there)
        return cls(left, plan.bytes * left / len(plan) if len(plan) else 0.0)

    def seconds(self, rate: float | None) -> float:
        """Return how long it will take, from earlier exports` `work_bytes` a second; None is a guess."""
        return work_bytes(self.bytes, self.tiles) / (rate or SLOW_RATE)
