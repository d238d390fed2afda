"""One image under way: stages of tasks, each of which begins when the one before is done."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.annotating.image_annotations import ImageAnnotations
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.pixels.dataset_measurement import Pass
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.objects import Wanted

    # A task measures a part (nothing to tell yet) or cuts some tiles.
    Task = Callable[[], list[Event]]


class ImageJob(ABC):
    """What all jobs share: tasks are handed out while there is memory for what they read; one failure ends it.

    Parameters
    ----------
    image : ImagePlan
        The image.
    pixels : CalibratedImage
        Its pixels.
    ahead : int
        How many tasks, in their order, may be under way at once; see `CalibratedImage.reads_ahead`.
    stop : Event
        When set, tasks end after the tile they are at.
    """

    def __init__(self, image: ImagePlan, pixels: CalibratedImage, ahead: int, stop: threading.Event) -> None:
        self.image = image
        self.failure: str | None = None
        self.is_through = False
        self.running = 0
        self.counts: Counter[type[Event]] = Counter()
        self._pixels, self._ahead, self._stop = pixels, ahead, stop
        self._waiting: deque[tuple[int, Task]] = deque()
        self._under_way: set[int] = set()
        self._lock = threading.Lock()
        self._stages = self._plan_stages()

    def next_tasks(self, workers: int) -> list[Task]:
        """Return the tasks to start now; the image is through when none runs and none is left.

        None begins that would need blocks which push out those of a task that is still under way: every block would
        be decoded again and again.
        """
        if self.failure:
            self._waiting.clear()
        elif not self._waiting and not self.running:
            self._waiting.extend(enumerate(next((tasks for tasks in self._stages if tasks), [])))
        tasks: list[Task] = []
        while self._waiting and self.running < workers and self._waiting[0][0] < self._oldest + self._ahead:
            number, task = self._waiting.popleft()
            with self._lock:
                self._under_way.add(number)
            self.running += 1
            tasks.append(partial(self._carried_out, number, task))
        self.is_through = not self.running
        return tasks

    @property
    def _oldest(self) -> int:
        """The first task that is not done, of those that were begun; the first that waits where none is."""
        with self._lock:
            return min(self._under_way, default=self._waiting[0][0])

    def _carried_out(self, number: int, task: Task) -> list[Event]:
        try:
            return task()
        finally:
            with self._lock:
                self._under_way.discard(number)

    def close(self) -> None:
        """Release the file and the memory."""
        self._pixels.close()

    @abstractmethod
    def _plan_stages(self) -> Iterator[list[Task]]:
        """Yield the tasks of each stage."""

    def _measured(self, task: Callable[[], None]) -> list[Event]:
        if not (self._stop.is_set() or self.failure):
            try:
                task()
            except SourceError as error:
                self._fail(error)
        return []

    def _fail(self, error: SourceError) -> None:
        """Give the image up after the tasks that are under way."""
        self.failure = self.failure or str(error)


class MeasureJob(ImageJob):
    """One image that takes part in a round of a `DatasetMeasurement`.

    Parameters
    ----------
    plan : Plan
        The export.
    image : ImagePlan
        The image.
    tasks_of : Pass
        What the round does with it.
    hold_bytes : int
        Memory for this image's pixels.
    stop : Event
        Ends it early.
    """

    def __init__(self, plan: Plan, image: ImagePlan, tasks_of: Pass, hold_bytes: int, stop: threading.Event) -> None:
        self._tasks_of = tasks_of
        pixels = CalibratedImage(image, plan.recipe, hold_bytes)
        super().__init__(image, pixels, pixels.blocks_ahead(), stop)

    def _plan_stages(self) -> Iterator[list[Task]]:
        yield [partial(self._measured, task) for task in self._tasks_of(self._pixels)]


class CountJob(ImageJob):
    """One image of which is found out which of its tiles show nothing of what is drawn on it.

    Parameters
    ----------
    plan : Plan
        The export.
    image : ImagePlan
        The image.
    wanted : Wanted
        What the export needs of what is drawn.
    hold_bytes : int
        Memory for pixels of a label image.
    stop : Event
        Ends it early.
    """

    def __init__(self, plan: Plan, image: ImagePlan, wanted: Wanted, hold_bytes: int, stop: threading.Event) -> None:
        self.empty: list[NDArray[np.bool_]] = []
        self._drawn = ImageAnnotations(plan, image, wanted, hold_bytes)
        super().__init__(image, CalibratedImage(image, plan.recipe, hold_bytes), 1, stop)

    def _plan_stages(self) -> Iterator[list[Task]]:
        for number in range(len(self.image.planes)):
            yield [partial(self._measured, partial(self._count, number))]

    def _count(self, number: int) -> None:
        self.empty.append(self._drawn.empty_of(number, self._stop))
