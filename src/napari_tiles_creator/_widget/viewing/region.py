"""The region on the image: a shapes layer and the recipe's ``tiling.roi`` follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from superqt.utils import qdebounced

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.drawing import NONE, Drawing
from napari_tiles_creator._widget.viewing.layers import REGION, role_of
from napari_tiles_creator._widget.viewing.placement import Placement, line_width, place, source_points
from napari_tiles_creator.recipe.region import InlineRegion

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from napari_tiles_creator._widget.controls.region import RegionEditor
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan

DEBOUNCE_MS = 200
CIRCLE_POINTS = 64
# Thousandths of a pixel: what was drawn on a corner of pixels stays there.
DECIMALS = 3
UNKNOWN = object()
LAYER_EVENTS = ("inserted", "removed", "reordered")


class RegionDrawing:
    """The layer that a region is drawn in, ours or the user's.

    Parameters
    ----------
    layers : Layers
        Where it is.
    editor : RegionEditor
        The recipe's field.
    start_preview : callable
        Shows an image to draw on.
    """

    def __init__(self, layers: Layers, editor: RegionEditor, start_preview: Callable[[], None]) -> None:
        self._layers, self._editor, self._start_preview = layers, editor, start_preview
        self._placement: Placement | None = None
        self._linked: Any = None
        self._known: Any = None  # the region that the linked layer shows
        self._later: Callable[[], None] | None = None
        self._read_soon = qdebounced(self._read, timeout=DEBOUNCE_MS, parent=editor)
        editor.offer(self._candidates)
        editor.layerChosen.connect(self._choose)
        editor.drawAsked.connect(self.draw)
        self._events = [getattr(layers.viewer.layers.events, name) for name in LAYER_EVENTS]
        for event in self._events:
            event.connect(self._on_layers)

    def close(self) -> None:
        """Follow nothing any more."""
        self._read_soon.cancel()
        self._link(None)
        for event in self._events:
            event.disconnect(self._on_layers)

    def show(self, image: ImagePlan, roi: object, placement: Placement) -> None:
        """Draw the plan's region on the image, where it is not the one that was drawn by hand.

        Parameters
        ----------
        image : ImagePlan
            The previewed image.
        roi : object
            The field in the plan's recipe; where the panel is ahead of it, the next plan is drawn.
        placement : Placement
            Of its source pixels.
        """
        self._placement = placement
        ours = self._layers.find(REGION)
        if ours is not None:
            place(ours, placement)
        later, self._later = self._later, None
        if later is not None:
            later()
        elif roi == self._editor.value() and roi != self._known:
            self._redraw(image)

    def leave(self) -> None:
        """Forget the image."""
        self._placement = None

    def draw(self) -> None:
        """Let the user draw: our layer over the image, active, with the tool for rectangles."""
        if self._placement is None:
            self._later = self.draw
            self._start_preview()
            return
        layer = self._layers.find(REGION)
        if layer is None:
            layer = self._add(Drawing())
        self._link(layer)
        self._layers.viewer.layers.selection.active = layer
        layer.mode = "add_rectangle"
        if self._rings() is not None:
            self._read()

    def follow_zoom(self) -> None:
        """Keep lines as wide on the screen as they were."""
        layer = self._layers.find(REGION)
        if layer is not None and self._placement is not None:
            width = self._width()
            set_width(layer, width)
            layer.current_edge_width = width

    # ---- the layer ----

    def _choose(self, layer: Any) -> None:
        """Take the region from a layer, or from none."""
        if layer is not None and self._placement is None:
            self._later = lambda: self._choose(layer)
            self._start_preview()
            return
        self._link(layer)
        self._read() if layer is not None else self._tell(None)

    def _link(self, layer: Any) -> None:
        if self._linked is not None:
            self._linked.events.data.disconnect(self._on_data)
        self._linked = layer
        if layer is not None:
            layer.events.data.connect(self._on_data)
        self._editor.show_layer(layer)

    def _redraw(self, image: ImagePlan) -> None:
        """Draw a region that came with the recipe."""
        self._known = self._editor.value()
        if image.region is None:
            self._link(None)
            self._layers.remove(REGION)
            return
        drawing = Drawing()
        rings = [np.array(polygon[0], float)[:, ::-1] for polygon in image.region.polygons]
        open_rings = [ring[:-1] if np.array_equal(ring[0], ring[-1]) else ring for ring in rings]
        drawing.add((ring - 0.5 for ring in open_rings), "polygon", colours.REGION)
        self._link(None)
        self._layers.remove(REGION)
        self._link(self._add(drawing))

    def _add(self, drawing: Drawing) -> Any:
        assert self._placement is not None
        layer = self._layers.show_region(drawing, self._width(), self._placement)
        layer.current_edge_color, layer.current_face_color = colours.REGION, NONE
        layer.current_edge_width = self._width()
        return layer

    def _width(self) -> float:
        assert self._placement is not None
        return line_width(self._layers.viewer, self._placement, colours.REGION_WIDTH)

    # ---- from the layer to the recipe ----

    def _on_data(self, event: Any = None) -> None:
        self._read_soon()

    def _read(self) -> None:
        if self._linked is None or self._placement is None:
            return
        if getattr(self._linked, "_is_creating", False):  # a polygon that is still being drawn
            self._read_soon()
            return
        rings = self._rings()
        self._tell(InlineRegion(coordinates=tuple((ring,) for ring in rings)) if rings else None)

    def _rings(self) -> list[Any] | None:
        """Return the outlines in the layer, source pixels, as GeoJSON has them; None where there are none."""
        layer, placement = self._linked, self._placement
        assert placement is not None
        rings = []
        to_world = Placement.of(layer)
        for points, kind in zip(layer.data, layer.shape_type, strict=True):
            if kind not in OUTLINES:
                continue
            outline = OUTLINES[kind](points[:, -2:])
            world = outline @ to_world.matrix[:2, :2].T + to_world.matrix[:2, 2]
            source = source_points(self._layers.viewer, placement, world, to_world.unit)
            ring = [(float(x), float(y)) for y, x in np.round(source, DECIMALS) + 0.0]
            if len(set(ring)) > 2:
                rings.append((*ring, ring[0]))
        return rings or None

    def _tell(self, region: InlineRegion | None) -> None:
        self._known = region
        if region != self._editor.value():
            self._editor.set_value(region)
            self._editor.changed.emit()

    # ---- the chooser ----

    def _candidates(self) -> list[Any]:
        """Return the layers that a region can be taken from: shapes of the user's, and those drawn for it."""
        shapes = [layer for layer in self._layers.viewer.layers if layer._type_string == "shapes"]
        return [layer for layer in shapes if role_of(layer) in ("", REGION)]

    def _on_layers(self, event: Any = None) -> None:
        if event is not None and event.type == "removed" and event.value is self._linked:
            self._link(None)
            if self._layers.is_removing:  # it comes back with the next preview
                self._known = UNKNOWN
            else:  # the user did
                self._tell(None)
        self._editor.refresh_choices()
        self._editor.show_layer(self._linked)


def _as_they_are(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points


def _round(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points on the ellipse in a parallelogram."""
    centre = corners.mean(axis=0)
    across, along = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    angles = np.linspace(0, 2 * np.pi, CIRCLE_POINTS, endpoint=False)[:, None]
    return np.asarray(centre + np.cos(angles) * across + np.sin(angles) * along)


# The shapes that enclose an area.
OUTLINES = {"rectangle": _as_they_are, "polygon": _as_they_are, "ellipse": _round}
