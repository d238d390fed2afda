"""One image under way: stages of tasks, each of which begins when the one before is done."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.export.events import TileLeftOut, TileSkipped, TileWritten
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.engine.pixels.reading_order import groups, groups_in_row
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.grid import pair
from napari_tiles_creator.sinks.base import TileFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.export.writer import TileWriter
    from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement, Pass
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.tile import Tile

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


class CutJob(ImageJob):
    """One image that is measured, if what it needs is not known yet, and then cut.

    Parameters
    ----------
    plan : Plan
        The export.
    image : ImagePlan
        The image.
    writer : TileWriter
        Where tiles go.
    done : mapping
        Rows of tiles that are complete already, by path.
    hold_bytes : int
        Memory for this image's pixels.
    stop : Event
        When set, tasks end after the tile they are at.
    dataset : DatasetMeasurement, optional
        What was measured of all images together (scope dataset).
    """

    def __init__(
        self,
        plan: Plan,
        image: ImagePlan,
        writer: TileWriter,
        done: Mapping[str, TileRow],
        hold_bytes: int,
        stop: threading.Event,
        dataset: DatasetMeasurement | None = None,
    ) -> None:
        self._recipe = plan.recipe
        self._layout, self._sink = plan.layout, plan.sink
        self._writer, self._done = writer, done
        self._is_measured = dataset is not None
        self._maker = TileMaker(plan, image, hold_bytes)
        if dataset:
            self._maker.take_dataset(dataset)
        pixels, tile_rows = self._maker.pixels, pair(plan.recipe.tiling.size_px)[0]
        self._stripe = pixels.stripe_columns(tile_rows)
        super().__init__(image, pixels, pixels.reads_ahead(tile_rows, groups_in_row(image, self._stripe)), stop)

    def _plan_stages(self) -> Iterator[list[Task]]:
        measurement = Measurement(self.image, self._recipe)
        if not self._is_measured and measurement.is_needed and has_work(self.image, self._path, self._done):
            for tasks in measurement.stages(self._pixels):
                yield [partial(self._measured, task) for task in tasks]
            self._maker.take(measurement)
        every = range(len(self.image.planes))
        if not self._pixels.clips or self._pixels.holds_plane:
            yield self._cutting(every)
            return
        # A pass over a large plane can be shared and stopped, which the first tile that needs its limits can not.
        for number in every:
            if has_work(self.image, self._path, self._done, number):
                yield self._limits(number)
            yield self._cutting([number])

    def _limits(self, plane_number: int) -> list[Task]:
        return [partial(self._measured, task) for task in self._pixels.limit_tasks(self.image.planes[plane_number])]

    def _cutting(self, plane_numbers: Iterable[int]) -> list[Task]:
        return [
            partial(self._cut, number, tiles) for number in plane_numbers for tiles in groups(self.image, self._stripe)
        ]

    def _path(self, planned: PlannedTile) -> str:
        return self._layout.tile_path(planned.name, self._sink.extension)

    def _cut(self, plane_number: int, tiles: Callable[[], Iterator[Tile]]) -> list[Event]:
        events: list[Event] = []
        for tile in tiles():
            if self._stop.is_set() or self.failure:
                break
            try:
                events.append(self._cut_one(self.image.in_plane(plane_number, tile)))
            except SourceError as error:
                self._fail(error)
        return events

    def _cut_one(self, planned: PlannedTile) -> Event:
        image, path = self.image, self._path(planned)
        reason = image.left_out(planned.index)
        if reason:
            return TileLeftOut(image.name, path, planned.index, reason)
        if path in self._done:
            return TileSkipped(image.name, path, planned.index)
        least = self._recipe.tiling.min_foreground
        if least > 0:
            share = self._maker.share(planned)
            if share < least:
                return TileLeftOut(image.name, path, planned.index, too_little(share, least))
        cut = self._maker.cut(planned)
        box = planned.tile.box
        facts = TileFacts(image.tile_axes, image.tile_pixel_size, box.y, box.x)
        row = self._writer.write(image, planned, path, self._sink.encode(cut.pixels, facts), cut.ranges)
        return TileWritten(image.name, path, planned.index, int(row.bytes))


def has_work(
    image: ImagePlan,
    path_of: Callable[[PlannedTile], str],
    done: Mapping[str, TileRow],
    plane_number: int | None = None,
) -> bool:
    """Whether a tile, of one plane or of all, that no filter leaves out beforehand is still to be made."""
    if not done and plane_number is None:
        return image.tiles > 0
    places = len(image.tiling)
    first, stop = (0, len(image)) if plane_number is None else (plane_number * places, (plane_number + 1) * places)
    tiles = map(image.__getitem__, range(first, stop))
    return any(path_of(planned) not in done and not image.left_out(planned.index) for planned in tiles)


def too_little(share: float, least: float) -> str:
    """Return why a tile with this share of foreground is left out; rounded down, so that it reads as too little."""
    return f"{int(share * 1000) / 10:g} % foreground, tiling.min_foreground is {least:g}"
