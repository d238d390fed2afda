"""The user's layers that a recipe means: as images, or as what is drawn on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from superqt.utils import qdebounced

from napari_tiles_creator._widget.viewing.drawn_layers import drawn_events
from napari_tiles_creator._widget.viewing.sources import OpenLayers
from napari_tiles_creator.recipe.media import OPEN_LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.viewer import Viewer

    from napari_tiles_creator._widget.form import RecipeForm

IMAGES_MS = 80
# Somebody paints: nobody wants a plan for every stroke.
DRAWN_MS = 400


class FollowedLayers:
    """Tells the dock when layers that its recipe means have changed.

    Parameters
    ----------
    viewer : napari viewer
        Whose layers.
    form : RecipeForm
        Says whether layers are meant.
    images_changed, drawn_changed : callable
        Called a moment after the last change.
    painted : callable
        Called at once when something is drawn.
    """

    def __init__(
        self,
        viewer: Viewer,
        form: RecipeForm,
        images_changed: Callable[[], object],
        drawn_changed: Callable[[], object],
        painted: Callable[[], object],
    ) -> None:
        self._form, self._painted = form, painted
        self._follow_images = qdebounced(images_changed, timeout=IMAGES_MS, parent=form)
        self._follow_drawn = qdebounced(drawn_changed, timeout=DRAWN_MS, parent=form)
        self._images = OpenLayers(viewer, self._on_images)
        self._drawn = OpenLayers(viewer, self._on_drawn, drawn_events)

    def close(self) -> None:
        """Follow no longer."""
        for follow in (self._follow_images, self._follow_drawn):
            follow.cancel()
        self._images.close()
        self._drawn.close()

    def _on_images(self) -> None:
        if self._form.media.fields()["folder"] == OPEN_LAYERS:
            self._follow_images()

    def _on_drawn(self) -> None:
        if OPEN_LAYERS in (self._form.annotations.editor(field).value() for field in ("labels", "boxes")):
            self._painted()
            self._follow_drawn()
