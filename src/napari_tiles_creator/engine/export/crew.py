"""Takes images through their stages over a pool of workers, as many at once as there are workers."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator

    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.export.image_job import ImageJob


class Crew:
    """The jobs that are under way.

    Parameters
    ----------
    pool : Executor
        Where tasks run.
    workers : int
        Images under way at once, and tasks of one image.
    stop : Event
        When set, nothing more is begun.
    """

    def __init__(self, pool: Executor, workers: int, stop: threading.Event) -> None:
        self._pool, self._workers, self._stop = pool, workers, stop
        self._under_way: set[ImageJob] = set()
        self._tasks: dict[Future[list[Event]], ImageJob] = {}

    def through(self, jobs: Iterator[ImageJob], closed: Callable[[ImageJob], Iterator[Event]]) -> Iterator[Event]:
        """Take all jobs through their stages; yield what their tasks report, and what `closed` tells of each job."""
        while True:
            while len(self._under_way) < self._workers:
                job = next(jobs, None)
                if job is None:
                    break
                self._under_way.add(job)
                self._advance(job)
            if not self._under_way:
                return
            for job in [job for job in self._under_way if job.is_through]:
                self._under_way.remove(job)
                job.close()
                yield from closed(job)
            if not self._tasks:
                continue
            finished, _ = wait(self._tasks, return_when=FIRST_COMPLETED)
            if self._stop.is_set():
                return
            for future in finished:
                job = self._tasks.pop(future)
                job.running -= 1
                for event in future.result():
                    job.counts[type(event)] += 1
                    yield event
                self._advance(job)

    def _advance(self, job: ImageJob) -> None:
        """Submit as many tasks of the job's stage as may run at once; begin the next stage when all are done."""
        for task in job.next_tasks(self._workers):
            self._tasks[self._pool.submit(task)] = job

    def close(self) -> None:
        """End what is under way."""
        if self._tasks:
            self._stop.set()
        for future in self._tasks:
            future.cancel()
        wait(self._tasks)
        for job in self._under_way:
            job.close()
