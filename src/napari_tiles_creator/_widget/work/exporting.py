"""An export under way: what its events add up to, and how its end is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_error, show_info, show_warning

from napari_tiles_creator._widget.controls.words import counted, duration, grouped
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
    from napari_tiles_creator._widget.memory import Memory
    from napari_tiles_creator._widget.work.drawn import Drawn
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.engine.planning.scan import Scanned
    from napari_tiles_creator.errors import TilesError
    from napari_tiles_creator.recipe.document import Recipe

# A rate from less is chance.
FEWEST_SECONDS = 0.5


def export(
    recipe: Recipe, plan: Plan | None, scanned: list[Scanned] | None, drawn: Drawn, stop: threading.Event
) -> Generator[Event | Plan, None, Finished | None]:
    """Carry a recipe out; the result is the last event, or None where it was stopped.

    Parameters
    ----------
    recipe : Recipe
        What to export.
    plan : Plan or None
        Its plan where it is there already: what was shown is what is written.
    scanned : list of Scanned or None
        The headers of its media where they were read already; open layers cannot be read in a thread.
    drawn : Drawn
        What is drawn on them in layers.
    stop : threading.Event
        Ends the export early, also while it measures.

    Yields
    ------
    Plan, then Event
        What is carried out, then what happens.
    """
    from napari_tiles_creator.engine.export.run import run
    from napari_tiles_creator.engine.planning.plan import make_plan

    event: Event | None = None
    if plan is None:
        plan = make_plan(recipe, scanned, given=drawn.given, drawn=drawn.drawn)
    yield plan
    for event in run(plan, stop=stop):
        yield event
    return event if isinstance(event, Finished) else None


@dataclass
class Tally:
    """What the events so far add up to."""

    plan: Any = None
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
            elif not isinstance(event, Finished):
                self.plan = event

    def rate(self, seconds: float) -> float | None:
        """Return the work a second, None where too little was done to tell."""
        from napari_tiles_creator.engine.export.estimate import work_bytes

        if seconds < FEWEST_SECONDS or not self.written or self.plan is None:
            return None
        share = self.written / len(self.plan)
        return work_bytes(self.plan.bytes * share, self.written) / seconds


def told(report: Finished, images: int, folder: str, seconds: str) -> str:
    """Return how an export ended, in one sentence."""
    if report.skipped and not (report.tiles or report.left_out or report.failed):
        return f"All {counted(report.skipped, 'tile')} are there already in {folder}: nothing had to be written"
    text = f"{counted(images, 'image')} → {counted(report.tiles, 'tile')} written to {folder} in {seconds}"
    more = []
    if report.skipped:
        more.append(f"{grouped(report.skipped)} there already")
    if report.left_out:
        more.append(f"{grouped(report.left_out)} left out")
    if report.failed:
        more.append(f"{counted(len(report.failed), 'image')} failed")
    return "; ".join([text, *more])


class Exporting:
    """The export that is under way, if any.

    Parameters
    ----------
    jobs : Jobs
        Where it runs.
    footer : Footer
        Where it is shown.
    memory : Memory
        Learns how fast it was, and which images it was made from.
    finished, failed : callable
        Get the last event, or the error.
    ended : callable
        Called whenever an export has come to an end, with whether images failed: the folder holds something else
        now, and so may the images'.
    """

    def __init__(
        self,
        jobs: Jobs,
        footer: Footer,
        memory: Memory,
        finished: Callable[[Finished], None],
        failed: Callable[[TilesError], None],
        ended: Callable[[bool], None],
    ) -> None:
        self._jobs, self._footer, self._memory = jobs, footer, memory
        self._finished, self._failed, self._ended = finished, failed, ended
        self._tally = Tally()
        self._recipe: Recipe | None = None
        self._stopping = False

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._jobs.is_running("export")

    def start(self, recipe: Recipe, plan: Plan | None, scanned: list[Scanned] | None, drawn: Drawn) -> None:
        """Begin; see `export`."""
        self._tally, self._recipe, self._stopping = Tally(), recipe, False
        self._footer.start()
        self._memory.take_dataset(recipe.export.folder, recipe.media.folder)
        stop = threading.Event()
        self._jobs.start("export", partial(export, recipe, plan, scanned, drawn, stop), self._end, self._report, stop)

    def cancel(self) -> None:
        """Stop after the tiles under way."""
        if self.is_running:
            self._stopping = True
            self._footer.show_stopping()
            self._jobs.cancel("export")

    def _report(self, events: list[Any]) -> None:
        self._tally.add(events)
        if self._tally.total and not self._stopping:
            self._footer.progress(self._tally.through, self._tally.total, self._tally.written)

    def _end(self, ending: Ending) -> None:
        seconds = self._footer.seconds
        self._footer.stop()
        rate = self._tally.rate(seconds)
        if rate is not None:
            self._memory.take_rate(rate)
        if ending.error is not None:
            self._failed(ending.error)
            show_error(str(ending.error))
        elif ending.cancelled:
            through, total = self._tally.through, self._tally.total
            there = f"{grouped(through)} of {counted(total, 'tile')} {'is' if total == 1 else 'are'} there"
            self._footer.show_result(f"Cancelled: {there if total else 'nothing was written'}.")
        else:
            self._tell(ending.result, seconds)
        self._ended(bool(self._tally.failed))

    def _tell(self, report: Finished, seconds: float) -> None:
        assert self._recipe is not None
        plan = self._tally.plan
        planned = _names(plan)
        images = len(planned) - len({failure["source"] for failure in report.failed} & planned)
        text = told(report, images, self._recipe.export.folder, duration(max(seconds, 0.1)))
        warnings = [failure["reason"] for failure in report.failed] + list(report.notes)
        warnings += plan.warnings if plan is not None else ()
        self._footer.show_result(text, warnings)
        (show_warning if report.failed else show_info)(text)
        self._finished(report)


def _names(plan: Plan | None) -> set[str]:
    return {image.name for image in plan.images} if plan is not None else set()
