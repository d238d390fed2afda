"""The layer with what an export writes of one kind of annotations with the current tile."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.drawn_pictures import (
    LabelPicture,
    Outlines,
    colormap_of,
    outlines_of,
    source_labels,
)
from napari_tiles_creator._widget.viewing.drawn_planes import DrawnOn
from napari_tiles_creator._widget.viewing.placement import line_width
from napari_tiles_creator.geometry.objects import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from napari_tiles_creator._widget.viewing.drawn_planes import DrawnPlanes, Kind
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.placement import Placement
    from napari_tiles_creator._widget.viewing.subject import Subject
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.errors import TilesError


@dataclass(frozen=True, eq=False)
class DrawnTile:
    """A tile whose annotations are to be shown.

    Parameters
    ----------
    drawn : DrawnOn
        What is drawn on its plane.
    index : int
        Its number in the image.
    tiles : Placement
        Of calibrated pixels.
    """

    drawn: DrawnOn
    index: int
    tiles: Placement

    @property
    def key(self) -> Hashable:
        """What its annotations depend on."""
        recipe = self.drawn.plan.recipe
        rule = (recipe.annotations.at_border, recipe.annotations.min_visible, recipe.tiling.pad_mode)
        return self.drawn.key, self.drawn.image[self.index].tile, rule, self.tiles


class DrawnTileLayer:
    """Shows what of one kind an export writes with a tile.

    Parameters
    ----------
    kind, planes, layers, jobs, failed
        See `DrawnPlaneLayer`.
    """

    def __init__(
        self, kind: Kind, planes: DrawnPlanes, layers: Layers, jobs: Jobs, failed: Callable[[TilesError], None]
    ) -> None:
        self._kind, self._planes, self._layers, self._jobs, self._failed = kind, planes, layers, jobs, failed
        self._purpose = kind.tile_role.lower()
        self._wanted: DrawnTile | None = None
        self._cutting: DrawnTile | None = None
        self._shown: Hashable = None

    def show(self, subject: Subject, index: int) -> None:
        """Draw a tile's annotations as soon as they are cut."""
        drawn = DrawnOn.of(self._layers.viewer, subject, self._kind)
        if drawn is None:
            self.hide()
            return
        if self._wanted is not None and self._wanted.drawn.image.name != drawn.image.name:
            self.hide()  # another image's must not be seen on this one
        self._wanted = wanted = DrawnTile(drawn, index, subject.tiles)
        if wanted.key == self._shown and self._layers.find(self._kind.tile_role) is not None:
            return
        if not self._jobs.is_running(self._purpose):
            self._cut(wanted)

    def hide(self) -> None:
        """Take it away."""
        self.leave()
        self._layers.remove(self._kind.tile_role)

    def leave(self) -> None:
        """Follow nothing any more; what is shown stays."""
        self._jobs.drop(self._purpose)
        self._wanted = self._cutting = self._shown = None

    def forget(self) -> None:
        """Read anew what is shown next: what is being cut is of before."""
        self._jobs.drop(self._purpose)
        self._shown = None

    def follow_zoom(self) -> None:
        """Keep lines as wide on the screen as they were."""
        layer = self._layers.find(self._kind.tile_role)
        if layer is not None and layer._type_string == "shapes" and self._wanted is not None:
            set_width(layer, self._width(self._wanted.tiles))

    def _cut(self, wanted: DrawnTile) -> None:
        self._cutting = wanted
        stop = threading.Event()
        self._jobs.start(self._purpose, partial(_cut, self._planes, wanted, stop), self._end, stop=stop)

    def _end(self, ending: Ending) -> None:
        wanted, cut = self._wanted, self._cutting
        if ending.error is not None:
            self.hide()
            self._failed(ending.error)
        elif ending.result is not None and wanted is not None and cut is not None:
            self._put(cut, ending.result)
            self._shown = cut.key
            if wanted.key != cut.key:
                self._cut(wanted)

    def _put(self, cut: DrawnTile, picture: Outlines | LabelPicture) -> None:
        box = cut.drawn.image[cut.index].tile.box
        role, placement = self._kind.tile_role, cut.tiles.moved(box.y, box.x)
        if isinstance(picture, Outlines):
            self._layers.show_shapes(role, picture.drawing, self._width(cut.tiles), placement)
        else:
            opacity = colours.LABELS_OPACITY
            self._layers.show_labels(role, picture.pixels, placement, colormap_of(picture), opacity)

    def _width(self, tiles: Placement) -> float:
        return line_width(self._layers.viewer, tiles, colours.OBJECT_WIDTH)


def _cut(
    planes: DrawnPlanes, wanted: DrawnTile, stop: threading.Event
) -> Generator[None, None, Outlines | LabelPicture | None]:
    """Cut a tile's annotations, in the thread."""
    from napari_tiles_creator.engine.annotating.image_annotations import border_rule

    drawn, recipe = wanted.drawn, wanted.drawn.plan.recipe
    plane = planes.read(drawn, stop)
    yield
    if plane is None:
        return None
    tile, rule = drawn.image[wanted.index].tile, border_rule(recipe.annotations)
    if not drawn.kind.has_pixels:
        found = plane.cut(tile.box, (0, 0), recipe.tiling.pad_mode, Wanted(outlines=True), rule)
        return outlines_of(found.objects, drawn.plan.classes)
    by_class, padding = drawn.tells_classes, (tile.pad_bottom, tile.pad_right)
    maps = Wanted(instances=not by_class, classes=by_class)
    found = plane.cut(tile.box, padding, recipe.tiling.pad_mode, maps, rule)
    return LabelPicture(source_labels(found, by_class=by_class), by_class)
