"""The stages of one image: measure its range if the normalization needs it, then cut its tiles."""

from __future__ import annotations

from collections import Counter, deque
from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.export.events import TileLeftOut, TileSkipped, TileWritten
from napari_tiles_creator.engine.pixels.calibrated_image import CalibratedImage
from napari_tiles_creator.engine.pixels.cut import cut_tile
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.engine.pixels.normalize import Normalizer
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.grid import TileGrid, pair
from napari_tiles_creator.sinks.base import TileFacts

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.export.manifest import TileRow
    from napari_tiles_creator.engine.export.writer import TileWriter
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.engine.planning.plan import Plan

    # A task measures a part (nothing to tell yet) or cuts some tiles.
    Task = Callable[[], list[Event]]

# Scattered tiles of one task: neighbours from top to bottom, so that bands are reused.
SCATTERED_TILES = 16


class ImageJob:
    """One image under way.

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
    """

    def __init__(
        self,
        plan: Plan,
        image: ImagePlan,
        writer: TileWriter,
        done: Mapping[str, TileRow],
        hold_bytes: int,
        stop: threading.Event,
    ) -> None:
        self.image = image
        self.failure: str | None = None
        self.is_through = False
        self.running = 0
        self.counts: Counter[type[Event]] = Counter()
        self._waiting: deque[Task] = deque()
        self._recipe = plan.recipe
        self._layout, self._sink = plan.layout, plan.sink
        self._excluded = frozenset(plan.recipe.tiling.exclude_tiles)
        self._writer, self._done, self._stop = writer, done, stop
        self._pixels = CalibratedImage(image, plan.recipe, hold_bytes)
        self._tile_height = pair(plan.recipe.tiling.size_px)[0]
        self._stages = self._plan_stages()

    def next_tasks(self, workers: int) -> list[Task]:
        """Return the tasks to start now; the image is through when none runs and none is left.

        No more run at once than there is memory for the bands they read: others would push these out, and every
        band would be decoded again and again.
        """
        if self.failure:
            self._waiting.clear()
        elif not self._waiting and not self.running:
            self._waiting.extend(next(self._stages, []))
        free = min(workers, self._pixels.reads_at_once(self._tile_height)) - self.running
        tasks = [self._waiting.popleft() for _ in range(min(free, len(self._waiting)))]
        self.running += len(tasks)
        self.is_through = not self.running
        return tasks

    def close(self) -> None:
        """Release the file and the memory."""
        self._pixels.close()

    def _plan_stages(self) -> Iterator[list[Task]]:
        ranges = None
        if self._recipe.normalization.scope == "image" and self._has_work():
            measurement = Measurement(self._pixels, self._recipe.normalization)
            for tasks in measurement.stages():
                yield [partial(self._measured, task) for task in tasks]
            ranges = measurement.ranges()
        normalizer = Normalizer(
            self._recipe.normalization, self.image.dtype, self.image.axes, self._pixels.dtype, ranges
        )
        yield [partial(self._cut, normalizer, tiles) for tiles in self._groups()]

    def _has_work(self) -> bool:
        return not self._done or any(
            self._path(planned) not in self._done and planned.name not in self._excluded for planned in self.image
        )

    def _path(self, planned: PlannedTile) -> str:
        return self._layout.tile_path(planned.name, self._sink.extension)

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

    def _groups(self) -> Iterator[Callable[[], Iterator[PlannedTile]]]:
        """Return the tiles in groups that read neighbouring pixels: grid rows, or scattered tiles by height."""
        tiling = self.image.tiling
        for number in range(len(self.image.planes)):
            if isinstance(tiling, TileGrid):
                for row in range(tiling.rows.count):
                    yield partial(self._grid_row, number, tiling, row)
                continue
            by_height = sorted(tiling, key=lambda tile: tile.box)
            for first in range(0, len(by_height), SCATTERED_TILES):
                group = by_height[first : first + SCATTERED_TILES]
                yield partial(map, partial(self.image.in_plane, number), group)

    def _grid_row(self, number: int, grid: TileGrid, row: int) -> Iterator[PlannedTile]:
        return (self.image.in_plane(number, grid.at(row, column)) for column in range(grid.columns.count))

    def _cut(self, normalizer: Normalizer, tiles: Callable[[], Iterator[PlannedTile]]) -> list[Event]:
        events: list[Event] = []
        for planned in tiles():
            if self._stop.is_set() or self.failure:
                break
            try:
                events.append(self._cut_one(normalizer, planned))
            except SourceError as error:
                self._fail(error)
        return events

    def _cut_one(self, normalizer: Normalizer, planned: PlannedTile) -> Event:
        image, path = self.image, self._path(planned)
        if planned.name in self._excluded:
            return TileLeftOut(image.name, path, planned.index, "rejected by hand (tiling.exclude_tiles)")
        if path in self._done:
            return TileSkipped(image.name, path, planned.index)
        cut = cut_tile(planned, self._pixels, normalizer, self._recipe.tiling.pad_mode)
        box = planned.tile.box
        facts = TileFacts(image.axes, image.tile_pixel_size, box.y, box.x)
        row = self._writer.write(image, planned, path, self._sink.encode(cut.pixels, facts), cut.ranges)
        return TileWritten(image.name, path, planned.index, int(row.bytes))
