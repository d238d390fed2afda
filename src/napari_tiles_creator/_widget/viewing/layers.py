"""Our layers in the viewer: found by their role, created once, then updated."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from napari.viewer import Viewer
    from numpy.typing import NDArray

    from napari_tiles_creator._widget.viewing.pattern import Placement

KEY = "napari-tiles-creator"
# Names are for people, who may change them; the role in the metadata is what we go by. From bottom to top.
MOSAIC, NAMES, PICTURE, ALL_TILES, CURRENT_TILE = ROLES = (
    "Sample mosaic",
    "Sample names",
    "Preview image",
    "All tiles",
    "Current tile",
)
AXES = ("y", "x")


class Layers:
    """The layers of ours in a viewer, whichever dock made them.

    Parameters
    ----------
    viewer : napari viewer
        Where they are.
    removed : callable
        Called with the role when someone else removes one.
    """

    def __init__(self, viewer: Viewer, removed: Callable[[str], None]) -> None:
        self.viewer = viewer
        self._removed = removed
        self._is_ours = False
        viewer.layers.events.removed.connect(self._on_removed)

    def close(self) -> None:
        """Watch the viewer no longer; the layers stay."""
        self.viewer.layers.events.removed.disconnect(self._on_removed)

    def find(self, role: str) -> Any:
        """Return our layer of this role, None where there is none."""
        return next((layer for layer in self.viewer.layers if role_of(layer) == role), None)

    def show_image(
        self,
        role: str,
        pixels: NDArray[Any],
        placement: Placement,
        limits: tuple[float, float] | None = None,
        contrast: tuple[float, float] | None = None,
    ) -> None:
        """Show pixels, array (y, x) or (y, x, 3); their range and contrast are set with them."""
        is_rgb = pixels.ndim == 3
        layer = self.find(role)
        if layer is not None and layer.rgb != is_rgb:
            self.remove(role)
            layer = None
        if layer is None:
            self._add(role, "add_image", pixels, placement, rgb=is_rgb, contrast_limits=None if is_rgb else limits)
            layer = self.find(role)
        else:
            layer.data = pixels
            place(layer, placement)
        if not is_rgb and limits is not None:
            layer.contrast_limits_range = limits
            layer.contrast_limits = contrast or limits

    def show_shapes(
        self, role: str, shapes: Sequence[NDArray[np.float64]], shape_type: str, placement: Placement, **look: Any
    ) -> None:
        """Show shapes, each an array (n, [y, x]); `look` is for napari's ``add_shapes``."""
        layer = self.find(role)
        look = {"face_color": "transparent", **look}
        if layer is None:
            self._add(role, "add_shapes", list(shapes), placement, shape_type=shape_type, opacity=1, **look)
            self.find(role).editable = False
            return
        # Emptied first, because napari would keep types, widths and colours of the shapes before.
        layer.data = []
        layer.add(list(shapes), shape_type=shape_type, **look)
        layer.selected_data = set()
        place(layer, placement)

    def show_names(self, role: str, points: NDArray[np.float64], texts: Sequence[str], placement: Placement) -> None:
        """Show texts at points, array (n, [y, x])."""
        self.remove(role)
        text = {"string": list(texts), "anchor": "upper_left", "color": "white", "size": 8}
        look = {"size": 0, "face_color": "transparent", "border_color": "transparent"}
        self._add(role, "add_points", points, placement, text=text, **look)
        self.find(role).editable = False

    def remove(self, *roles: str) -> None:
        """Remove our layers of these roles."""
        with self._quietly():
            for role in roles:
                while (layer := self.find(role)) is not None:
                    self.viewer.layers.remove(layer)

    def _add(self, role: str, method: str, data: Any, placement: Placement, **look: Any) -> None:
        """Add a layer below ours that belong above it; what the user works on stays the active layer."""
        layers = self.viewer.layers
        active = layers.selection.active
        getattr(self.viewer, method)(
            data,
            name=role,
            metadata={KEY: {"role": role}},
            scale=placement.scale,
            translate=placement.translate,
            units=(placement.unit, placement.unit),
            axis_labels=AXES,
            **look,
        )
        above = [i for i, layer in enumerate(layers) if role_of(layer) in ROLES[ROLES.index(role) + 1 :]]
        if above:
            layers.move(len(layers) - 1, min(above))
        if active is not None:
            layers.selection.active = active

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        self._is_ours = True
        try:
            yield
        finally:
            self._is_ours = False

    def _on_removed(self, event: Any) -> None:
        role = role_of(event.value)
        if role and not self._is_ours:
            self._removed(role)


def role_of(layer: Any) -> str:
    """Return what a layer is for, empty where it is not ours."""
    ours = layer.metadata.get(KEY)
    return str(ours.get("role", "")) if isinstance(ours, dict) else ""


def place(layer: Any, placement: Placement) -> None:
    """Put a layer where its pixels belong."""
    if tuple(layer.scale) != placement.scale:
        layer.scale = placement.scale
    if tuple(layer.translate) != placement.translate:
        layer.translate = placement.translate
    if any(str(unit) != placement.unit for unit in layer.units):
        layer.units = (placement.unit, placement.unit)
