"""The layer with all annotations of one kind on the previewed plane."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.drawn_pictures import LabelPicture, Outlines, colormap_of, plane_picture
from napari_tiles_creator._widget.viewing.drawn_planes import DrawnOn
from napari_tiles_creator._widget.viewing.layers import AXES
from napari_tiles_creator._widget.viewing.placement import Placement, line_width, place
from napari_tiles_creator._widget.viewing.sources import layer_of_info
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable

    from napari_tiles_creator._widget.viewing.drawn_planes import DrawnPlanes, Kind
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.subject import Subject
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.errors import TilesError


class DrawnPlaneLayer:
    """Shows what of one kind is drawn on a plane.

    Parameters
    ----------
    kind : Kind
        Label image, or boxes and polygons.
    planes : DrawnPlanes
        Where it is read.
    layers : Layers
        Where it is shown.
    jobs : Jobs
        Where it is read, and the layer made.
    failed : callable
        Told when it cannot be read.
    """

    def __init__(
        self, kind: Kind, planes: DrawnPlanes, layers: Layers, jobs: Jobs, failed: Callable[[TilesError], None]
    ) -> None:
        self._kind, self._planes, self._layers, self._jobs, self._failed = kind, planes, layers, jobs, failed
        self._purpose = kind.role.lower()
        self._tiles: Placement | None = None
        self._shown: Hashable = None

    def show(self, subject: Subject) -> None:
        """Draw a plane's annotations; nothing where they are drawn already, or are layers of the user's there."""
        drawn = DrawnOn.of(self._layers.viewer, subject, self._kind)
        if drawn is None or self._is_there_already(drawn, subject):
            self.hide()
            return
        self._tiles = subject.tiles
        if drawn.key == self._shown:
            layer = self._layers.find(self._kind.role)
            if layer is not None:
                step = layer.metadata.get("step", 1)  # a label image's pixels may be larger than the plane's
                place(layer, subject.tiles.resampled(step, step))
            if layer is not None or self._jobs.is_running(self._purpose):
                return
        self._layers.remove(self._kind.role)  # another image's must not be seen on this one meanwhile
        self._shown = drawn.key
        stop = threading.Event()
        work = partial(_make, self._planes, drawn, subject.tiles, self._width(subject.tiles), stop)
        self._jobs.start(self._purpose, work, self._end, stop=stop)

    def hide(self) -> None:
        """Take it away."""
        self.leave()
        self._layers.remove(self._kind.role)

    def leave(self) -> None:
        """Follow nothing any more; what is shown stays."""
        self._jobs.drop(self._purpose)
        self._shown = None

    def forget(self) -> None:
        """Read anew what is shown next: what is being read is of before."""
        self._jobs.drop(self._purpose)
        self._shown = None

    def follow_zoom(self) -> None:
        """Keep lines as wide on the screen as they were."""
        layer = self._layers.find(self._kind.role)
        if layer is not None and layer._type_string == "shapes" and self._tiles is not None:
            set_width(layer, self._width(self._tiles))

    def _is_there_already(self, drawn: DrawnOn, subject: Subject) -> bool:
        """Whether the user's own layers show the same in the same place."""
        if drawn.labels is None:
            return drawn.plan.recipe.annotations.boxes == OPEN_LAYERS
        layer = layer_of_info(self._layers.viewer, drawn.labels)
        return layer is not None and Placement.of(layer) == subject.source

    def _end(self, ending: Ending) -> None:
        if ending.error is not None:
            self._failed(ending.error)
        elif ending.result is not None and self._shown is not None:
            self._layers.put(self._kind.role, ending.result)
            self.follow_zoom()

    def _width(self, tiles: Placement) -> float:
        return line_width(self._layers.viewer, tiles, colours.OBJECT_WIDTH)


def _make(
    planes: DrawnPlanes, drawn: DrawnOn, tiles: Placement, width: float, stop: threading.Event
) -> Generator[None, None, Any]:
    """Make the layer, in the thread; it is put into the viewer in the main one."""
    plane = planes.read(drawn, stop)
    yield
    if plane is None:
        return None
    has_pixels, by_class = drawn.kind.has_pixels, drawn.tells_classes
    picture = yield from plane_picture(
        plane, drawn.image.shape, drawn.plan.classes, has_pixels=has_pixels, by_class=by_class
    )
    return _outline_layer(picture, tiles, width) if isinstance(picture, Outlines) else _label_layer(picture, tiles)


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
    look = {"axis_labels": AXES, "opacity": colours.LABELS_OPACITY, **placement.settings()}
    return Labels(picture.pixels, colormap=colormap_of(picture), metadata={"step": picture.step}, **look)
