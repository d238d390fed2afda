"""The preview: one image, its pattern, and the current tile, kept up to date with the plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from superqt.utils import qthrottled

from napari_tiles_creator._widget.layers import ALL_TILES, CURRENT_TILE, MOSAIC, NAMES, PICTURE
from napari_tiles_creator._widget.pattern import (
    Placement,
    corner_rectangle,
    image_placement,
    outlines,
    tile_placement,
)
from napari_tiles_creator._widget.picture import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_tiles_creator._widget.layers import Layers
    from napari_tiles_creator._widget.picture import Picture
    from napari_tiles_creator._widget.tiles import TilesPanel
    from napari_tiles_creator._widget.worker import Ending, Jobs
    from napari_tiles_creator.engine.plan import ImagePlan, Plan
    from napari_tiles_creator.errors import TilesError

# Colours that read on dark and on bright images; widths in pixels of the screen.
CURRENT_COLOUR, CURRENT_WIDTH = "#ff7f00", 3.0
ALL_COLOUR, ALL_WIDTH = "#00b4d8", 1.2


class Preview:
    """What the Tiles panel's controls show in the viewer.

    Parameters
    ----------
    layers : Layers
        Where it is drawn.
    tiles : TilesPanel
        The controls.
    jobs : Jobs
        Where pixels are read.
    failed : callable
        Told when an image cannot be read.
    """

    def __init__(self, layers: Layers, tiles: TilesPanel, jobs: Jobs, failed: Callable[[TilesError], None]) -> None:
        self.is_on = False
        self._layers, self._tiles, self._jobs, self._failed = layers, tiles, jobs, failed
        self._plan: Plan | None = None
        self._image: ImagePlan | None = None
        self._pixels_of: tuple[Any, ...] = ()
        self._zoom = layers.viewer.scene.camera.events.zoom
        # Bound once: a throttled function lives as long as the preview.
        self._follow_slider = qthrottled(self._show_current, timeout=16)
        self._follow_zoom = qthrottled(self._set_widths, timeout=100)
        self._zoom.connect(self._on_zoom)
        tiles.slider.valueChanged.connect(self._follow_slider)
        tiles.show_all.toggled.connect(self._show_all)
        tiles.image.currentIndexChanged.connect(self.refresh)

    def close(self) -> None:
        """Follow the viewer no longer."""
        self._zoom.disconnect(self._on_zoom)
        for throttled in (self._follow_slider, self._follow_zoom):
            throttled.cancel()
        self.is_on = False

    def start(self) -> None:
        """Show the chosen image, from now on up to date."""
        self.is_on = True
        self._pixels_of = ()
        self.refresh()

    def stop(self) -> None:
        """Take everything away."""
        self.is_on = False
        self._jobs.drop("preview image")
        self._image, self._pixels_of = None, ()
        self._layers.remove(PICTURE, ALL_TILES, CURRENT_TILE)
        self._tiles.show_count(0)
        self._tiles.tile_name.clear()

    def show_plan(self, plan: Plan | None) -> None:
        """Follow a new plan; without one the last preview stays."""
        self._plan = plan
        self.refresh()

    def refresh(self, _: object = None) -> None:
        """Draw what changed."""
        number = self._tiles.image.currentIndex()
        if not self.is_on or self._plan is None or not 0 <= number < len(self._plan.images):
            return
        image, media = self._plan.images[number], self._plan.recipe.media
        self._image = image
        pixels_of = (image.info.path, media.series, media.rgb, image.channel, image.planes[0])
        if pixels_of != self._pixels_of:
            self._pixels_of = pixels_of
            read = partial(read_picture, image, media)
            self._jobs.start("preview image", read, self._show_picture)
        elif not self._jobs.is_running("preview image"):
            if (layer := self._layers.find(PICTURE)) is not None and self._picture is not None:
                placement = image_placement(image, self._picture.step)
                self._layers.show_placement(layer, placement)
            self._show_pattern()

    def removed(self, role: str) -> None:
        """React to the removal of a layer by the user."""
        if role == PICTURE:
            self.stop()
        elif role == ALL_TILES:
            self._tiles.show_all.setChecked(False)
