"""Work off the main thread, on napari's pool, with every ending told.

superqt's generator worker swallows a RuntimeError and leaves a generator that was told to quit unclosed. So nothing
is raised out of the thread here: `Job` runs the generator itself, closes it, and hands back how it ended.
"""

from __future__ import annotations

import threading
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from napari.qt.threading import create_worker
from qtpy.QtCore import QObject, QThreadPool

from napari_tiles_creator.errors import TilesError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Work = Callable[[], Generator[Any, None, Any]]

# Events are handed over in batches: thousands a second, one signal each, would drown the window.
BATCH_SECONDS = 0.05
# One thread a processor, as Qt has it, would let the plan wait for an export and a histogram on a small machine.
FEWEST_THREADS = 6


@dataclass(frozen=True, slots=True)
class Ending:
    """How a job ended: a result, an error, or neither where it was cancelled."""

    result: Any = None
    error: TilesError | None = None
    cancelled: bool = False


class Job(QObject):
    """One piece of work in a thread.

    Parameters
    ----------
    name : str
        What napari calls it where it lists what is going on.
    work : callable
        Returns a generator; what it yields is reported in batches, what it returns is the result.
    ended : callable
        Called in the main thread, once, with the `Ending`.
    reported : callable, optional
        Called in the main thread with lists of what the work yielded.
    stop : threading.Event, optional
        Set when the job is to stop, for work that can look at it between two steps.
    """

    def __init__(
        self,
        name: str,
        work: Work,
        ended: Callable[[Ending], None],
        reported: Callable[[list[Any]], None] | None,
        stop: threading.Event | None = None,
    ) -> None:
        super().__init__()
        self._name, self._work = name, work
        self._ended: Callable[[Ending], None] | None = ended
        self._reported = reported
        self._stop = stop or threading.Event()
        self._worker: Any = None
        self._generator: Generator[list[Any], None, Ending] | None = None

    def start(self) -> None:
        """Start the thread."""
        pool = QThreadPool.globalInstance()
        pool.setMaxThreadCount(max(FEWEST_THREADS, pool.maxThreadCount()))
        self._generator = self._steps()
        self._worker = create_worker(_Named(_relay, self._generator, name=self._name), _ignore_errors=True)
        self._worker.yielded.connect(self._report)
        self._worker.returned.connect(self._end)
        self._worker.finished.connect(self._finish)
        self._worker.start()

    def cancel(self) -> None:
        """Stop after the step under way; the ending tells when."""
        self._stop.set()

    def drop(self) -> None:
        """Stop, and tell nothing any more."""
        self._ended = self._reported = None
        self._stop.set()

    def _steps(self) -> Generator[list[Any], None, Ending]:
        """Run in the thread; raises nothing."""
        try:
            with closing(self._work()) as steps:
                return (yield from self._batches(steps))
        except TilesError as error:
            return Ending(error=error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the user must hear of it
            return Ending(error=as_tiles_error(error))

    def _batches(self, steps: Generator[Any, None, Any]) -> Generator[list[Any], None, Ending]:
        batch: list[Any] = []
        sent = 0.0
        while not self._stop.is_set():
            try:
                batch.append(next(steps))
            except StopIteration as end:
                if batch:
                    yield batch
                return Ending(end.value, cancelled=end.value is None and self._stop.is_set())
            if time.monotonic() - sent >= BATCH_SECONDS:
                yield batch
                batch, sent = [], time.monotonic()
        if batch:
            yield batch
        return Ending(cancelled=True)

    def _report(self, batch: list[Any]) -> None:
        if self._reported is not None:
            self._reported(batch)

    def _end(self, ending: Ending) -> None:
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(ending)

    def _finish(self) -> None:
        """Come to an end, also where napari told the worker to quit because its window closes."""
        if self._generator is not None:
            self._generator.close()
        self._worker = self._generator = None
        self._end(Ending(cancelled=True))


class _Named(partial):
    """A generator function under the name that napari shows while it runs."""

    name: str

    def __new__(cls, function: Callable[..., Any], *args: Any, name: str) -> Self:
        named = super().__new__(cls, function, *args)
        named.name = name
        return named

    def __str__(self) -> str:
        return self.name


def _relay(generator: Generator[Any, None, Any]) -> Generator[Any, None, Any]:
    return (yield from generator)


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

    def start(
        self,
        purpose: str,
        work: Work,
        ended: Callable[[Ending], None],
        reported: Callable[[list[Any]], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """Start a job; `ended` and `reported` are called in the main thread.

        Parameters
        ----------
        purpose : str
            Such as ``"scan"``; a job of this purpose that is under way is dropped.
        work, ended, reported, stop
            See `Job`.
        """
        self.drop(purpose)

        def end(ending: Ending) -> None:
            self._jobs.pop(purpose, None)
            ended(ending)

        self._jobs[purpose] = Job(f"Tiles Creator: {purpose}", work, end, reported, stop)
        self._jobs[purpose].start()

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

    def drop_all(self, but: str = "") -> None:
        """Stop all jobs, but those of one purpose, and hear nothing of them any more."""
        for purpose in list(self._jobs):
            if purpose != but:
                self.drop(purpose)


def once(function: Callable[[], Any]) -> Work:
    """Return a plain function as work without steps."""

    def steps() -> Generator[Any, None, Any]:
        return function()
        yield  # makes it a generator

    return steps
