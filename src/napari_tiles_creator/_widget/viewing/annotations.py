"""What is drawn on the previewed image, over it, and over the tile what an export would write of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_tiles_creator._widget.viewing.drawn_plane_layer import DrawnPlaneLayer
from napari_tiles_creator._widget.viewing.drawn_planes import KINDS, DrawnPlanes
from napari_tiles_creator._widget.viewing.drawn_tile_layer import DrawnTileLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.subject import Subject
    from napari_tiles_creator._widget.work.worker import Jobs
    from napari_tiles_creator.errors import TilesError


class AnnotationLayers:
    """The layers of annotations, of the plane and of the current tile: label images, and boxes and polygons.

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
        self._planes = [DrawnPlanes() for _ in KINDS]
        kinds = list(zip(KINDS, self._planes, strict=True))
        self._of_plane = [DrawnPlaneLayer(kind, planes, layers, jobs, failed) for kind, planes in kinds]
        self._of_tile = [DrawnTileLayer(kind, planes, layers, jobs, failed) for kind, planes in kinds]
        self._all: list[DrawnPlaneLayer | DrawnTileLayer] = [*self._of_plane, *self._of_tile]

    def show(self, subject: Subject) -> None:
        """Draw all annotations of a plane."""
        for layer in self._of_plane:
            layer.show(subject)

    def show_tile(self, subject: Subject, index: int) -> None:
        """Draw what an export would write of the annotations on a tile."""
        for layer in self._of_tile:
            layer.show(subject, index)

    def hide(self) -> None:
        """Take everything away."""
        for layer in self._all:
            layer.hide()

    def hide_tile(self) -> None:
        """Take those of the tile away."""
        for layer in self._of_tile:
            layer.hide()

    def leave(self) -> None:
        """Follow nothing any more; what is shown stays."""
        for layer in self._all:
            layer.leave()
        self._forget_planes()

    def forget(self) -> None:
        """Read anew what is shown next: somebody has painted."""
        for layer in self._all:
            layer.forget()
        self._forget_planes()

    def follow_zoom(self) -> None:
        """Keep lines as wide on the screen as they were."""
        for layer in self._all:
            layer.follow_zoom()

    def _forget_planes(self) -> None:
        for planes in self._planes:
            planes.forget()
