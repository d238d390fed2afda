"""Carry a plan out: a generator of events over a pool of workers.

Each image goes through stages (measure, then cut); the tasks of a stage run in parallel and the next stage starts
when all are done. As many images as there are workers are under way at once. After every event the files and the
manifest on disk are valid, so that stopping anywhere loses nothing.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.engine.export.events import (
    Event,
    Finished,
    ItemFailed,
    Started,
    TileLeftOut,
    TileSkipped,
    TileWritten,
)
from napari_tiles_creator.engine.export.image_job import ImageJob
from napari_tiles_creator.engine.export.lock import locked
from napari_tiles_creator.engine.export.manifest import (
    HEAD,
    TABLE,
    WORK_FOLDER,
    Manifest,
    head,
    table_text,
    write_whole,
)
from napari_tiles_creator.engine.export.target import check_target, resumable
from napari_tiles_creator.engine.export.writer import TileWriter, write_error
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from napari_tiles_creator.engine.export.manifest import TileRow
    from napari_tiles_creator.engine.planning.plan import Plan

DEFAULT_MEMORY_BYTES = 512 << 20


def default_workers() -> int:
    """Return one worker a processor that this process may use."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def run(
    plan: Plan,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
    checksum: str | None = None,
    allow_foreign: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[Event]:
    """Cut and write all tiles of a plan that are not there yet.

    Parameters
    ----------
    plan : Plan
        From `make_plan`.
    executor : Executor, optional
        Where tasks run; a thread pool by default. Its workers share this process's memory.
    workers : int, optional
        Threads of the default pool, and images under way at once; as many as processors by default.
    memory_bytes : int, default 512 MiB
        Memory for pixels that are kept between reads.
    checksum : {"sha256"}, optional
        Add this digest of each file to the manifest.
    allow_foreign : bool, default False
        Write into a folder that holds other files; they are left alone.
    stop : threading.Event, optional
        Set it from another thread to end early, also while an image is still being measured: the generator then
        ends without `Finished`, as if it had been closed.

    Yields
    ------
    Event
        `Started`, then one event a tile and one `ItemFailed` a source that fails, `Finished` at the end.

    Raises
    ------
    PlanError
        If the plan holds no tile; nothing is written.
    ExportError
        If the folder cannot be used, holds another export or other files, is in use, or a write fails.
        Calling again goes on where it stopped.
    """
    if isinstance(executor, ProcessPoolExecutor):
        raise PlanError("workers must share memory with this process: give a ThreadPoolExecutor, or none")
    if not plan.images:
        reasons = "; ".join(failure.reason for failure in plan.failed[:3]) or "; ".join(plan.warnings)
        raise PlanError(f"there is no tile to export: {reasons}")
    folder = check_target(plan.recipe)
    workers = workers or default_workers()
    with locked(folder):
        earlier = resumable(plan, folder, checksum, allow_foreign)
        done = _complete(earlier) if earlier else {}
        try:
            for stage in (folder / WORK_FOLDER).glob("stage-*"):  # of a run that was killed
                shutil.rmtree(stage, ignore_errors=True)
            write_whole(folder / HEAD, _json(head(plan, plan.failed, checksum)))
        except OSError as error:
            raise write_error(folder, error) from error
        yield Started(len(plan.images), len(plan))
        for failure in plan.failed:
            yield ItemFailed(failure.source, failure.reason)
        export = _Export(plan, folder, done, checksum, workers, memory_bytes, stop or threading.Event())
        own_pool = ThreadPoolExecutor(workers)  # starts no thread before it is used
        try:
            yield from export.events(executor or own_pool)
            stopped = export.stop.is_set()
        finally:
            export.close()
            own_pool.shutdown(wait=True)
        if not stopped:
            yield export.finish()


