"""Our layers in the viewer: found by their role, created once, then updated."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from napari_tiles_creator._widget.viewing.placement import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_tiles_creator._widget.viewing.drawing import Drawing
    from napari_tiles_creator._widget.viewing.placement import Placement

KEY = "napari-tiles-creator"
# Names are for people, who may change them; the role in the metadata is what we go by. From bottom to top.
ROLES = (
    MOSAIC := "Sample mosaic",
    NAMES := "Sample names",
    PICTURE := "Preview image",
    DRAWN_LABELS := "Annotated labels",
    DRAWN_BOXES := "Annotated boxes",
    EXPORTED_TILE := "Tile as exported",
    TILE_LABELS := "Labels of the tile",
    TILE_BOXES := "Boxes of the tile",
    ALL_TILES := "All tiles",
    REGION := "Tile region",
    CURRENT_TILE := "Current tile",
)
ANNOTATION_ROLES = (DRAWN_LABELS, DRAWN_BOXES, TILE_LABELS, TILE_BOXES)
PREVIEW_ROLES = (PICTURE, *ANNOTATION_ROLES, EXPORTED_TILE, ALL_TILES, REGION, CURRENT_TILE)
AXES = ("y", "x")


class Layers:
    """The layers of ours in a viewer, whichever dock made them; all docks share them.

    Parameters
    ----------
    viewer : napari viewer
        Where they are.
    removed : callable
        Called with the role when someone else removes one.
    """

    # Of all docks: what one of them removes, no other takes for the user's doing.
    _removing: ClassVar[int] = 0

    def __init__(self, viewer: Viewer, removed: Callable[[str], None]) -> None:
        self.viewer = viewer
        self._removed = removed
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Watch the viewer no longer; the layers stay."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)

    @property
    def is_removing(self) -> bool:
        """Whether we remove a layer ourselves just now."""
        return Layers._removing > 0

    def find(self, role: str) -> Any:
        """Return our layer of this role, None where there is none."""
        return next((layer for layer in self.viewer.layers if role_of(layer) == role), None)

    def show_image(
        self,
        role: str,
        pixels: Any,
        placement: Placement,
        limits: tuple[float, float] | None = None,
        contrast: tuple[float, float] | None = None,
        rgb: bool | None = None,
        *,
        keep_contrast: bool = False,
    ) -> None:
        """Show an image; its range and contrast are set with it.

        Parameters
        ----------
        role : str
            Its role.
        pixels : array (y, x), (y, x, 3) or (c, y, x)
            The pixels; a list of such arrays, each smaller than the one before, is a pyramid.
        placement : Placement
            Where they lie.
        limits, contrast : tuple of float, optional
            Range of the values and what is shown as black and white.
        rgb : bool, optional
            Whether three axes mean colours; they do where nothing is said.
        keep_contrast : bool, default False
            Leave the contrast to the user as long as the range stays the same.
        """
        is_pyramid = isinstance(pixels, (list, tuple))
        axes = pixels[0].ndim if is_pyramid else pixels.ndim
        is_rgb = axes == 3 if rgb is None else rgb
        layer = self.find(role)
        if layer is not None and (layer.rgb, layer.ndim, layer.multiscale) != (is_rgb, axes - is_rgb, is_pyramid):
            self.remove(role)
            layer = None
        if layer is None:
            shown = None if is_rgb else limits
            look: dict[str, Any] = {"rgb": is_rgb, "multiscale": is_pyramid, "contrast_limits": shown}
            layer = self._add(role, "add_image", pixels, placement, axes=axes - is_rgb, **look)
        else:
            layer.data = pixels
            place(layer, placement)
            if keep_contrast and not is_rgb and tuple(layer.contrast_limits_range) == limits:
                return
        if not is_rgb and limits is not None:
            layer.contrast_limits_range = limits
            layer.contrast_limits = contrast or limits

    def show_shapes(self, role: str, drawing: Drawing, width: float, placement: Placement) -> None:
        """Show shapes, their lines so many pixels of theirs wide."""
        layer = self.find(role)
        if layer is not None and layer._type_string != "shapes":
            self.remove(role)
            layer = None
        if layer is None:
            self._add(role, "add_shapes", drawing.shapes, placement, opacity=1, **drawing.settings(width))
            self.find(role).editable = False
            return
        # Emptied first, because napari would keep types, widths and colours of the shapes before.
        layer.data = []
        layer.add(drawing.shapes, **drawing.settings(width))
        layer.selected_data = set()
        place(layer, placement)

    def show_labels(self, role: str, pixels: NDArray[Any], placement: Placement, colormap: Any, opacity: float) -> None:
        """Show a label image in some colours, None for napari's own."""
        layer = self.find(role)
        is_ours = colormap is not None
        if layer is not None and (layer._type_string != "labels" or layer.metadata.get("coloured") != is_ours):
            self.remove(role)
            layer = None
        if layer is None:
            layer = self._add(role, "add_labels", pixels, placement, colormap=colormap, opacity=opacity)
            layer.metadata["coloured"] = is_ours
            layer.editable = False
            return
        if is_ours:
            layer.colormap = colormap
        layer.data = pixels
        place(layer, placement)

    def show_region(self, drawing: Drawing, width: float, placement: Placement) -> Any:
        """Add the layer that the region is drawn in, and return it; this one is for the user to edit."""
        look = drawing.settings(width) if len(drawing) else {"edge_width": width}
        return self._add(REGION, "add_shapes", drawing.shapes or None, placement, opacity=1, **look)

    def show_names(self, role: str, points: NDArray[np.float64], texts: Sequence[str], placement: Placement) -> None:
        """Show texts around points, array (n, [y, x])."""
        layer = self.find(role)
        text = {"string": list(texts), "anchor": "center", "color": "white", "size": 8}
        if layer is not None:  # a fifth of the time of a new layer
            layer.data, layer.text = points, text
            place(layer, placement)
            return
        look: dict[str, Any] = {"size": 0, "face_color": "transparent", "border_color": "transparent"}
        self._add(role, "add_points", points, placement, text=text, **look)
        self.find(role).editable = False

    def put(self, role: str, layer: Any) -> None:
        """Put a layer that was made elsewhere in the place of ours; what the user set of that one's look stays."""
        old = self.find(role)
        if old is not None:
            layer.name, layer.visible, layer.opacity = old.name, old.visible, old.opacity
            self.remove(role)
        else:
            layer.name = role
        layer.metadata = {**layer.metadata, KEY: {"role": role}}
        with self._active_kept():
            self.viewer.add_layer(layer)
            self._sort(role)
        layer.editable = False

    def remove(self, *roles: str) -> None:
        """Remove our layers of these roles."""
        with self._quietly():
            for role in roles:
                while (layer := self.find(role)) is not None:
                    self.viewer.layers.remove(layer)

    def append(self, layer: Any, below: Sequence[str] = ()) -> None:
        """Put a layer that was made elsewhere on top, or below ours of some roles; the active layer stays active."""
        with self._active_kept():
            self.viewer.add_layer(layer)
            self._move_below(below)

    def discard(self, layer: Any) -> None:
        """Remove one layer of ours if it is still there."""
        with self._quietly():
            if layer in self.viewer.layers:
                self.viewer.layers.remove(layer)

    def _add(self, role: str, method: str, data: Any, placement: Placement, axes: int = 2, **look: Any) -> Any:
        """Add a layer below ours that belong above it; what the user works on stays the active layer."""
        names = ("c",) * (axes - 2) + AXES
        ours = {"name": role, "metadata": {KEY: {"role": role}}, "axis_labels": names, **placement.settings(axes)}
        with self._active_kept():
            getattr(self.viewer, method)(data, **ours, **look)
            self._sort(role)
        return self.find(role)

    def _sort(self, role: str) -> None:
        """Move the layer that was just added below ours that belong above it."""
        self._move_below(ROLES[ROLES.index(role) + 1 :])

    def _move_below(self, roles: Sequence[str]) -> None:
        """Move the layer that was just added below ours of these roles."""
        layers = self.viewer.layers
        above = [i for i, layer in enumerate(layers) if role_of(layer) in roles]
        if above:
            layers.move(len(layers) - 1, min(above))

    @contextmanager
    def _active_kept(self) -> Iterator[None]:
        selection = self.viewer.layers.selection
        active = selection.active
        yield
        if active is not None and active in self.viewer.layers:
            selection.active = active

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        Layers._removing += 1
        try:
            yield
        finally:
            Layers._removing -= 1

    def _on_removed(self, event: Any) -> None:
        role = role_of(event.value)
        if role and not self.is_removing:
            self._removed(role)


def role_of(layer: Any) -> str:
    """Return what a layer is for, empty where it is not ours."""
    ours = layer.metadata.get(KEY)
    return str(ours.get("role", "")) if isinstance(ours, dict) else ""


def layers_of_user(viewer: Viewer, kind: type) -> list[Any]:
    """Return the user's layers of a kind, from bottom to top."""
    return [layer for layer in viewer.layers if isinstance(layer, kind) and not role_of(layer)]
