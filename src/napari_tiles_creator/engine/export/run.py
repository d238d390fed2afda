"""Carry a plan out: a generator of events over a pool of workers.

Each image goes through stages (measure, then cut); the tasks of a stage run in parallel and the next stage starts
when all are done. As many images as there are workers are under way at once. With scope dataset all images are
measured before the first is cut. After every event the files and the manifest on disk are valid, so that stopping
anywhere loses nothing.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from itertools import starmap
from typing import TYPE_CHECKING

import numpy as np

from napari_tiles_creator.engine.annotating.empty_tiles import EmptyTiles, needs_counts
from napari_tiles_creator.engine.export.crew import Crew
from napari_tiles_creator.engine.export.cut_job import CutJob, has_work
from napari_tiles_creator.engine.export.events import (
    Event,
    Finished,
    ItemFailed,
    Started,
    TileLeftOut,
    TileSkipped,
    TileWritten,
)
from napari_tiles_creator.engine.export.finish import finish_dataset
from napari_tiles_creator.engine.export.head import head
from napari_tiles_creator.engine.export.image_job import CountJob, ImageJob, MeasureJob
from napari_tiles_creator.engine.export.lock import locked
from napari_tiles_creator.engine.export.manifest import HEAD, Manifest, as_json, write_whole
from napari_tiles_creator.engine.export.rows import ranges_text
from napari_tiles_creator.engine.export.target import check_target, complete, resumable
from napari_tiles_creator.engine.export.tile_encoder import TileEncoder
from napari_tiles_creator.engine.export.writer import TileWriter, clear_staged, write_error
from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement
from napari_tiles_creator.engine.planning.plan import Failure
from napari_tiles_creator.engine.planning.warnings import listed
from napari_tiles_creator.engine.steps import MEMORY_BYTES, default_workers
from napari_tiles_creator.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from napari_tiles_creator.engine.pixels.dataset_measurement import Pass
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan


def run(
    plan: Plan,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    memory_bytes: int = MEMORY_BYTES,
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
        `Started`, then one event a tile (those that filters leave out, too) and one `ItemFailed` a source that
        fails, `Finished` at the end.

    Raises
    ------
    PlanError
        If the plan holds no image that gives tiles; nothing is written.
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
        try:
            clear_staged(folder)
            write_whole(folder / HEAD, as_json(head(plan, plan.failed, checksum)))
        except OSError as error:
            raise write_error(folder, error) from error
        yield Started(len(plan.images), plan.candidates)
        for failure in plan.failed:
            yield ItemFailed(failure.source, failure.reason)
        export = _Export(plan, folder, earlier, checksum, workers, memory_bytes, stop or threading.Event())
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
    """The state of one run: what was measured, what was counted, what failed."""

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        earlier: Manifest | None,
        checksum: str | None,
        workers: int,
        memory_bytes: int,
        stop: threading.Event,
    ) -> None:
        self.plan, self.folder, self.earlier, self.checksum, self.workers = plan, folder, earlier, checksum, workers
        there = complete(earlier, plan.recipe).values() if earlier else ()
        self.done = {(row.source, int(row.index)): row for row in there}
        self.stop = stop
        self.failed = list(plan.failed)
        self.counts: Counter[type[Event]] = Counter()
        self.doubtful: list[str] = []
        self.writer, self.encoder = TileWriter(folder, checksum), TileEncoder(plan)
        self.empty = None if plan.partners is None or needs_counts(plan) else EmptyTiles(plan)
        self.hold_bytes = memory_bytes // (2 * min(workers, len(plan.images)))
        self.dataset: DatasetMeasurement | None = None
        self.ranges: list[list[float | None]] | None = None
        self.crew: Crew | None = None

    def events(self, pool: Executor) -> Iterator[Event]:
        """Measure what all images share, then cut one image after the other."""
        self.crew = Crew(pool, self.workers, self.stop)
        if self.plan.recipe.normalization.scope == "dataset":
            yield from self._measure_dataset(self.crew)
            if self.stop.is_set():
                return
        if self.empty is None and self.plan.partners is not None:
            yield from self._count_empty(self.crew)
            if self.stop.is_set():
                return
        failed = {failure.source for failure in self.failed}
        jobs = (self._cut_job(image) for image in self.plan.images if image.name not in failed)
        yield from self.crew.through(jobs, self._cut)

    def _cut_job(self, image: ImagePlan) -> ImageJob:
        made = (self.writer, self.encoder, self.done, self.hold_bytes, self.stop)
        return CutJob(self.plan, image, *made, dataset=self.dataset, empty=self.empty)

    def _measure_dataset(self, crew: Crew) -> Iterator[Event]:
        """Find the range of all images; where every tile stands already, it is in the manifest."""
        labels_tell = self.plan.partners is not None and self.plan.partners.has_labels
        dataset = self.dataset = DatasetMeasurement(self.plan, wants_foreground=False if labels_tell else None)
        if self.earlier and self.earlier.finished and not self._has_work():
            self.ranges = self.earlier.head.get("ranges")
            return

        def job(image: ImagePlan, tasks_of: Pass) -> ImageJob:
            return MeasureJob(self.plan, image, tasks_of, self.hold_bytes, self.stop)

        for every in dataset.rounds():
            yield from crew.through(starmap(job, every), self._seen)
            if self.stop.is_set():
                return
        ranges = dataset.ranges()
        self.ranges = [[_plain(found.low), _plain(found.high)] for found in ranges]
        # An image that failed before and can be read now changes the range: what was cut by another is cut again.
        norms = ranges_text(ranges)
        self.done = {key: row for key, row in self.done.items() if (row.norm_low, row.norm_high) == norms}

    def _has_work(self) -> bool:
        return any(has_work(image, self.done) for image in self.plan.images)

    def _count_empty(self, crew: Crew) -> Iterator[Event]:
        """Find out of all images which tiles show nothing: how many are written depends on all of them."""
        found: dict[str, NDArray[np.bool_]] = {}

        def closed(job: ImageJob) -> Iterator[Event]:
            if job.failure is not None:
                yield self._failed(job)
            elif isinstance(job, CountJob) and not self.stop.is_set():
                found[job.image.name] = np.concatenate(job.empty)

        failed = {failure.source for failure in self.failed}
        make = partial(CountJob, self.plan, wanted=self.encoder.wanted, hold_bytes=self.hold_bytes, stop=self.stop)
        jobs = (make(image) for image in self.plan.images if image.name not in failed)
        yield from crew.through(jobs, closed)
        self.empty = EmptyTiles(self.plan, found)

    def _seen(self, job: ImageJob) -> Iterator[Event]:
        """Take in what a round found in an image."""
        assert self.dataset is not None
        if self.stop.is_set():
            return
        if job.failure is None:
            self.dataset.done(job.image)
        else:
            self.dataset.fail(job.image, job.failure)
            yield self._failed(job)

    def _cut(self, job: ImageJob) -> Iterator[Event]:
        """Count what a job did; a failed source leaves no tiles behind, so that the result never depends on timing."""
        if job.failure is None:
            self.counts.update(job.counts)
            if isinstance(job, CutJob) and job.seems_to_hold_classes:
                self.doubtful.append(job.image.name)
        else:
            yield self._failed(job)

    def _failed(self, job: ImageJob) -> Event:
        name, failure = job.image.name, str(job.failure)
        reason = failure if name in failure else f"{name}: {failure}"
        self.failed.append(Failure(name, reason))
        return ItemFailed(name, reason)

    def close(self) -> None:
        """End what is under way, then close journals and sources."""
        if self.crew:
            self.crew.close()
        self.writer.close()

    def finish(self) -> Event:
        """Put the manifest into plan order and remove the work folder."""
        self.failed.sort(key=lambda failure: failure.source)
        rows = finish_dataset(self.plan, self.folder, self.failed, self.checksum, self.ranges)
        splits = {row.split for row in rows}
        objects = sum(int(row.objects) for row in rows) if self.plan.partners is not None else None
        empty_splits = tuple(split for split in self.plan.splits if split not in splits)
        return Finished(
            tiles=self.counts[TileWritten],
            skipped=self.counts[TileSkipped],
            left_out=self.counts[TileLeftOut],
            failed=tuple({"source": f.source, "reason": f.reason} for f in self.failed),
            objects=objects,
            empty_splits=empty_splits,
            notes=tuple(self._notes(objects, empty_splits)) if rows else (),
        )

    def _notes(self, objects: int | None, empty_splits: tuple[str, ...]) -> Iterator[str]:
        """Yield what the user should know that nobody could before pixels were read."""
        if empty_splits:
            yield f"no tile was written for {listed(empty_splits)}: what trains from the dataset may miss it"
        if objects == 0:
            yield "nothing is drawn on any tile: check annotations.labels and annotations.boxes"
        if self.doubtful:
            yield (
                f"the label images hold few values in many pieces, and each value was taken for one object "
                f"({listed(sorted(self.doubtful))}): if values are classes, name them (annotations.classes); if not, "
                f"set annotations.labels_hold to instances"
            )


def _plain(value: float) -> float | None:
    """Return a number as JSON holds it: NaN, where there was no finite pixel, is null."""
    return None if math.isnan(value) else value
