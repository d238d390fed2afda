"""The preview: one image, its pattern, and the current tile, kept up to date with the plan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from superqt.utils import qthrottled

from napari_tiles_creator._widget.viewing.layers import ALL_TILES, CURRENT_TILE, MOSAIC, NAMES, PICTURE, place
from napari_tiles_creator._widget.viewing.pattern import (
    Placement,
    corner_rectangle,
    image_placement,
    outlines,
    tile_placement,
)
from napari_tiles_creator._widget.viewing.picture import read_picture

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_tiles_creator._widget.panels.tiles import TilesPanel
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.picture import Picture
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan
    from napari_tiles_creator.engine.planning.plan import Plan
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
        self._picture: Picture | None = None
        self._drawn: tuple[Any, ...] = ()
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
        self._tiles.slider.valueChanged.disconnect(self._follow_slider)
        self._follow_slider.cancel()
        self._follow_zoom.cancel()
        self.is_on = False

    def start(self) -> None:
        """Show the chosen image, from now on up to date."""
        self.is_on = True
        self._pixels_of = ()
        self.refresh()

    def stop(self) -> None:
        """Take everything away."""
        self.pause()
        self._layers.remove(PICTURE, ALL_TILES, CURRENT_TILE)

    def pause(self) -> None:
        """Follow nothing any more; what is drawn stays."""
        self.is_on = False
        self._jobs.drop("preview image")
        self._image, self._pixels_of = None, ()
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
                place(layer, image_placement(image, self._picture.step))
            self._show_pattern()

    def removed(self, role: str) -> None:
        """React to the removal of a layer by the user."""
        if role == PICTURE:
            self.stop()
        elif role == ALL_TILES:
            self._tiles.show_all.setChecked(False)

    # ---- drawing ----

    def _show_picture(self, ending: Ending) -> None:
        if ending.error is not None:
            self._pixels_of = ()
            self._failed(ending.error)
        elif self._image is not None and ending.result is not None:
            picture: Picture = ending.result
            self._picture = picture
            # Its pixels are of another kind: side by side napari could show no unit.
            self._layers.remove(MOSAIC, NAMES)
            placement = image_placement(self._image, picture.step)
            self._layers.show_image(PICTURE, picture.pixels, placement, picture.limits, picture.contrast)
            self._layers.viewer.fit_to_view(layers=[self._layers.find(PICTURE)])
            self._show_pattern()

    def _show_pattern(self) -> None:
        """Draw the tiles of the image's tiling; nothing where it did not change."""
        image = self._image
        if image is None:
            return
        self._tiles.show_count(len(image.tiling))
        drawn = (image.tiling, tile_placement(image))
        if drawn != self._drawn or self._layers.find(ALL_TILES) is None:
            self._drawn = drawn
            self._show_all(self._tiles.show_all.isChecked())
        self._show_current()

    def _show_all(self, on: bool) -> None:
        if not on or self._image is None:
            self._layers.remove(ALL_TILES)
            return
        placement = tile_placement(self._image)
        shapes, shape_type = outlines(self._image.tiling)
        look = {"edge_color": ALL_COLOUR, "edge_width": self._width(ALL_WIDTH, placement)}
        self._layers.show_shapes(ALL_TILES, shapes, shape_type, placement, **look)

    def _show_current(self, _: object = None) -> None:
        """Move the rectangle to the slider's tile; only a tile of another size is drawn anew."""
        image = self._image
        if image is None:
            return
        index = min(self._tiles.slider.value(), len(image.tiling) - 1)
        planned = image[index]
        box, base = planned.tile.box, tile_placement(image)
        moved = tuple(t + at * s for t, at, s in zip(base.translate, (box.y, box.x), base.scale, strict=True))
        placement = Placement(base.scale, (moved[0], moved[1]), base.unit)
        shape = corner_rectangle(box.shape)
        layer = self._layers.find(CURRENT_TILE)
        if layer is None or layer.nshapes != 1 or not np.array_equal(layer.data[0], shape):
            look = {"edge_color": CURRENT_COLOUR, "edge_width": self._width(CURRENT_WIDTH, base)}
            self._layers.show_shapes(CURRENT_TILE, [shape], "rectangle", placement, **look)
        else:
            place(layer, placement)
        self._tiles.tile_name.setText(planned.name)

    # ---- widths ----

    def _on_zoom(self, event: object = None) -> None:
        if self.is_on:
            self._follow_zoom()

    def _set_widths(self) -> None:
        """Keep lines as wide on the screen as they were: thinner than a pixel they would alias into false tiles."""
        if self._image is None:
            return
        placement = tile_placement(self._image)
        for role, screen_px in ((ALL_TILES, ALL_WIDTH), (CURRENT_TILE, CURRENT_WIDTH)):
            layer, width = self._layers.find(role), self._width(screen_px, placement)
            if layer is not None and layer.nshapes and not 0.9 < layer.edge_width[0] / width < 1.1:
                layer.edge_width = width

    def _width(self, screen_px: float, placement: Placement) -> float:
        """Return a width in tile pixels that is so many pixels of the screen."""
        return float(screen_px / (self._layers.viewer.scene.camera.zoom * min(placement.scale)))