class _Export:
    """The state of one run: which images are under way, what was counted, what failed."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        done: dict[str, TileRow],
        checksum: str | None,
        workers: int,
        memory_bytes: int,
        stop: threading.Event,
    ) -> None:
        self.plan, self.folder, self.done, self.checksum, self.workers = plan, folder, done, checksum, workers
        self.stop = stop
        self.failed = list(plan.failed)
        self.counts: Counter[type[Event]] = Counter()
        self.writer = TileWriter(folder, checksum)
        self.hold_bytes = memory_bytes // (2 * min(workers, len(plan.images)))
        self.under_way: set[ImageJob] = set()
        self.tasks: dict[Future[list[Event]], ImageJob] = {}

    def events(self, pool: Executor) -> Iterator[Event]:
        """Start images, collect what their tasks report, until all are through."""
        waiting = deque(self.plan.images)
        while waiting or self.under_way:
            while waiting and len(self.under_way) < self.workers:
                image = waiting.popleft()
                job = ImageJob(self.plan, image, self.writer, self.done, self.hold_bytes, self.stop)
                self.under_way.add(job)
                self._advance(job, pool)
            for job in [job for job in self.under_way if job.is_through]:
                self.under_way.remove(job)
                yield from self._closed(job)
            if not self.tasks:
                continue
            finished, _ = wait(self.tasks, return_when=FIRST_COMPLETED)
            if self.stop.is_set():
                return
            for future in finished:
                job = self.tasks.pop(future)
                job.running -= 1
                for event in future.result():
                    job.counts[type(event)] += 1
                    yield event
                self._advance(job, pool)

    def _advance(self, job: ImageJob, pool: Executor) -> None:
        """Submit as many tasks of the job's stage as may run at once; begin the next stage when all are done."""
        for task in job.next_tasks(self.workers):
            self.tasks[pool.submit(task)] = job

    def _closed(self, job: ImageJob) -> Iterator[Event]:
        """Release a job; a failed source leaves no tiles behind, so that the result never depends on timing."""
        job.close()
        if job.failure is None:
            self.counts.update(job.counts)
            return
        reason = job.failure if job.image.name in job.failure else f"{job.image.name}: {job.failure}"
        self.failed.append(Failure(job.image.name, reason))
        yield ItemFailed(job.image.name, reason)

    def close(self) -> None:
        """End what is under way, then close journals and sources."""
        if self.tasks:
            self.stop.set()
        for future in self.tasks:
            future.cancel()
        wait(self.tasks)
        for job in self.under_way:
            job.close()
        self.writer.close()

    def finish(self) -> Event:
        """Put the manifest into plan order and remove the work folder."""
        self.failed.sort(key=lambda failure: failure.source)
        failed = {failure.source for failure in self.failed}
        rows = Manifest.read(self.folder).rows
        place = {image.name: i for i, image in enumerate(self.plan.images)}
        kept = [row for row in rows.values() if row.source in place and row.source not in failed]
        kept.sort(key=lambda row: (place[row.source], int(row.index)))
        table = table_text(kept, sha256=self.checksum == "sha256")
        try:
            for tile in rows.keys() - {row.tile for row in kept}:
                (self.folder / tile).unlink(missing_ok=True)
            write_whole(self.folder / TABLE, table)
            write_whole(self.folder / HEAD, _json(head(self.plan, self.failed, self.checksum, table)))
            for journal in (self.folder / WORK_FOLDER).glob("journal-*.csv"):
                journal.unlink()
        except OSError as error:
            raise write_error(self.folder, error) from error
        return Finished(
            tiles=self.counts[TileWritten],
            skipped=self.counts[TileSkipped],
            left_out=self.counts[TileLeftOut],
            failed=tuple({"source": f.source, "reason": f.reason} for f in self.failed),
        )


def _complete(manifest: Manifest) -> dict[str, TileRow]:
    """Return the rows whose files stand in the folder with the size they were written with."""
    rows = {}
    for tile, row in manifest.rows.items():
        try:
            if os.stat(manifest.folder / tile).st_size == int(row.bytes):
                rows[tile] = row
        except OSError:
            continue
    return rows


def _json(content: dict[str, Any]) -> str:
    import json

    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
