"""Work off the main thread, on napari's pool, with every ending told.

superqt's generator worker swallows a RuntimeError and leaves a generator that was told to quit unclosed. So nothing
is raised out of the thread here: `Job` runs the generator itself, closes it, and hands back how it ended.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, Signal

from napari_tiles_creator.errors import TilesError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    Work = Callable[[], Generator[Any, None, Any]]

# Events are handed over in batches: thousands a second, one signal each, would drown the window.
BATCH_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: a result, an error, or neither where it was cancelled."""

    result: Any = None
    error: TilesError | None = None
    cancelled: bool = False


class Job(QObject):  # type: ignore[misc]
    """One piece of work in a thread.

    Parameters
    ----------
    work : callable
        Returns a generator; what it yields is reported in batches, what it returns is the result.
    """

    reported = Signal(list)
    ended = Signal(object)

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        self._stop = threading.Event()
        self._is_silent = False
        self._worker: Any = None

    def start(self) -> None:
        """Start the work; `ended` is sent once, unless the job is dropped."""
        self._worker = create_worker(self._steps, _ignore_errors=True)
        self._worker.yielded.connect(self._report)
        self._worker.returned.connect(self._end)
        self._worker.aborted.connect(self._abort)
        self._worker.start()

    def cancel(self) -> None:
        """Stop after the step under way; `ended` tells when."""
        self._stop.set()

    def drop(self) -> None:
        """Stop, and tell nothing any more."""
        self._is_silent = True
        self._stop.set()

    def _steps(self) -> Iterator[Any]:
        """Run in the thread."""
        try:
            with closing(self._batches()) as batches:
                result = yield from batches
        except TilesError as error:
            return Ending(error=error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must hear of it
            return Ending(error=as_tiles_error(error))
        return Ending(result, cancelled=self._stop.is_set())

    def _batches(self) -> Generator[list[Any], None, Any]:
        batch: list[Any] = []
        sent = 0.0
        steps = self._work()
        with closing(steps):
            while not self._stop.is_set():
                try:
                    batch.append(next(steps))
                except StopIteration as end:
                    if batch:
                        yield batch
                    return end.value
                if time.monotonic() - sent >= BATCH_SECONDS:
                    yield batch
                    batch, sent = [], time.monotonic()
        if batch:
            yield batch
        return None

    def _report(self, batch: list[Any]) -> None:
        if not self._is_silent:
            self.reported.emit(batch)

    def _end(self, ending: Ending) -> None:
        if not self._is_silent:
            self.ended.emit(ending)

    def _abort(self) -> None:
        """Napari told the worker to quit, as it does when its window closes."""
        self._stop.set()
        self._end(Ending(cancelled=True))


def as_tiles_error(error: Exception) -> TilesError:
    """Return any exception as one that carries a sentence for the user."""
    if isinstance(error, MemoryError):
        return TilesError("there is not enough memory for this")
    text = " ".join(str(error).split())
    return TilesError(f"something went wrong that should not: {type(error).__name__}{': ' if text else ''}{text}")


class Jobs:
    """The jobs of a dock, by purpose: a new one of the same purpose replaces the old one."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        # Dropped jobs live until their threads are through.
        self._leaving: set[Job] = set()

    def start(
        self,
        purpose: str,
        work: Work,
        ended: Callable[[Ending], None],
        reported: Callable[[list[Any]], None] | None = None,
    ) -> Job:
        """Start a job; `ended` and `reported` are called in the main thread.

        Parameters
        ----------
        purpose : str
            Such as ``"scan"``; a job of this purpose that is under way is dropped.
        work : callable
            See `Job`.
        ended : callable
            Gets the `Ending`.
        reported : callable, optional
            Gets a list of what the work yielded.
        """
        self.drop(purpose)
        job = self._jobs[purpose] = Job(work)

        def end(ending: Ending) -> None:
            if self._jobs.get(purpose) is job:
                del self._jobs[purpose]
            ended(ending)

        job.ended.connect(end)
        if reported is not None:
            job.reported.connect(reported)
        job.start()
        return job

    def is_running(self, purpose: str) -> bool:
        """Whether a job of this purpose is under way."""
        return purpose in self._jobs

    def cancel(self, purpose: str) -> None:
        """Ask a job to stop; it tells when it has."""
        if purpose in self._jobs:
            self._jobs[purpose].cancel()

    def drop(self, purpose: str) -> None:
        """Stop a job and hear nothing of it any more."""
        if purpose in self._jobs:
            self._jobs.pop(purpose).drop()

    def drop_all(self) -> None:
        """Stop all jobs and hear nothing of them any more."""
        for purpose in list(self._jobs):
            self.drop(purpose)


def once(function: Callable[[], Any]) -> Work:
    """Return a plain function as work without steps."""

    def steps() -> Generator[Any, None, Any]:
        return function()
        yield  # makes it a generator

    return steps
