"""An export under way: what its events add up to, and how its end is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.events import Finished, ItemFailed, Started, TileLeftOut, TileSkipped, TileWritten

if TYPE_CHECKING:
    from collections.abc import Generator

    from napari_tiles_creator.engine.events import Event
    from napari_tiles_creator.engine.plan import Plan
    from napari_tiles_creator.recipe.document import Recipe


def export(recipe: Recipe, plan: Plan | None) -> Generator[Event, None, Event | None]:
    """Carry a recipe out; the last event is the result.

    Parameters
    ----------
    recipe : Recipe
        What to export.
    plan : Plan or None
        Its plan where it is there already: what was shown is what is written.
    """
    from napari_tiles_creator.engine.plan import make_plan
    from napari_tiles_creator.engine.run import run

    event = None
    for event in run(plan or make_plan(recipe)):
        yield event
    return event


@dataclass
class Tally:
    """What the events so far add up to."""

    total: int = 0
    written: int = 0
    through: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, events: list[Any]) -> None:
        """Count some events."""
        for event in events:
            if isinstance(event, Started):
                self.total = event.tiles
            elif isinstance(event, (TileWritten, TileSkipped, TileLeftOut)):
                self.through += 1
                self.written += isinstance(event, TileWritten)
            elif isinstance(event, ItemFailed):
                self.failed.append(event.reason)


def told(report: Finished, folder: str, seconds: str) -> str:
    """Return how an export ended, with numbers and place."""
    text = f"{report.tiles} tile{'s' * (report.tiles != 1)} written to {folder} in {seconds}"
    if report.skipped:
        text += f"; {report.skipped} were there already"
    if report.left_out:
        text += f"; {report.left_out} left out"
    if report.failed:
        first = report.failed[0]["reason"]
        more = f" (and {len(report.failed) - 1} more)" if len(report.failed) > 1 else ""
        text += f". No tiles from {len(report.failed)} image{'s' * (len(report.failed) > 1)}: {first}{more}"
    return text
