"""The files of a tile, encoded: its pixels, and what the layout wants beside them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari_tiles_creator.datasets.base import TilePlace
from napari_tiles_creator.engine.export.objects import object_lines
from napari_tiles_creator.engine.export.writer import TileFiles
from napari_tiles_creator.geometry.objects import Wanted
from napari_tiles_creator.sinks.base import TileFacts
from napari_tiles_creator.sinks.registry import make_sink

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_tiles_creator.engine.planning.image_plan import ImagePlan, PlannedTile
    from napari_tiles_creator.engine.planning.plan import Plan
    from napari_tiles_creator.geometry.objects import TileAnnotations
    from napari_tiles_creator.sinks.base import Buffers


class TileEncoder:
    """Encodes the tiles of a plan.

    Parameters
    ----------
    plan : Plan
        The export.
    """

    def __init__(self, plan: Plan) -> None:
        self.layout = plan.layout
        self._sink, self._classes = plan.sink, plan.classes
        form = self.layout.mask_format if self.layout.mask_format != "tile" else plan.recipe.export.format
        self._mask_sink = make_sink(form, plan.recipe.export.compression) if form and plan.draws_shapes else None
        self.wanted = wanted_of(plan)

    def path(self, planned: PlannedTile, label: str = "") -> str:
        """Return a tile's path relative to the dataset; with its class, in a layout that has a folder for each."""
        return self.layout.tile_path(self._place(planned, label))

    def paths(self, planned: PlannedTile) -> list[str]:
        """Return where files of a tile may go: its own, of every class that has a folder, and those beside it."""
        places = [self._place(planned, label) for label in ("", *self._classes)]
        found = {self.layout.tile_path(place) for place in places}
        beside = {self.layout.mask_path(places[0]), self.layout.text_path(places[0])}
        return sorted((found | beside) - {""})

    def encode(
        self, image: ImagePlan, planned: PlannedTile, pixels: NDArray[Any], annotations: TileAnnotations | None
    ) -> TileFiles:
        """Return the files of a tile.

        Parameters
        ----------
        image : ImagePlan
            The image it comes from.
        planned : PlannedTile
            The tile.
        pixels : array (y, x), (c, y, x) or (y, x, s)
            As they are to be written.
        annotations : TileAnnotations or None
            What it shows, None where nothing is drawn on the images at all.
        """
        layout, box = self.layout, planned.tile.box
        facts = TileFacts(image.tile_axes, image.tile_pixel_size, box.y, box.x)
        content = self._sink.encode(pixels, facts)
        if annotations is None:
            return TileFiles(self.path(planned), content)
        label = layout.label(annotations, self._classes)
        place = self._place(planned, label)
        path = layout.tile_path(place)
        shape = box.height + planned.tile.pad_bottom, box.width + planned.tile.pad_right
        lines = object_lines(path, annotations, self._classes, layout.segmentation)
        return TileFiles(
            path,
            content,
            mask=self._mask(place, annotations, replace(facts, axes="YX")),
            text=self._text(place, annotations, shape),
            label=label,
            objects=len(annotations.objects),
            object_lines=lines,
        )

    def _place(self, planned: PlannedTile, label: str) -> TilePlace:
        return TilePlace(planned.name, self._sink.extension, planned.split, label)

    def _mask(self, place: TilePlace, annotations: TileAnnotations, facts: TileFacts) -> tuple[str, Buffers] | None:
        mask = self.layout.mask(annotations) if self._mask_sink else None
        if mask is None or self._mask_sink is None:
            return None
        return self.layout.mask_path(place), self._mask_sink.encode(mask, facts)

    def _text(
        self, place: TilePlace, annotations: TileAnnotations, shape: tuple[int, int]
    ) -> tuple[str, Buffers] | None:
        text = self.layout.text(annotations, shape)
        return None if text is None else (self.layout.text_path(place), [text.encode()])


def wanted_of(plan: Plan) -> Wanted:
    """Return what an export needs of what is drawn on the tiles, besides the lists of objects."""
    wanted = plan.layout.wanted if plan.draws_shapes else Wanted()
    has_labels = plan.partners is not None and plan.partners.has_labels
    if plan.recipe.tiling.min_foreground > 0 and has_labels:  # what is labelled is the foreground
        wanted = replace(wanted, classes=True)
    return wanted
