"""All tiles of the previewed plane, drawn in as much detail as the screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from napari_tiles_creator._widget.controls.words import counted, grouped
from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.drawing import (
    draw_area,
    draw_tiles,
    fill_labels,
    fill_placement,
    label_colours,
)
from napari_tiles_creator._widget.viewing.layers import ALL_TILES, AXES
from napari_tiles_creator._widget.viewing.notice import Notice
from napari_tiles_creator._widget.viewing.pattern import MOST_RECTANGLES, MOST_SCATTERED
from napari_tiles_creator._widget.viewing.placement import line_width, screen_pixels
from napari_tiles_creator._widget.work.worker import once
from napari_tiles_creator.geometry.grid import TileGrid

if TYPE_CHECKING:
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator._widget.viewing.placement import Placement
    from napari_tiles_creator._widget.viewing.tile_states import TileStates
    from napari_tiles_creator._widget.work.worker import Ending, Jobs
    from napari_tiles_creator.geometry.edges import TiledAxis
    from napari_tiles_creator.geometry.scatter import TileScatter

PURPOSE = "pattern"
# Lines that are closer on the screen would run into a few thick bands that look like tiles; two limits, so that
# nothing flickers at one.
FINEST_PX, FINE_AGAIN_PX = 5.0, 6.0
# Lines that are closer than this are thin ones.
FINE_PX = 20.0
# napari takes 0.2 ms a shape: more than these are made in a thread.
DRAWN_AT_ONCE = 150


@dataclass(frozen=True, eq=False)
class Scene:
    """What is to be drawn.

    Parameters
    ----------
    source : object
        Whose tiles they are: image and plane.
    tiling : TileGrid or TileScatter
        The places of the tiles.
    states : TileStates
        Which are left out, and which split the others belong to.
    placement : Placement
        Of calibrated pixels.
    """

    source: object
    tiling: TileGrid | TileScatter
    states: TileStates
    placement: Placement

    def same_as(self, other: Scene | None) -> bool:
        """Tell whether it would be drawn the same."""
        return (
            other is not None
            and (self.source, self.placement, self.tiling) == (other.source, other.placement, other.tiling)
            and self.states.same_as(other.states)
        )


class AllTiles:
    """The layer of all tiles.

    Parameters
    ----------
    layers : Layers
        Where it is drawn.
    jobs : Jobs
        Where many shapes are made.
    """

    def __init__(self, layers: Layers, jobs: Jobs) -> None:
        self._layers, self._jobs = layers, jobs
        self._notice = Notice(layers.viewer)
        self._scene: Scene | None = None
        self._drawn: Scene | None = None
        self._is_coarse = False

    def show(self, scene: Scene) -> None:
        """Draw all tiles; nothing where they are drawn so already."""
        self._scene = scene
        coarse = self._too_fine(scene)
        if self._is_there and coarse == self._is_coarse and scene.same_as(self._drawn):
            return
        if self._drawn is not None and self._drawn.source != scene.source:
            self._layers.remove(ALL_TILES)  # another image's tiles must not be seen on this one meanwhile
        self._drawn, self._is_coarse = scene, coarse
        self._draw(scene, coarse)
        self._notice.show(self._told(scene, coarse))

    def hide(self) -> None:
        """Take them away."""
        self._jobs.drop(PURPOSE)
        self._scene = self._drawn = None
        self._layers.remove(ALL_TILES)
        self._notice.show("")

    def leave(self) -> None:
        """Follow nothing any more; what is drawn stays, what is written on the canvas does not."""
        self._jobs.drop(PURPOSE)
        self._scene = self._drawn = None
        self._notice.show("")

    def follow_zoom(self) -> None:
        """Draw in more or in less detail, and keep lines as wide on the screen as they were."""
        if self._scene is None or not self._is_there:  # where it was taken away, another scene is on its way
            return
        self.show(self._scene)
        layer = self._layers.find(ALL_TILES)
        if layer is not None and layer._type_string == "shapes":
            set_width(layer, self._width(self._scene))

    @property
    def _is_there(self) -> bool:
        """Whether the layer is there, or being made."""
        return self._layers.find(ALL_TILES) is not None or self._jobs.is_running(PURPOSE)

    def _draw(self, scene: Scene, coarse: bool) -> None:
        self._jobs.drop(PURPOSE)
        tiling, plain = scene.tiling, scene.states.is_plain
        if coarse and isinstance(tiling, TileGrid):
            if plain:
                area = draw_area(tiling, scene.states.split)
                self._layers.show_shapes(ALL_TILES, area, self._width(scene), scene.placement)
            else:
                self._layers.put(ALL_TILES, _filled(scene))
        elif len(tiling) <= DRAWN_AT_ONCE or (plain and _is_two_paths(tiling)):
            drawing = draw_tiles(tiling, scene.states)
            if drawing is not None:
                self._layers.show_shapes(ALL_TILES, drawing, self._width(scene), scene.placement)
        else:
            self._jobs.start(PURPOSE, once(partial(_made, scene, self._width(scene))), self._put)

    def _put(self, ending: Ending) -> None:
        """Put a layer that a thread made into the viewer."""
        if ending.result is not None and self._scene is not None:
            self._layers.put(ALL_TILES, ending.result)
            self.follow_zoom()

    def _too_fine(self, scene: Scene) -> bool:
        """Tell whether lines would be closer on the screen than it can show."""
        grid = scene.tiling
        if not isinstance(grid, TileGrid) or len(grid) == 1:
            return False
        return self._pitch(scene) < (FINE_AGAIN_PX if self._is_coarse else FINEST_PX)

    def _pitch(self, scene: Scene) -> float:
        """Return how far apart tiles begin on the screen, px."""
        tiling, (height, width) = scene.tiling, screen_pixels(self._layers.viewer, scene.placement)
        if isinstance(tiling, TileGrid):
            return min(_pitch(tiling.rows) * height, _pitch(tiling.columns) * width)
        return min(tiling.size[0] * height, tiling.size[1] * width)

    def _told(self, scene: Scene, coarse: bool) -> str:
        count = len(scene.tiling)
        if coarse:
            return f"{counted(count, 'tile')}: zoom in to see them"
        if not isinstance(scene.tiling, TileGrid) and count > MOST_SCATTERED:
            return f"{grouped(MOST_SCATTERED)} of {counted(count, 'tile')} are drawn"
        return ""

    def _width(self, scene: Scene) -> float:
        screen_px = colours.FINE_LINE_WIDTH if self._pitch(scene) < FINE_PX else colours.LINE_WIDTH
        return line_width(self._layers.viewer, scene.placement, screen_px)


def _is_two_paths(tiling: TileGrid | TileScatter) -> bool:
    return isinstance(tiling, TileGrid) and len(tiling) > MOST_RECTANGLES


def _pitch(axis: TiledAxis) -> int:
    """Return how far apart tiles begin, px; a single one is not too fine before it is gone itself."""
    return axis.stride if axis.count > 1 else axis.stop(0)


def _made(scene: Scene, width: float) -> Any:
    """Return the layer, made in the thread: only to add it to a viewer needs the main one."""
    from napari.layers import Shapes

    drawing = draw_tiles(scene.tiling, scene.states)
    if drawing is None:
        return _filled(scene)
    look = {"axis_labels": AXES, "opacity": 1, **scene.placement.settings(), **drawing.settings(width)}
    return Shapes(drawing.shapes, **look)


def _filled(scene: Scene) -> Any:
    """Return a layer with a pixel a tile."""
    from napari.layers import Labels
    from napari.utils import DirectLabelColormap

    assert isinstance(scene.tiling, TileGrid)
    colormap = DirectLabelColormap(color_dict=label_colours())
    placement = fill_placement(scene.tiling, scene.placement)
    labels = fill_labels(scene.tiling, scene.states)
    return Labels(labels, colormap=colormap, opacity=1, axis_labels=AXES, **placement.settings())
