"""An export under way: what its events add up to, and how its end is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info, show_warning

from napari_tiles_creator._widget.footer import duration
from napari_tiles_creator.engine.export.events import (
    Finished,
    ItemFailed,
    Started,
    TileLeftOut,
    TileSkipped,
    TileWritten,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from napari_tiles_creator._widget.footer import Footer
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.errors import TilesError
    from napari_tiles_creator.recipe.document import Recipe


def export(recipe: Recipe, plan: Plan | None, stop: threading.Event) -> Generator[Event, None, Finished | None]:
    """Carry a recipe out; the result is the last event, or None where it was stopped.

    Parameters
    ----------
    recipe : Recipe
        What to export.
    plan : Plan or None
        Its plan where it is there already: what was shown is what is written.
    stop : threading.Event
        Ends the export early, also while it measures.
    """
    from napari_tiles_creator.engine.export.run import run
    from napari_tiles_creator.engine.planning.plan import make_plan

    event: Event | None = None
    for event in run(plan or make_plan(recipe), stop=stop):
        yield event
    return event if isinstance(event, Finished) else None


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


class Exporting:
    """The export that is under way, if any.

    Parameters
    ----------
    jobs : Jobs
        Where it runs.
    footer : Footer
        Where it is shown.
    finished, failed : callable
        Get the last event, or the error.
    """

    def __init__(
        self, jobs: Jobs, footer: Footer, finished: Callable[[Finished], None], failed: Callable[[TilesError], None]
    ) -> None:
        self._jobs, self._footer, self._finished, self._failed = jobs, footer, finished, failed
        self._tally = Tally()
        self._folder = ""

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._jobs.is_running("export")

    def start(self, recipe: Recipe, plan: Plan | None) -> None:
        """Begin; see `export`."""
        self._tally, self._folder = Tally(), recipe.export.folder
        self._footer.start()
        stop = threading.Event()
        self._jobs.start("export", partial(export, recipe, plan, stop), self._end, self._report, stop)

    def cancel(self) -> None:
        """Stop after the tiles under way."""
        if self.is_running:
            self._footer.show_stopping()
            self._jobs.cancel("export")

    def _report(self, events: list[Any]) -> None:
        self._tally.add(events)
        self._footer.progress(self._tally.through, self._tally.total, self._tally.written)

    def _end(self, ending: Ending) -> None:
        self._footer.stop()
        if ending.error is not None:
            self._failed(ending.error)
        elif ending.cancelled:
            through, total = self._tally.through, self._tally.total
            self._footer.show_result(
                f"Cancelled: {through} of {total} tiles are there. Export tiles goes on where it stopped."
            )
        else:
            text = told(ending.result, self._folder, duration(self._footer.seconds))
            self._footer.show_result(text)
            (show_warning if ending.result.failed else show_info)(text)
            self._finished(ending.result)
