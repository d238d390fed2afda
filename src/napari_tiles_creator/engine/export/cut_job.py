"""One image whose tiles are cut and written: measured and read first, as far as that is needed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator.engine.annotating.empty_tiles import NOTHING_DRAWN
from napari_tiles_creator.engine.annotating.image_annotations import ImageAnnotations, labelled_share
from napari_tiles_creator.engine.export.annotated_tiles import labels_tell
from napari_tiles_creator.engine.export.events import TileLeftOut, TileSkipped, TileWritten
from napari_tiles_creator.engine.export.image_job import ImageJob
from napari_tiles_creator.engine.pixels.measurement import Measurement
from napari_tiles_creator.engine.pixels.reading_order import groups, groups_in_row
from napari_tiles_creator.engine.pixels.tile_maker import TileMaker
from napari_tiles_creator.errors import SourceError
from napari_tiles_creator.geometry.grid import pair

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from napari_tiles_creator.engine.annotating.empty_tiles import EmptyTiles
    from napari_tiles_creator.engine.export.events import Event
    from napari_tiles_creator.engine.export.image_job import Task
    from napari_tiles_creator.engine.export.rows import TileRow
    from napari_tiles_creator.engine.export.tile_encoder import TileEncoder
    from napari_tiles_creator.engine.export.writer import TileWriter
    from napari_tiles_creator.engine.pixels.dataset_measurement import DatasetMeasurement
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.objects import TileAnnotations
    from napari_tiles_creator.geometry.tile import Tile

    # Rows of tiles that are complete already, by source and index.
    Done = Mapping[tuple[str, int], TileRow]


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
    encoder : TileEncoder
        Makes their files.
    done : mapping
        Rows of tiles that are complete already, by source and index.
    hold_bytes : int
        Memory for this image's pixels.
    stop : Event
        When set, tasks end after the tile they are at.
    dataset : DatasetMeasurement, optional
        What was measured of all images together (scope dataset).
    empty : EmptyTiles, optional
        Which tiles are written although nothing is drawn on them; needed where something is drawn on the images.
    """

    def __init__(
        self,
        plan: Plan,
        image: ImagePlan,
        writer: TileWriter,
        encoder: TileEncoder,
        done: Done,
        hold_bytes: int,
        stop: threading.Event,
        dataset: DatasetMeasurement | None = None,
        empty: EmptyTiles | None = None,
    ) -> None:
        self._recipe = plan.recipe
        self._writer, self._encoder, self._done, self._empty = writer, encoder, done, empty
        self._is_measured = dataset is not None
        drawn_on = plan.partners.of(image.name) if plan.partners is not None else None
        # A label image is read before tiles are cut, and gives its memory back.
        self._drawn = ImageAnnotations(plan, image, encoder.wanted, hold_bytes) if drawn_on else None
        self._labels_tell = labels_tell(plan, image)
        self._maker = TileMaker(plan, image, hold_bytes)
        if dataset:
            self._maker.take_dataset(dataset)
        pixels, tile_rows = self._maker.pixels, pair(plan.recipe.tiling.size_px)[0]
        self._stripe = pixels.stripe_columns(tile_rows)
        super().__init__(image, pixels, pixels.reads_ahead(tile_rows, groups_in_row(image, self._stripe)), stop)

    @property
    def seems_to_hold_classes(self) -> bool:
        """Whether the label image was taken for instances and seems to hold classes."""
        return self._drawn is not None and self._drawn.looks_like_classes

    def _plan_stages(self) -> Iterator[list[Task]]:
        yield self._reading(0)  # while no pixels of the image itself are held
        measurement = Measurement(self.image, self._recipe, wants_foreground=False if self._labels_tell else None)
        if not self._is_measured and measurement.is_needed and has_work(self.image, self._done):
            for tasks in measurement.stages(self._pixels):
                yield [partial(self._measured, task) for task in tasks]
            self._maker.take(measurement)
        every = range(len(self.image.planes))
        # A pass over a large plane can be shared and stopped, which the first tile that needs its limits can not.
        has_passes = self._pixels.clips and not self._pixels.holds_plane
        if self._drawn is None and not has_passes:
            yield self._cutting(every)
            return
        for number in every:
            if has_passes and has_work(self.image, self._done, number):
                yield self._limits(number)
            yield self._reading(number)
            yield self._cutting([number])
            if self._drawn is not None:
                self._drawn.forget(number)

    def _reading(self, plane_number: int) -> list[Task]:
        """Return the task that takes in what is drawn on a plane, nothing where that is not needed any more."""
        drawn = self._drawn
        if drawn is None or drawn.knows(plane_number) or not has_work(self.image, self._done, plane_number):
            return []
        return [partial(self._measured, partial(drawn.read, plane_number, self._stop))]

    def _limits(self, plane_number: int) -> list[Task]:
        return [partial(self._measured, task) for task in self._pixels.limit_tasks(self.image.planes[plane_number])]

    def _cutting(self, plane_numbers: Iterable[int]) -> list[Task]:
        return [
            partial(self._cut, number, tiles) for number in plane_numbers for tiles in groups(self.image, self._stripe)
        ]

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
        image, index = self.image, planned.index
        there = self._done.get((image.name, index))
        reason = image.left_out(index)
        if there is not None and not reason:
            return TileSkipped(image.name, there.tile, index)
        drawn = None
        if not reason:
            drawn = self._drawn.cut(planned) if self._drawn is not None else None
            reason = self._filtered(planned, drawn)
        if not reason:
            cut = self._maker.cut(planned)
            reason = self._encoder.layout.objection(cut.pixels, drawn) if drawn is not None else ""
        if reason:
            return TileLeftOut(image.name, self._encoder.path(planned), index, reason)
        row = self._writer.write(image, planned, self._encoder.encode(image, planned, cut.pixels, drawn), cut.ranges)
        return TileWritten(image.name, row.tile, index, int(row.bytes))

    def _filtered(self, planned: PlannedTile, drawn: TileAnnotations | None) -> str:
        """Return why a tile is left out for what it shows, empty where it is not."""
        if drawn is not None and self._empty is not None and self._empty.leaves_out(planned.index, self.image, drawn):
            return NOTHING_DRAWN
        least = self._recipe.tiling.min_foreground
        if least <= 0:
            return ""
        told = drawn if self._labels_tell else None
        share = labelled_share(planned, told) if told is not None else self._maker.share(planned)
        return too_little(share, least) if share < least else ""


def has_work(image: ImagePlan, done: Done, plane_number: int | None = None) -> bool:
    """Whether a tile, of one plane or of all, that no filter leaves out beforehand is still to be made."""
    if not done and plane_number is None:
        return image.tiles > 0
    places = len(image.tiling)
    indexes = range(len(image)) if plane_number is None else range(plane_number * places, (plane_number + 1) * places)
    return any((image.name, index) not in done and not image.left_out(index) for index in indexes)


def too_little(share: float, least: float) -> str:
    """Return why a tile with this share of foreground is left out; rounded down, so that it reads as too little."""
    return f"{int(share * 1000) / 10:g} % foreground, tiling.min_foreground is {least:g}"
