"""The region on the image: a shapes layer and the recipe's ``tiling.roi`` follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.notifications import show_info
from superqt.utils import qdebounced

from napari_tiles_creator._widget.viewing import colours
from napari_tiles_creator._widget.viewing.current_tile import set_width
from napari_tiles_creator._widget.viewing.drawing import NONE, Drawing
from napari_tiles_creator._widget.viewing.layers import REGION, role_of
from napari_tiles_creator._widget.viewing.placement import Placement, line_width, place, source_points
from napari_tiles_creator._widget.viewing.rings import as_polygons, corners_of, mark_holes, marked_holes, outline_of
from napari_tiles_creator.recipe.region import InlineRegion

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari_tiles_creator._widget.controls.region import RegionEditor
    from napari_tiles_creator._widget.viewing.layers import Layers
    from napari_tiles_creator.engine.planning.image_plan import ImagePlan

DEBOUNCE_MS = 200
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
        if self._polygons():
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
        polygons = image.region.polygons
        drawing.add((corners_of(ring) for polygon in polygons for ring in polygon), "polygon", colours.REGION)
        self._link(None)
        self._layers.remove(REGION)
        layer = self._add(drawing)
        mark_holes(layer, [number > 0 for polygon in polygons for number in range(len(polygon))])
        self._link(layer)

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
        polygons = self._polygons()
        self._tell(InlineRegion(coordinates=tuple(polygons)) if polygons else None)

    def _polygons(self) -> list[Any]:
        """Return the polygons in the layer, source pixels, as GeoJSON has them."""
        layer, placement = self._linked, self._placement
        assert placement is not None
        outlines: list[Any] = []
        holes: list[Any] = []
        to_world = Placement.of(layer)
        # In a layer of the user's a column of that name may mean anything.
        marks = marked_holes(layer) if role_of(layer) == REGION else [False] * layer.nshapes
        for points, kind, is_hole in zip(layer.data, layer.shape_type, marks, strict=True):
            outline = outline_of(points[:, -2:], kind)
            if outline is None:
                continue
            world = outline @ to_world.matrix[:2, :2].T + to_world.matrix[:2, 2]
            source = source_points(self._layers.viewer, placement, world, to_world.unit)
            ring = [(float(x), float(y)) for y, x in np.round(source, DECIMALS) + 0.0]
            if len(set(ring)) > 2:
                (holes if is_hole else outlines).append((*ring, ring[0]))
        return as_polygons(outlines, holes)

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
                show_info("The layer of the region is gone: tiles are no longer limited to it")
        self._editor.refresh_choices()
        self._editor.show_layer(self._linked)
