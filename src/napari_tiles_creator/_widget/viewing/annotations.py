"""What is drawn on the previewed image, over it, and over the tile what an export would write of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.drawn_pictures import (
    LabelPicture,
    Outlines,
    class_colours,
    outlines_of,
    plane_picture,
    source_labels,
)
from napari_tiles_creator._widget.viewing.drawn_planes import DrawnOn, DrawnPlanes
from napari_tiles_creator._widget.viewing.layers import ANNOTATIONS, AXES, TILE_ANNOTATIONS
from napari_tiles_creator._widget.viewing.placement import Placement, line_width, place
from napari_tiles_creator._widget.viewing.sources import layer_of_info
from napari_tiles_creator.geometry.objects import Wanted
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.subject import Subject
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.errors import TilesError

PURPOSE, TILE_PURPOSE = "annotations", "tile annotations"
OPACITY = 0.45


@dataclass(frozen=True, eq=False)
class DrawnTile:
    """A tile whose annotations are to be shown."""

    drawn: DrawnOn
    index: int
    tiles: Placement

    @property
    def key(self) -> Hashable:
        """What its annotations depend on."""
        recipe = self.drawn.plan.recipe
        rule = (recipe.annotations.at_border, recipe.annotations.min_visible, recipe.tiling.pad_mode)
        return self.drawn.key, self.drawn.image[self.index].tile, rule, self.tiles


class AnnotationLayers:
    """The layers of annotations: of the plane, and of the current tile.

    Parameters
    ----------
    layers : Layers
        Where they are.
    jobs : Jobs
        Where label images are read, and shapes made.
    failed : callable
        Told when annotations cannot be read.
    """

    def __init__(self, layers: Layers, jobs: Jobs, failed: Callable[[TilesError], None]) -> None:
        self._layers, self._jobs, self._failed = layers, jobs, failed
        self._planes = DrawnPlanes()
        self._placement: Placement | None = None
        self._shown: Hashable = None
        self._tile: DrawnTile | None = None
        self._cutting: DrawnTile | None = None
        self._tile_shown: Hashable = None

    # ---- of the plane ----

    def show(self, subject: Subject) -> None:
        """Draw all annotations of a plane; nothing where they are drawn already, or are layers of the user's there."""
        drawn = DrawnOn.of(self._layers.viewer, subject.plan, subject.image, subject.plane)
        if drawn is None or self._is_there_already(drawn, subject):
            self._hide_plane()
            return
        self._placement = subject.tiles
        if drawn.key == self._shown:
            layer = self._layers.find(ANNOTATIONS)
            if layer is not None:
                place(layer, self._placed(layer))
            if layer is not None or self._jobs.is_running(PURPOSE):
                return
        self._layers.remove(ANNOTATIONS)  # another image's must not be seen on this one meanwhile
        self._shown = drawn.key
        stop = threading.Event()
        work = partial(self._make, drawn, subject.tiles, self._width(subject.tiles), stop)
        self._jobs.start(PURPOSE, work, self._end, stop=stop)

    def hide(self) -> None:
        """Take everything away."""
        self._hide_plane()
        self.hide_tile()

    def leave(self) -> None:
        """Follow nothing any more; what is shown stays."""
        self._jobs.drop(PURPOSE)
        self._jobs.drop(TILE_PURPOSE)
        self._shown = self._tile_shown = self._tile = self._cutting = None
        self._planes.forget()

    def forget(self) -> None:
        """Read anew what is shown next: somebody has painted."""
        self._shown = self._tile_shown = None
        self._planes.forget()

    def follow_zoom(self) -> None:
        """Keep lines as wide on the screen as they were."""
        for role in (ANNOTATIONS, TILE_ANNOTATIONS):
            layer = self._layers.find(role)
            if layer is not None and layer._type_string == "shapes" and self._placement is not None:
                set_width(layer, self._width(self._placement))

    def _hide_plane(self) -> None:
        self._jobs.drop(PURPOSE)
        self._shown = None
        self._layers.remove(ANNOTATIONS)

    def _is_there_already(self, drawn: DrawnOn, subject: Subject) -> bool:
        """Whether the user's own layers show the same in the same place."""
        labels = drawn.partner.labels
        if labels is None:
            return drawn.plan.recipe.annotations.boxes == OPEN_LAYERS
        layer = layer_of_info(self._layers.viewer, labels)
        return layer is not None and Placement.of(layer) == subject.source

    def _make(
        self, drawn: DrawnOn, tiles: Placement, width: float, stop: threading.Event
    ) -> Generator[None, None, Any]:
        """Make the layer, in the thread."""
        plane = self._planes.read(drawn, stop)
        yield
        if plane is None:
            return None
        has_pixels = drawn.partner.labels is not None
        picture = yield from plane_picture(plane, drawn.image.shape, drawn.plan.classes, has_pixels=has_pixels)
        return _outline_layer(picture, tiles, width) if isinstance(picture, Outlines) else _label_layer(picture, tiles)

    def _end(self, ending: Ending) -> None:
        if ending.error is not None:
            self._failed(ending.error)
        elif ending.result is not None and self._shown is not None:
            self._layers.put(ANNOTATIONS, ending.result)
            self.follow_zoom()

    def _placed(self, layer: Any) -> Placement:
        """Return where the layer's pixels lie: those of a label image may be larger than the plane's."""
        assert self._placement is not None
        step = layer.metadata.get("step", 1)
        return self._placement.resampled(step, step)

    # ---- of the tile ----

    def show_tile(self, subject: Subject, index: int) -> None:
        """Draw what an export would write of the annotations on a tile, as soon as it is cut."""
        drawn = DrawnOn.of(self._layers.viewer, subject.plan, subject.image, subject.plane)
        if drawn is None:
            self.hide_tile()
            return
        self._placement = subject.tiles
        if self._tile is not None and self._tile.drawn.image.name != drawn.image.name:
            self.hide_tile()  # another image's must not be seen on this one
        self._tile = wanted = DrawnTile(drawn, index, subject.tiles)
        if wanted.key == self._tile_shown and self._layers.find(TILE_ANNOTATIONS) is not None:
            return
        if not self._jobs.is_running(TILE_PURPOSE):
            self._cut(wanted)

    def hide_tile(self) -> None:
        """Take those of the tile away."""
        self._jobs.drop(TILE_PURPOSE)
        self._tile = self._cutting = self._tile_shown = None
        self._layers.remove(TILE_ANNOTATIONS)

    def _cut(self, wanted: DrawnTile) -> None:
        self._cutting = wanted
        stop = threading.Event()
        self._jobs.start(TILE_PURPOSE, partial(_cut_tile, self._planes, wanted, stop), self._end_tile, stop=stop)

    def _end_tile(self, ending: Ending) -> None:
        wanted, cut = self._tile, self._cutting
        if ending.error is not None:
            self.hide_tile()
            self._failed(ending.error)
        elif ending.result is not None and wanted is not None and cut is not None:
            self._put_tile(cut, ending.result)
            self._tile_shown = cut.key
            if wanted.key != cut.key:
                self._cut(wanted)

    def _put_tile(self, cut: DrawnTile, picture: Outlines | LabelPicture) -> None:
        box = cut.drawn.image[cut.index].tile.box
        placement = cut.tiles.moved(box.y, box.x)
        if isinstance(picture, Outlines):
            self._layers.show_shapes(TILE_ANNOTATIONS, picture.drawing, self._width(cut.tiles), placement)
        else:
            colormap = _colormap(picture)
            self._layers.show_labels(TILE_ANNOTATIONS, picture.pixels, placement, colormap, OPACITY)

    def _width(self, placement: Placement) -> float:
        return line_width(self._layers.viewer, placement, colours.OBJECT_WIDTH)


def _cut_tile(
    planes: DrawnPlanes, wanted: DrawnTile, stop: threading.Event
) -> Generator[None, None, Outlines | LabelPicture | None]:
    """Cut a tile's annotations, in the thread."""
    from napari_tiles_creator.engine.annotating.image_annotations import border_rule

    drawn, recipe = wanted.drawn, wanted.drawn.plan.recipe
    plane = planes.read(drawn, stop)
    yield
    if plane is None:
        return None
    tile, padding = drawn.image[wanted.index].tile, (0, 0)
    has_pixels, by_class = drawn.partner.labels is not None, drawn.has_classes
    if has_pixels:
        padding = (tile.pad_bottom, tile.pad_right)
    needs = Wanted(outlines=not has_pixels, instances=has_pixels and not by_class, classes=has_pixels and by_class)
    found = plane.cut(tile.box, padding, recipe.tiling.pad_mode, needs, border_rule(recipe.annotations))
    if has_pixels:
        return LabelPicture(source_labels(found, by_class=by_class), by_class)
    return outlines_of(found.objects, drawn.plan.classes)


def _outline_layer(picture: Outlines, tiles: Placement, width: float) -> Any:
    from napari.layers import Shapes

    drawing = picture.drawing
    look: dict[str, Any] = {"axis_labels": AXES, "opacity": 1, **tiles.settings()}
    if not len(drawing):
        return Shapes(ndim=2, **look)
    return Shapes(drawing.shapes, features=picture.features, **look, **drawing.settings(width))


def _label_layer(picture: LabelPicture, tiles: Placement) -> Any:
    from napari.layers import Labels

    placement = tiles.resampled(picture.step, picture.step)
    look = {"axis_labels": AXES, "opacity": OPACITY, "metadata": {"step": picture.step}, **placement.settings()}
    return Labels(picture.pixels, colormap=_colormap(picture), **look)


def _colormap(picture: LabelPicture) -> Any:
    """Return napari's colours: of classes ours, of objects its own."""
    if not picture.by_class:
        return None
    from napari.utils import DirectLabelColormap

    return DirectLabelColormap(color_dict=class_colours(int(picture.pixels.max(initial=0))))
